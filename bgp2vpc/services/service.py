"""Services: the parts of the daemon that run beside the reconciler and follow the configuration.

`Parts._make_services` (`parts.py`) puts them all into one list. At the start and at each reload the daemon calls
`configure` of each in this order; at the end it calls `stop` in reverse order. A service never raises because of what
it talks with: it reports the failure to the journal, tries again with a back-off, and the reconciler goes on meanwhile.

- `scripts`, `socket`: run the configured processes and listen on the unix socket. What they hear goes to
  `speaker/adj_rib_in.py` as lines of sources.
- `checks/`: runs health checks. A check of this host announces prefixes as a source; a check of an owner gives the
  reconciler a reason to take its routes.
- `exabgp`: runs ExaBGP, where `bgp2vpc run` has a `bgp:` section. Beside a helper, ExaBGP runs us.
- `serf`: membership and votes, through the agent of this host.
- `fallbacks`: looks at each `fallback` once per poll, and reports one that cannot be used before it is needed.
- `alerts`, `meter`, `supervision`: observers of the reconciler (`reconcile/observer.py`). They send alerts (`notices`
  says which), count for the metrics, and tell systemd.
- `web`: the page, /metrics and the health endpoints.
- `status/`: gathers what these and `bgp2vpc status` show, such as the state of each prefix, and how late the event
  loop is.
"""

from typing import Protocol

from bgp2vpc.config.model import Config


class Service(Protocol):
    """An entry of that list. Those of `Parts.outer_services` stop last: they report the last writes and withdrawals."""

    async def configure(self, config: Config) -> None:
        """Do what this configuration says from now on. Called at the start and at each reload."""

    async def stop(self) -> None:
        """Stop. No route is withdrawn by this: `shutdown.py` decides which routes go at the end."""
