"""What all services of the daemon have in common."""

from typing import Protocol

from bgp2vpc.config.model import Config


class Service(Protocol):
    """Follows the configuration. The daemon starts and reloads all services alike, and stops them in reverse order.

    Those that tell of the last writes (alerts, systemd) are stopped after these.
    """

    async def configure(self, config: Config) -> None:
        """Do what this configuration says from now on. Called at the start and at each reload."""

    async def stop(self) -> None:
        """Do nothing any more. It withdraws nothing: which routes go at the end, `shutdown.py` says."""
