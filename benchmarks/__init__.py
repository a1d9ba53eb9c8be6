"""How fast, how small: `python -m benchmarks` (or `make bench`) runs them all and holds each figure against its bound.

Whole daemons are measured, over HTTP, against the test cloud (`bgp2vpc.demo.cloud`) with 100 ms added to every call;
it runs in a process of its own. Times are of the monotonic clock, which all processes of a host share.

latency     from an announce or withdraw line to the call at EC2
creates     500 routes at once: without a limit, and under EC2's
lines       how many lines a second are understood
footprint   memory, idle CPU, time from start to first write
load        what a flood of announcements does to the answer of a healthcheck

figures     a measured figure and the bounds it is held against
subject     the daemon that is measured, and the pipe of its script
"""
