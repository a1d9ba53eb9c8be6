"""The settings that may change while the cloud runs. They are global in the process, as moto's classes are."""

from dataclasses import dataclass, field

from bgp2vpc.demo.cloud.values import Quirks


@dataclass(slots=True)
class StatusChecks:
    """The status checks of a running instance."""

    instance: str
    system: str
    ebs: str


@dataclass(slots=True)
class Rules:
    """The quirks in force, and the status checks that a test has set, by instance id."""

    quirks: Quirks = field(default_factory=Quirks)
    status_checks: dict[str, StatusChecks] = field(default_factory=dict)
    owner_asks: bool = False
    """Whether the call under way is by the account that shares the VPC with us (`Quirks.shared_by`)."""

    def reset(self) -> None:
        """Reset to the state of a new process."""
        self.quirks = Quirks()
        self.status_checks.clear()


RULES = Rules()
