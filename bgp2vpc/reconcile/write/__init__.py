"""Apply: the changes of a decision are written to EC2.

applier      selects the changes that may be written now, and starts a task for each
writer       writes one change, after a fresh read where one is due, at the pace that EC2 allows
retries      sets the time of the next try after a write has failed
route_hooks  runs the configured programs before and after a write
"""
