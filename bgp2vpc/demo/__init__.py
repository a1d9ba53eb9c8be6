"""`bgp2vpc demo`: real daemons on a simulated VPC, led through announcements, failures and takeovers.

story      the entry point: starts all, runs the chapters, cleans up
stage      the simulated cloud, the instances and their directory; instance: service and daemon of one instance
cloud/     the stand-in for EC2 and instance metadata, also used by tests and benchmarks
child      starts and ends child processes; leash kills them if their parent dies
chapters   the chapters, each a few steps; play: causes a step, waits for its effects, and gives up at a deadline
chronicle  all events in order of time, from the cloud's log of calls and the daemons' logs; logbook: one such log
screen     prints the events
"""
