"""The health checks of the daemon: which ones run, and what their verdicts change. `health/` makes the probes.

A configuration has checks of this host's services (`healthchecks`) and checks of whoever holds a route
(`remote_healthchecks`). Both run in a pool, which calls back at each verdict. When enough of its checks are healthy, a
source of this host announces its prefixes with the lines that a script would print, and withdraws them otherwise. A
remote check follows the route from owner to owner; a bad verdict is an input of decisions, and a vote in the Serf
cluster. Either way the reconciler hears which prefixes to decide about; after a failed probe, also when the verdict is
due and which places it may change, so that their tables are read in time (`reconcile/read/prepare.py`).

health           the service: both kinds, as configured; tells the remote checks who owns what after each decision
local            checks of this host, and the sources that depend on them
remote           checks of the owners of routes, present and former; votes; control checks
owner_addresses  the address of each owner, asked of EC2
pool             runs the checks of one kind: one task each, replaced when the check changes
"""
