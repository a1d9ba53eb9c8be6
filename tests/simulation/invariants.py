"""What must hold in every schedule, and what one run of it found."""

from collections import defaultdict
from dataclasses import dataclass, field

from bgp2vpc.prefix import Prefix
from tests.simulation import oracle
from tests.simulation.ec2 import Write
from tests.simulation.fleet import Fleet
from tests.simulation.schedule import Schedule

Place = tuple[str, Prefix]

ONE_POLL = 100.0
"""Seconds of calm after which no route is at a withdrawn path: sessions come up, back-offs of 30 s end, one poll."""
CALM = 400.0
"""Seconds of calm after which everything is where it belongs: whatever was damped is not any more."""
QUIET = 130.0
"""Seconds in which then nothing is written."""
WINDOW = 60.0
MOVES = 4
"""Of one place and one host in a window before it is damped."""
SUCCESSOR_HEARD = 5.0
"""Seconds after which a path is known to all, when nothing fails."""


@dataclass
class Watch:
    """Watches one run. `faults` are what must not be."""

    schedule: Schedule
    fleet: Fleet
    faults: list[str] = field(default_factory=list)
    moves: dict[Place, list[Write]] = field(default_factory=lambda: defaultdict(list))

    def run(self) -> list[str]:
        """Run it all; what must not be, each with its second."""
        fleet = self.fleet
        fleet.watchers.append(self._wrote)
        calm_at = fleet.plan.calm_at
        fleet.run_until(calm_at + ONE_POLL)
        self._check_withdrawn()
        fleet.run_until(calm_at + CALM)
        self._check_converged()
        written = len(fleet.writes)
        fleet.run_until(calm_at + CALM + QUIET)
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
        if write.writer == "somebody":
            self.moves[place].clear()
            return
        if write.new is not None and write.new != write.old and old is not None and not self._is_excused(write):
            self.moves[place].append(write)
            self._check_damped(place, write)
        if self.schedule.peaceful and write.new is None:
            self._check_gap(write)

    def _is_excused(self, write: Write) -> bool:
        """Whether the route had to be moved: who had it is gone, withdrew, or is the last resort."""
        old, new = self.fleet.host_of(write.old), self.fleet.host_of(write.new)
        if old is None or not old.offers(write.prefix) or not self.fleet.vpc.is_there(old.place.interface_id):
            return True
        is_last = old.services[write.prefix].said_med >= 500
        return is_last and new is not None and new.offers(write.prefix) and new.services[write.prefix].said_med < 500

    def _check_damped(self, place: Place, write: Write) -> None:
        """No place is moved more often than the damping of all who write it allows."""
        recent = [each for each in self.moves[place] if each.at > write.at - WINDOW and each.writer == write.writer]
        if len(recent) > MOVES:
            self._fault(f"{write.writer} moved {place[0]} {place[1]} {len(recent)} times in {WINDOW:.0f} s")

    def _check_gap(self, write: Write) -> None:
        """No route is deleted while somebody else offers it, and all know that."""
        now = self.fleet.clock.time()
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
            if host is not None and host.works and not host.offers(prefix):
                self._fault(f"{table_id} {prefix} still points at {host.name}, which has withdrawn it")
            elif host is not None and not host.works and oracle.best(self.fleet, table_id, prefix):
                self._fault(f"{table_id} {prefix} still points at {host.name}, which is dead")

    def _check_converged(self) -> None:
        for table_id, prefix in self._places():
            if wrong := oracle.complaint(self.fleet, table_id, prefix):
                self._fault(f"{table_id} {prefix} is at {wrong}")

    def _check_turns(self) -> None:
        """Since it has been calm, nobody took a route back from whoever took it from him, more than once."""
        for place, moves in self.moves.items():
            calm = [each for each in moves if each.at - 1000 > self.fleet.plan.calm_at + ONE_POLL]
            pairs = [(write.old, write.new) for write in calm]
            if len(pairs) != len(set(pairs)):
                self._fault(f"{place[0]} {place[1]} is moved in turns: {pairs}")


def check(seed: int, *, traced: bool = False) -> tuple[list[str], list[str]]:
    """What must not be and was, in the schedule of this seed; and, if wanted, all that happened."""
    schedule = Schedule(seed)
    fleet = schedule.fleet(traced=traced)
    faults = Watch(schedule, fleet).run()
    return faults, fleet.trace.lines
