"""Services: the parts of the daemon that run beside the reconciler and follow the configuration.

`Parts._make_services` (`parts.py`) puts them into two lists: `outer_services` and `services`. At the start and at each
reload the daemon calls `configure` of each, first of the outer ones. At the end it calls `stop` of `services` in
reverse order, and of the outer ones last. No failure outside the daemon ends a service: it reports the failure to the
journal and tries again, and the reconciler goes on meanwhile.

- `scripts`, `socket`: run the configured processes and listen on the unix socket. The lines that they read go to
  `speaker/adj_rib_in.py`.
- `checks/`: runs health checks. A check of this host announces prefixes as a source; a check of an owner gives the
  reconciler a reason to take its routes.
- `exabgp`: runs ExaBGP, where `bgp2vpc run` has a `bgp:` section. `speaker/discovery.py` writes its file.
- `serf`: members and votes, from the agent of this host.
- `fallbacks`: checks each `fallback` once per poll, and reports one that cannot be used before it is needed.
- `alerts`, `supervision`: send alerts (`notices` decides which) and systemd's notifications. They observe the
  reconciler (`reconcile/observer.py`), as does `meter`, which counts for the metrics and is no service.
- `web`: the page, /metrics and the health endpoints.
- `operator/lifecycle.py`, `operator/tag_watch.py`: drain before AWS ends this instance, and while it has a tag.

`status/` holds no service: it gathers the status of all parts.
"""

from typing import Protocol

from bgp2vpc.config.model import Config


class Service(Protocol):
    """A part that follows the configuration."""

    async def configure(self, config: Config) -> None:
        """Use this configuration from now on. Called at the start and at each reload."""

    async def stop(self) -> None:
        """Stop for good. This withdraws no route: `shutdown.py` decides which routes stay at the end."""
