"""A pair with `bgp:` for an hour, and a fault a minute: `python -m benchmarks.soak [--minutes N] [--seed N]`, as root.

Two hosts in network namespaces (tests/system/rig.py): `bgp2vpc run` with ExaBGP, a health check, a remote check and a
script whose announcements change all the time, also while something is broken. Each minute one fault of `FAULTS`
befalls the host that has the route, or the other one, for some seconds. When it is over, all has to be well again
within two minutes; and after one calm poll every route has to be where it belongs. What is judged is seen from outside:
route tables and calls of the stand-in for EC2, /proc, log files, and the packets of a client.

Only host-1's bgp2vpc is killed: that of host-2 lives for the whole run, and its memory and descriptors have to level
off.

The report is written after each minute, as JSON and Markdown (`--report`); the figures go to results.json at the end.
Exit 1: something was wrong.

pair.py    the two hosts, what their scripts are to say, what is seen of them
faults.py  what befalls them
judge.py   what must hold
clock.c    a time of day that can be changed, for the processes of a host
script.py  what each host runs
"""
