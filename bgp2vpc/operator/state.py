"""What outlives the daemon: what drains, and what is held. Its text. Pure."""

import json
from dataclasses import dataclass, field
from typing import Final

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.operator.leave import Leaves
from bgp2vpc.operator.steer import Steers, Verb, read_steer

VERSION: Final = 1
"""Of the state file."""


class StateError(Bgp2vpcError):
    """No text of ours; the message says why."""


@dataclass(frozen=True, slots=True)
class State:
    """One state file."""

    leaves: Leaves = field(default_factory=Leaves)
    holds: Steers = field(default_factory=Steers)

    def to_text(self) -> str:
        """For `read_state_text`. What lasts no longer than this run is left out: takeovers, and what a signal began."""
        held = [each.to_json() for each in self.holds if each.verb is Verb.HOLD]
        document = {"version": VERSION, "leaving": self.leaves.to_json(), "steering": held}
        return json.dumps(document, indent=1) + "\n"


def read_state_text(text: str) -> State:
    """What `to_text` wrote, in this version or one before holds. Raises StateError for anything else."""
    try:
        document = json.loads(text)
        if document["version"] != VERSION:
            raise StateError(f"version {document['version']!r} is not {VERSION}; another bgp2vpc wrote it")
        holds = Steers().added(map(read_steer, document.get("steering", ())))
        return State(Leaves.from_json(document["leaving"]), holds)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise StateError(f"no state of bgp2vpc: {type(error).__name__}: {error}") from error
