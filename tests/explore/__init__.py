"""Every interleaving of what can happen to two hosts, one prefix and one table, breadth first: `make explore`.

python -m tests.explore --seconds 600        as deep as ten minutes on all cores reach
python -m tests.explore --depth 4            to this depth
python -m tests.explore --trace "…"          one of them, with the state after each event

host.py    a host: the real RIB, neighbors, view, places, decisions and guard, and what the reconciler does with them
world.py   two hosts, EC2 and the BGP session between them: which events are possible, and what must never be
search.py  the search: states merged by value, the shortest way to each

The steps of the reconciler stand here a second time, since a coroutine cannot be copied and its event loop knows no
branches: `Host` names the method that each follows. What they call is the shipped code.
"""
