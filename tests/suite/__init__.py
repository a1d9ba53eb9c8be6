"""What the suite does for every test, as plugins of pytest.

order      what is marked `io`, which tests `make check` runs, and in which order the workers get them
evidence   a failing test shows the daemons' logs, the calls that reached EC2, and the route tables
leftovers  nothing of a run remains: no process, namespace, mount or file, however the run ended
"""
