"""`bgp2vpc demo`: real daemons in an embedded VPC, and a story that shows them at work.

story      what the command runs
chapters   the chapters of the story; play: how a step is told, watched, and given up
stage      the cloud, the instances and their directory; instance: one of them
cloud/     the stand-in for EC2 and instance metadata, also of the tests and benchmarks
chronicle  what happened, in one order, from the cloud's log of calls and the daemons' logs; logbook: one of these
screen     what is printed
child      child processes that are never left behind; leash ends them when their parent ends
"""
