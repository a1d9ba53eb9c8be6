"""The programmed faults, races and latencies: which of them apply to a call."""

import threading
from dataclasses import dataclass

from bgp2vpc.demo.cloud.front.buckets import Buckets
from bgp2vpc.demo.cloud.values import External, Fault, Latency, Race
from bgp2vpc.demo.cloud.wire import Request


@dataclass(slots=True)
class Programmed:
    """A fault, and how many matching calls it has seen."""

    fault: Fault
    seen: int = 0

    def meets(self, request: Request) -> bool:
        """Whether the fault applies to this call. Counts the call if action and parameters match."""
        fault = self.fault
        if fault.action not in ("*", request.operation):
            return False
        if not fault.where.items() <= request.parameters.items():
            return False
        self.seen += 1
        return self.seen > fault.skip and (fault.times is None or self.seen <= fault.skip + fault.times)


@dataclass(slots=True)
class Pending:
    """A race, and how many calls are left until it is due."""

    race: Race
    left: int


class Misfortune:
    """All faults, races, latencies and token buckets; thread-safe."""

    def __init__(self) -> None:
        self.buckets = Buckets()
        self._lock = threading.Lock()
        self._faults: list[Programmed] = []
        self._races: list[Pending] = []
        self._latencies: dict[str, float] = {}
        self._released = threading.Event()

    def add(self, fault: Fault) -> None:
        """Program a fault."""
        with self._lock:
            self._faults.append(Programmed(fault))

    def race(self, race: Race) -> None:
        """Program a race."""
        with self._lock:
            self._races.append(Pending(race, race.nth))

    def latency(self, latency: Latency) -> None:
        """Set the latency of some operations, or of all, which drops those of single operations."""
        with self._lock:
            if latency.operations:
                self._latencies |= dict.fromkeys(latency.operations, latency.seconds)
            else:
                self._latencies = {"*": latency.seconds}

    def clear(self) -> None:
        """Remove faults and races, and release the calls they hold. Latency and throttling stay."""
        with self._lock:
            self._faults.clear()
            self._races.clear()
            self._released.set()
            self._released = threading.Event()

    def reset(self) -> None:
        """Remove all of them."""
        self.clear()
        self.buckets.configure(None)
        with self._lock:
            self._latencies.clear()

    def fault_for(self, request: Request) -> Fault | None:
        """The first fault that applies to this call."""
        with self._lock:
            # A list, not a generator, since each fault has to count the call.
            met = [programmed.fault for programmed in self._faults if programmed.meets(request)]
        return met[0] if met else None

    def races_before(self, request: Request) -> list[External]:
        """The writes that the outside world makes just before this call."""
        with self._lock:
            for pending in self._races:
                pending.left -= pending.race.operation == request.operation
            due = [pending.race.write for pending in self._races if pending.left <= 0]
            self._races = [pending for pending in self._races if pending.left > 0]
        return due

    def latency_of(self, request: Request) -> float:
        """Seconds of latency of this call."""
        with self._lock:
            return self._latencies.get(request.operation, self._latencies.get("*", 0.0))

    def hold(self, seconds: float) -> None:
        """Wait `seconds`, or until the faults are cleared."""
        with self._lock:
            released = self._released
        released.wait(seconds)
