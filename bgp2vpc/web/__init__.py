"""The operator's page, its JSON, and the metrics over HTTP. Nothing here decides anything.

app         the HTTP routes and their handlers; `app` explains how the room works
server      the listening socket; connection: limits of number and time
guard       which requests are answered, and which may steer
model       settings, and the protocols by which the room uses the daemon
page        renders the HTML; drawing: its small pictures; attention: the items at its top
look        the status, indexed by prefix; shared: values shared by concurrent requests; made: makes the answers
metrics     Prometheus metrics; tally: their counters and histograms
pace        limits the room's share of the event loop's time
"""
