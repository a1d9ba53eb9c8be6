"""What has been programmed to go wrong: which call meets which fault, and what it has to wait for."""

import threading
from dataclasses import dataclass

from bgp2vpc.demo.cloud.front.buckets import Buckets
from bgp2vpc.demo.cloud.values import External, Fault, Latency, Race
from bgp2vpc.demo.cloud.wire import Request


@dataclass(slots=True)
class Programmed:
    """A fault and how many calls it has seen."""

    fault: Fault
    seen: int = 0

    def meets(self, request: Request) -> bool:
        """Whether this call is one of those meant; counts it if it could be."""
        fault = self.fault
        if fault.action not in ("*", request.operation):
            return False
        if not fault.where.items() <= request.parameters.items():
            return False
        self.seen += 1
        return self.seen > fault.skip and (fault.times is None or self.seen <= fault.skip + fault.times)


@dataclass(slots=True)
class Pending:
    """A race and how many calls are still to come before it."""

    race: Race
    left: int


class Misfortune:
    """All of it, for any number of threads."""

    def __init__(self) -> None:
        self.buckets = Buckets()
        self._lock = threading.Lock()
        self._faults: list[Programmed] = []
        self._races: list[Pending] = []
        self._latencies: dict[str, float] = {}
        self._released = threading.Event()

    def add(self, fault: Fault) -> None:
        """Program one more."""
        with self._lock:
            self._faults.append(Programmed(fault))

    def race(self, race: Race) -> None:
        """Program a write of the outside world."""
        with self._lock:
            self._races.append(Pending(race, race.nth))

    def latency(self, latency: Latency) -> None:
        """Set the latency of some operations, or of all (which forgets those of single ones)."""
        with self._lock:
            if latency.operations:
                self._latencies |= dict.fromkeys(latency.operations, latency.seconds)
            else:
                self._latencies = {"*": latency.seconds}

    def clear(self) -> None:
        """Forget faults and races, and let go of the calls they hold. Latency and throttling stay."""
        with self._lock:
            self._faults.clear()
            self._races.clear()
            self._released.set()
            self._released = threading.Event()

    def reset(self) -> None:
        """Nothing goes wrong any more."""
        self.clear()
        self.buckets.configure(None)
        with self._lock:
            self._latencies.clear()

    def fault_for(self, request: Request) -> Fault | None:
        """The first fault that is meant for this call."""
        with self._lock:
            # A list, not a generator: each has to count the call.
            met = [programmed.fault for programmed in self._faults if programmed.meets(request)]
        return met[0] if met else None

    def races_before(self, request: Request) -> list[External]:
        """What the outside world does just before this call."""
        with self._lock:
            for pending in self._races:
                pending.left -= pending.race.operation == request.operation
            due = [pending.race.write for pending in self._races if pending.left <= 0]
            self._races = [pending for pending in self._races if pending.left > 0]
        return due

    def latency_of(self, request: Request) -> float:
        """Seconds by which this call is slower."""
        with self._lock:
            return self._latencies.get(request.operation, self._latencies.get("*", 0.0))

    def hold(self, seconds: float) -> None:
        """Wait, or until the faults are cleared."""
        with self._lock:
            released = self._released
        released.wait(seconds)
