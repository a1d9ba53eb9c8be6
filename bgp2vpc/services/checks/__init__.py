"""The health checks of the daemon: which ones run, and what their verdicts change. `health/` makes the probes.

A configuration has checks of this host's services (`healthchecks`) and checks of the owners of routes
(`remote_healthchecks`). Both run in a pool, which calls back after each probe and at each change of a verdict:

1. After a failed probe, the reconciler is told when the verdict is due and which places it may change, so that their
   tables are read in time (`reconcile/read/prepare.py`).
2. A verdict about this host changes its sources: a source announces its prefixes while enough of its checks are
   healthy, by the lines that a script would print, and withdraws them otherwise. A verdict about an owner is an input
   of decisions, and a vote in the Serf cluster.
3. The reconciler is told which prefixes to decide about.
4. After each decision, the remote checks are given the owners of the routes, and follow a route from owner to owner.

health           the service: both kinds of checks, as configured; passes on the owners after each decision
local            checks of this host, and the sources that depend on them
remote           checks of the owners of routes, present and former; votes; control checks
owner_addresses  reads the address of each owner from EC2
pool             runs the checks of one kind: one task each, replaced when the check changes
"""
