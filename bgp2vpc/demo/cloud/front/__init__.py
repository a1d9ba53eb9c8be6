"""In front of EC2: logs, delays, throttles, fails and authorises calls.

gate     passes each call through the others, in order, and logs it
buckets  EC2's token buckets, one for each operation
faults   errors, lost answers, latency and races that a test has programmed
iam      evaluates the IAM policy of a caller
"""
