"""ExaBGP announcements in, AWS VPC routes out. The rooms, from the bottom up; each imports only from those below it.

prefix names errors                  values that every room uses                                        pure
status vpc_status                    what a daemon tells of itself and of the VPC, as rows              pure
logs printable history ages          log lines; text that is safe for a terminal; the last events; `3 min`
files tasks backoff descriptors      atomic writes; guarded tasks, alarms; pauses between tries; file descriptors
bgp         paths, the Adj-RIB-In of each source, best path, sessions                                   pure
exabgp_api  one line of ExaBGP's API -> commands and events, and back                                   pure
vpc         route tables as EC2 told them, finders; EC2 and instance metadata
policy      where both meet: rules, best path among instances, the truth table, plan, guard             pure
sources     where lines come from: scripts, ExaBGP's stdin, clients of the unix socket, tee
health      health checks: probes, rise and fall, programs
serf web notify   the Serf agent; the page and /metrics; messages to people
config      YAML -> frozen Config, every error at once with file and line
iam         the least IAM policy of a configuration
reconcile   observe (read), decide, apply (write): the reconciler, its inputs, the view of the VPC, the journal
speaker     what ExaBGP says and hears: paths of peers, lines passed on, ExaBGP's configuration
operator    what people order: drain, hold, takeover; why, status, the state file
services    what runs beside: scripts, the socket, checks, Serf, the page, systemd, an ExaBGP of our own
parts shutdown startup daemon   all parts, made once; what happens once at the end, and at the start; start and reload
helper      the daemon behind ExaBGP's pipe, which outlives a bad configuration
doctor demo cli   what to mend before the start; an embedded VPC to see it all work; one file per command
"""

__version__ = "1.0.0"
