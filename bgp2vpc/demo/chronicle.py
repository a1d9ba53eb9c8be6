"""Merges the events of the cloud's call log (EC2's side) and of the daemons' logs in order of time."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.instance import DemoInstance


class Kind(Enum):
    """Kinds of events. The first three come from the daemon's log, and have the words of it as values."""

    ANNOUNCED = "announced"
    WITHDRAWN = "withdrawn"
    STOPPING = "stopping"
    VERDICT = "verdict"
    WRITE = "write"
    TROUBLE = "trouble"


_FROM_LOG: Mapping[str, Kind] = {kind.value: kind for kind in (Kind.ANNOUNCED, Kind.WITHDRAWN, Kind.STOPPING)}

_TOLD = {"prefix": "", "med": "med ", "routes": "routes "}
"""Fields of such records that are printed, with the word before each."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. `at`: seconds of time.monotonic(); `who`: an instance's letter."""

    at: float
    who: str
    kind: Kind
    text: str


class Chronicle:
    """Collects events, and remembers which of them it has returned."""

    def __init__(self, cloud: Cloud, instances: Sequence[DemoInstance]) -> None:
        self._cloud = cloud
        self._instances = instances
        self._told: set[int] = set()

    def news(self) -> list[Happening]:
        """The events since the last call, in order of time.

        Only those from before this call: an event that arrives while we read may follow one in a log already read.
        """
        horizon = time.monotonic()
        found: list[Happening] = []
        names = {instance.host.instance_id: instance.name for instance in self._instances}
        for number, call in enumerate(self._cloud.writes()):
            if number in self._told or call.ended is None or call.ended >= horizon:
                continue
            self._told.add(number)
            # The owner's letter in place of the interface's id, so that the call fits a line of a terminal.
            words = [call.operation, call.parameters.get("RouteTableId", "")]
            if call.error:
                words.append(call.error)
            else:
                words.append(call.parameters.get("DestinationCidrBlock", ""))
                interface_id = call.parameters.get("NetworkInterfaceId")
                words += ["->", self.name_of(interface_id)] if interface_id else []
            kind = Kind.TROUBLE if call.error else Kind.WRITE
            found.append(Happening(call.ended, names.get(call.caller, call.caller), kind, " ".join(words)))
        for instance in self._instances:
            for record in instance.log.until(horizon):
                if (known := _FROM_LOG.get(record.event)) is not None:
                    words = [f"{word}{record.fields[key]}" for key, word in _TOLD.items() if key in record.fields]
                    found.append(Happening(record.at, instance.name, known, " ".join([record.event, *words])))
                elif record.level in ("warning", "error", "critical"):
                    trouble = f"{record.level}: {record.event}"
                    found.append(Happening(record.at, instance.name, Kind.TROUBLE, trouble))
        return sorted(found, key=lambda happening: happening.at)

    def name_of(self, interface_id: str) -> str:
        """The letter of the instance that has this interface, or the id itself."""
        return next((i.name for i in self._instances if interface_id in i.host.interfaces), interface_id)
