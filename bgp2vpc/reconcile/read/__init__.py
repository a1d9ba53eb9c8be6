"""Observe: what is read from EC2, and when. It is kept in `view.py`.

observation  a poll, and the questions that it leaves open
poll         everything that a poll reads; when the next one is due
poll_time    how often: as configured, or chosen by the size of the fleet
questions    what EC2 has to be asked about
reread       single tables, between polls
lookup       which instances peers and owners are, and how they are
prepare      tables, just before a check has its verdict
"""
