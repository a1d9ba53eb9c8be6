"""The daemon's status, for the socket, the page, the metrics and systemd.

source        gathers the status from all parts of the daemon
prefixes      the managed or announced prefixes, and whether every table has a route for them
prefix_lists  the managed prefix lists of the rules
lag           how late the event loop runs its timers
"""
