"""N daemons, a BGP mesh between them and one VPC, on virtual time, along schedules made of a seed.

python -m tests.simulation --seeds 5000        thousands of schedules, some at once
python -m tests.simulation --seed 4711 --trace one of them, with all that happened

clock.py      the event loop: each host's callbacks can be held (frozen) or dropped (killed), each call of EC2 delayed
ec2.py        one VPC, and the way each host sees it: late, old, with failures
mesh.py       ExaBGP on each host, and the sessions between them
host.py       a host: its services, its helper (the real `Daemon`), its ExaBGP
fleet.py      all of it together
happenings.py what may happen to it
schedule.py   seed -> fleet, what happens to it and when
oracle.py     where the routes belong, worked out anew and without the core
invariants.py what must never be
"""
