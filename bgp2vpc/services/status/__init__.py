"""The daemon's status, for the socket, the page, the metrics and systemd.

source        gathers it from all parts of the daemon
prefixes      the prefixes that are managed or announced here, and whether every table has a route for them
prefix_lists  the managed prefix lists of the rules
lag           how late the event loop is
"""
