"""The operator's page, its JSON, and the metrics: what the daemon knows, over HTTP. Nothing here decides anything.

app         the addresses, and what each answers; `app` has the theory of operation
server      the listening socket; connection: limits of number and time
guard       which requests are answered, and which may steer
model       settings, and the protocols by which the daemon is used
page        the HTML; drawing: its small pictures; attention: the items at its top
look        the status of one moment, by prefix; shared: made once for all who ask; made: what is made so
metrics     Prometheus metrics; tally: their counters and histograms
pace        limits the share of the event loop's time that all this takes
"""
