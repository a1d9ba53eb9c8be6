"""What must hold in every schedule, and what one run of it found."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import Enum

from bgp2vpc.policy.place_state import PATIENCE
from bgp2vpc.prefix import Prefix
from tests.simulation import oracle
from tests.simulation.ec2 import SETTLE_TIME, Write
from tests.simulation.fleet import Fleet
from tests.simulation.host import Host
from tests.simulation.schedule import STARTED, Schedule

Place = tuple[str, Prefix]

ONE_POLL = 100.0
"""Seconds of calm after which no route is at a withdrawn path: sessions come up, back-offs of 30 s end, one poll."""
CALM = 400.0
"""Seconds of calm after which everything is where it belongs: whatever was suppressed is not any more."""
QUIET = 130.0
"""Seconds in which then nothing is written."""
CALLS = 20
"""Of EC2 by one host in that time: five at each poll."""
SWIFT = 6.0
"""Seconds in which routes move where nothing fails: a handover of 2 s, and some calls."""
SUPPRESSED = 300.0
"""Seconds after moves in which a route may be where it does not belong."""
WINDOW = 60.0
MOVES = 4
"""Of one place and one host in a window before it is suppressed."""
SUCCESSOR_HEARD = 5.0
"""Seconds after which a path is known to all, when nothing fails."""


class Hit(Enum):
    """How a DeleteRoute came to delete the route of another host. STALE must not be where only reads are old.

    Where more is, a successor may be so late that no read can show its route in time (docs/limits.md).
    """

    STALE = "stale"
    """The route was there when the deleter asked EC2 for the table, and its read did not show it."""
    UNHEARD = "unheard"
    """As STALE, but the two had no session for so long that the deleter could not expect the other to write."""
    ROUND_TRIP = "round trip"
    """The route was made after that: EC2 has no compare-and-swap."""


@dataclass
class Watch:
    """Watches one run. `faults` are what must not be."""

    schedule: Schedule
    fleet: Fleet
    faults: list[str] = field(default_factory=list)
    moves: dict[Place, list[Write]] = field(default_factory=lambda: defaultdict(list))
    hits: Counter[Hit] = field(default_factory=Counter)
    latest: dict[Place, Write] = field(default_factory=dict)
    """The last write at each place."""

    def run(self) -> list[str]:
        """Run it all; what must not be, each with its second."""
        fleet = self.fleet
        fleet.watchers.append(self._wrote)
        calm_at = fleet.plan.calm_at
        while self.schedule.peaceful and fleet.now < calm_at + ONE_POLL:
            fleet.run_until(fleet.now + 1.0)
            if fleet.now > STARTED:
                self._check_swift()
        fleet.run_until(calm_at + ONE_POLL)
        self._check_withdrawn()
        fleet.run_until(calm_at + CALM)
        self._check_converged()
        written, called = len(fleet.writes), [host.ec2.calls.total() for host in fleet.hosts]
        fleet.run_until(calm_at + CALM + QUIET)
        self._check_calls(called)
        for write in fleet.writes[written:]:
            self._fault(f"written although all is settled: {write.writer} {write}")
        self._check_turns()
        fleet.close()
        for bug in fleet.bugs:
            self._fault(f"bug: {bug}")
        return self.faults

    def _fault(self, what: str) -> None:
        self.faults.append(f"{self.fleet.now:.1f} s: {what}")
        self.fleet.trace("FAULT", what)

    def _places(self) -> list[Place]:
        return [(table, prefix) for table in self.fleet.plan.tables for prefix in self.fleet.plan.prefixes]

    # At any time

    def _wrote(self, write: Write) -> None:
        place = (write.table_id, write.prefix)
        old = self.fleet.host_of(write.old)
        latest = self.latest.get(place)
        self.latest[place] = write
        if write.new is None and latest is not None and (hit := self._hit(write, latest)) is not None:
            self.hits[hit] += 1
            if hit is Hit.STALE and self.schedule.only_reads_are_old:
                self._fault(f"{write.writer} deleted {write}, which {latest.writer} wrote before {write.writer} read")
        if write.writer == "somebody":
            self.moves[place].clear()
            return
        if write.new is not None and write.new != write.old and old is not None and not self._is_excused(write):
            self.moves[place].append(write)
            self._check_damped(place, write)
        if self.schedule.peaceful and write.new is None:
            self._check_gap(write)

    def _hit(self, write: Write, latest: Write) -> Hit | None:
        """What the delete `write` did to the route of another host, which `latest` had made.

        What somebody writes by hand is announced by nobody, and no host can expect it. A route whose owner offers the
        prefix no longer is nobody's loss: the owner is about to delete it, too.
        """
        deleter, owner, read = self._host(write.writer), self.fleet.host_of(write.old), write.read
        if deleter is None or owner is None or owner is deleter or latest.writer in (write.writer, "somebody"):
            return None
        if not owner.offers(write.prefix):
            return None
        if read is not None and latest.at > read.asked:
            return Hit.ROUND_TRIP
        if read is not None and latest.at <= read.shows and deleter.place.writes_any:
            return None  # it has seen this route, and writes for its owner
        writer = self._host(latest.writer)
        return Hit.STALE if writer is None or self._hears(deleter, writer) else Hit.UNHEARD

    def _hears(self, host: Host, other: Host) -> bool:
        """Whether there is a session, or was until so shortly ago that reads do not show what followed from its end."""
        if host.daemon is None:
            return False
        rows = host.daemon.parts.inputs.neighbors.rows(self.fleet.clock.time())
        row = next((each for each in rows if each.address == str(other.place.address)), None)
        return row is not None and (row.up or (row.seconds or 0.0) < PATIENCE + SETTLE_TIME)

    def _host(self, name: str) -> Host | None:
        return next((host for host in self.fleet.hosts if host.name == name), None)

    def _is_excused(self, write: Write) -> bool:
        """Whether the route had to be moved: who had it is gone, withdrew, or is the last resort."""
        old, new = self.fleet.host_of(write.old), self.fleet.host_of(write.new)
        if old is None or not old.offers(write.prefix) or not self.fleet.vpc.is_there(old.place.interface_id):
            return True
        is_last = old.services[write.prefix].said_med >= 500 or write.prefix in old.draining
        return is_last and new is not None and new.offers(write.prefix) and new.services[write.prefix].said_med < 500

    def _check_damped(self, place: Place, write: Write) -> None:
        """No place is moved more often than the damping of all who write it allows."""
        # A daemon that starts anew counts anew.
        since = max([write.at - WINDOW, *(host.started_at for host in self.fleet.hosts if host.name == write.writer)])
        recent = [each for each in self.moves[place] if each.at > since and each.writer == write.writer]
        if len(recent) > MOVES:
            self._fault(f"{write.writer} moved {place[0]} {place[1]} {len(recent)} times in {WINDOW:.0f} s")

    def _check_swift(self) -> None:
        """As long as nothing fails, a route is where it belongs some seconds after the last change, without a poll."""
        now = self.fleet.clock.time()
        for table_id, prefix in self._places():
            changed = max((host.served_at.get(prefix, now) for host in self.fleet.hosts), default=now)
            drained = any(prefix in host.draining for host in self.fleet.hosts)  # which takes its time
            if drained or now - changed <= SWIFT or self._moved(table_id, prefix) >= 3:
                continue
            if wrong := oracle.complaint(self.fleet, table_id, prefix):
                self._fault(f"{table_id} {prefix} is at {wrong}, {now - changed:.0f} s after the last change")

    def _moved(self, table_id: str, prefix: Prefix) -> int:
        """How often the route was given to another instance, of late: after the third time it may be suppressed."""
        since = self.fleet.clock.time() - SUPPRESSED
        return sum(
            each.at > since and (each.table_id, each.prefix) == (table_id, prefix) and None not in (each.old, each.new)
            for each in self.fleet.writes
        )

    def _check_gap(self, write: Write) -> None:
        """No route is deleted while somebody else offers it, and all know that."""
        now = self.fleet.clock.time()
        best = oracle.best(self.fleet, write.table_id, write.prefix)
        is_last_resort = any(host.services[write.prefix].said_med >= 500 for host in best)
        if is_last_resort and any(write.prefix in host.draining for host in self.fleet.hosts):
            return  # it does not take from one that drains before that has withdrawn
        for host in self.fleet.hosts:
            service = host.services.get(write.prefix)
            if host not in oracle.candidates(self.fleet, write.prefix) or service is None:
                continue
            if now - service.since > SUCCESSOR_HEARD and host.place.interface_id != write.old:
                self._fault(f"{write.writer} deleted {write}, although {host.name} offers it")

    # Once calm

    def _check_withdrawn(self) -> None:
        for table_id, prefix in self._places():
            host = self.fleet.host_of(self.fleet.holder(table_id, prefix))
            if host in oracle.right(self.fleet, table_id, prefix):
                continue
            if host is not None and host.works and not host.offers(prefix):
                self._fault(f"{table_id} {prefix} still points at {host.name}, which has withdrawn it")
            elif host is not None and not host.works:
                self._fault(f"{table_id} {prefix} still points at {host.name}, which is dead")

    def _check_converged(self) -> None:
        for table_id, prefix in self._places():
            if wrong := oracle.complaint(self.fleet, table_id, prefix):
                self._fault(f"{table_id} {prefix} is at {wrong}")

    def _check_calls(self, before: list[int]) -> None:
        """Who has nothing to do asks EC2 at its polls only."""
        for host, called in zip(self.fleet.hosts, before, strict=True):
            # Each call counts twice: by operation and by fate.
            if (calls := (host.ec2.calls.total() - called) // 2) > CALLS:
                self._fault(f"{host.name} made {calls} calls of EC2 in {QUIET:.0f} s in which nothing happened")

    def _check_turns(self) -> None:
        """Since it has been calm, nobody took a route back from whoever took it from him, more than once."""
        for place, moves in self.moves.items():
            calm = [each for each in moves if each.at - 1000 > self.fleet.plan.calm_at + ONE_POLL]
            pairs = [(write.old, write.new) for write in calm]
            if len(pairs) != len(set(pairs)):
                self._fault(f"{place[0]} {place[1]} is moved in turns: {pairs}")


def watched(seed: int) -> Watch:
    """The run of this seed: what must not be and was, which deletes hit others, and every write."""
    schedule = Schedule(seed)
    watch = Watch(schedule, schedule.fleet())
    watch.run()
    return watch
