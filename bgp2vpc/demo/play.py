"""Runs the steps of a chapter: each has a cause, an effect that is waited for, and a deadline."""

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bgp2vpc.demo.chronicle import Chronicle, Happening, Kind
from bgp2vpc.demo.instance import PREFIX, DemoInstance
from bgp2vpc.demo.screen import Screen
from bgp2vpc.demo.stage import Stage


class DidNotHappen(Exception):
    """An expected effect did not occur in time. The message names it."""


class Play:
    """The run of a demo. `patience`: seconds each step may take. `pause`: seconds between chapters, to read."""

    def __init__(self, stage: Stage, screen: Screen, patience: float, pause: float) -> None:
        self.stage = stage
        self.screen = screen
        self.chronicle = Chronicle(stage.cloud, stage.instances)
        self._patience = patience
        self._pause = pause
        self._cause = time.monotonic()
        self._chapter = 0
        self._happened: list[Happening] = []

    # Printing

    def chapter(self, title: str) -> None:
        """Begin the next chapter, after a pause to read the last one."""
        if self._chapter:
            time.sleep(self._pause)
        self._chapter += 1
        self.screen.title(f"{self._chapter}. {title}")
        self._happened = []

    def because(self, instance: DemoInstance, text: str, at: float | None = None) -> None:
        """Print an action of ours on an instance, and measure the times of later events from it."""
        self.tell_news()
        self._cause = time.monotonic() if at is None else at
        self.screen.cause(self._cause, instance.name, text)

    def verdict(self, instance: DemoInstance, text: str) -> None:
        """Print an answer that we got from a daemon."""
        self.tell_news()
        self.screen.happened(Happening(time.monotonic(), instance.name, Kind.VERDICT, text), self._cause)

    def tell_news(self) -> None:
        """Print the new events."""
        for happening in self.chronicle.news():
            self._happened.append(happening)
            self.screen.happened(happening, self._cause)

    def ok(self, text: str) -> None:
        """Print the new events, that the step has succeeded, and the tables."""
        self.tell_news()
        self.screen.ok(text, self.tables())

    def tables(self) -> list[str]:
        """One line about PREFIX in each route table."""
        zones = {host.table: host.zone for host in self.stage.world.hosts}
        lines = []
        for table in self.stage.world.tables:
            route = self.stage.route(table)
            what = f"{PREFIX} -> {self.chronicle.name_of(route[0])} {route[1]}" if route else f"no route for {PREFIX}"
            lines.append(f"{table}  {zones[table]}  {what}")
        return lines

    # Waiting

    def expect(self, what: str, holds: Callable[[], bool], patience: float | None = None) -> None:
        """Print events until `holds` is true. Raises DidNotHappen after `patience`, or if a daemon ends."""
        patience = self._patience if patience is None else patience

        def look() -> bool:
            self.tell_news()
            for instance in self.stage.instances:
                if instance.has_lost_its_daemon:
                    raise DidNotHappen(f"{what}: {instance.name}'s daemon ended by itself")
            return holds()

        try:
            self.stage.cloud.wait_until(look, patience)
        except TimeoutError:
            raise DidNotHappen(f"not within {patience:g} s: {what}") from None

    def points_at(self, instance: DemoInstance | None) -> bool:
        """Whether every table has an active route for PREFIX to the instance; None: whether no table has a route."""
        wanted = (instance.host.interface_id, "active") if instance else None
        return all(self.stage.route(table) == wanted for table in self.stage.world.tables)

    def yields(self, instance: DemoInstance) -> bool:
        """Whether the daemon's verdict is, for every table, to yield to a healthy owner."""
        verdicts = instance.verdicts()
        return all(verdicts.get(table) == "yield (owner-healthy)" for table in self.stage.world.tables)

    def watch(self) -> None:
        """Print the events of the next second."""

        def never() -> bool:
            self.tell_news()
            return False

        with suppress(TimeoutError):
            self.stage.cloud.wait_until(never, 1.0)

    def has_read(self, instance: DemoInstance) -> Callable[[], bool]:
        """A condition for `expect`: the instance's daemon has read the route tables."""
        return lambda: self._reads(instance) > 0

    def reads_again(self, instance: DemoInstance) -> Callable[[], bool]:
        """A condition for `expect`: the daemon has read the route tables again after this call."""
        before = self._reads(instance)
        return lambda: self._reads(instance) > before

    def _reads(self, instance: DemoInstance) -> int:
        calls = self.stage.cloud.calls("DescribeRouteTables")
        return sum(call.caller == instance.host.instance_id and call.ended is not None for call in calls)

    # Measuring

    def time_of(self, instance: DemoInstance, kind: Kind, *, last: bool = False) -> float:
        """The time of this chapter's first (`last`: last) such event. Raises DidNotHappen if there is none."""
        found = [each.at for each in self._happened if each.who == instance.name and each.kind is kind]
        if not found:
            raise DidNotHappen(f"{instance.name}: nothing of the kind {kind.value!r} in its log")
        return found[-1] if last else found[0]

    def writes_of(self, instance: DemoInstance) -> int:
        """How many routes the instance has written in this chapter."""
        return sum(each.who == instance.name and each.kind is Kind.WRITE for each in self._happened)

    def has_written(self, instance: DemoInstance) -> bool:
        """Whether EC2 has answered one of its writes for every table in this chapter.

        The tables show a write shortly before EC2's answer.
        """
        return self.writes_of(instance) >= len(self.stage.world.tables)

    @property
    def cause(self) -> float:
        """The time of the last cause (time.monotonic())."""
        return self._cause


def command() -> str:
    """The shell command that runs this installation of bgp2vpc from another terminal."""
    beside = Path(sys.executable).with_name("bgp2vpc")
    if shutil.which("bgp2vpc") == str(beside):
        return "bgp2vpc"
    return str(beside) if beside.exists() else f"{sys.executable} -m bgp2vpc"
