"""ExaBGP announcements in, AWS VPC routes out. The rooms, from the bottom up; each imports only from those below it.

prefix names errors                  values that every room uses                                        pure
status vpc_status                    the status of a daemon and of the VPC, as rows                     pure
logs printable history ages          log lines; text that is safe for a terminal; the last events; `3 min`
files tasks backoff descriptors      atomic writes; guarded tasks, alarms; waits between tries; file descriptors
bgp         paths, the Adj-RIB-In of each source, best path, sessions                                   pure
exabgp_api  one line of ExaBGP's API -> commands and events, and back                                   pure
vpc         route tables as EC2 reports them, finders; EC2 and instance metadata
policy      BGP meets VPC: rules, best path among instances, the truth table, plan, guard               pure
sources     the senders of lines: scripts, ExaBGP's stdin, clients of the unix socket, tee
health      health checks: probes, rise and fall, programs
serf web notify   the Serf agent; the page and /metrics; messages to people
config      YAML -> frozen Config, every error at once with file and line
iam         the least IAM policy of a configuration
reconcile   observe (read), decide, apply (write): the reconciler, its inputs, the view of the VPC, the journal
speaker     the exchange with ExaBGP: paths of peers, lines passed on, ExaBGP's configuration
operator    orders of people: drain, hold, takeover; why, status, the state file
services    runs beside the reconciler: scripts, the socket, checks, Serf, the page, systemd, our own ExaBGP
parts shutdown startup daemon   creates all parts; the steps of the end, and of the start; start and reload
helper      the daemon behind ExaBGP's pipe, which outlives a bad configuration
doctor demo cli   checks before the start, with fixes; a simulated VPC to try it all; one file per command
"""

__version__ = "1.0.0"
