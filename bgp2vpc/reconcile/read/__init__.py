"""Observe: what is read from EC2, and when. `view.py` keeps the result.

observation  one poll, and the lookups that its result calls for
poll         reads everything for a poll; waits until the next poll is due
poll_time    the seconds between polls: configured, or chosen by the size of the fleet
questions    which instances, interfaces and tables EC2 has to be asked about
reread       reads single tables again between polls
lookup       looks up the interfaces of peers and owners, and the health of instances
prepare      reads tables in advance while a check fails and has no verdict yet
"""
