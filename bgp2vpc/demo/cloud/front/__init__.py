"""In front of EC2: what a call meets on its way there and back.

gate     the order of it, and the log of calls
faults   throttling, errors, lost answers, latency and races, as a test has ordered them
buckets  EC2's token buckets, one for each operation
iam      what the policy of an instance allows
"""
