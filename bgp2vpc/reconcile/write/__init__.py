"""Apply: changes that a decision wants made.

applier      which of them may be written now, each in a task of its own
writer       one change, after a fresh read where one is due; the pace of writes
retries      when one that failed is tried again
route_hooks  programs before and after a write
"""
