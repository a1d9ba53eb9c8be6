"""What all services of the daemon have in common."""

from typing import Protocol

from bgp2vpc.config.model import Config


class Service(Protocol):
    """Follows the configuration. The daemon starts, reloads and stops all services by one list."""

    async def configure(self, config: Config) -> None:
        """Do what this configuration says from now on. Called at the start and at each reload."""

    async def stop(self) -> None:
        """Do nothing any more; what was announced stays announced."""
