"""How the story is told: each step has a cause, is watched until it happened, and has a deadline."""

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
    """A step of the story missed its deadline; the message says what should have happened."""


class Play:
    """`patience`: seconds each step has. `pause`: seconds to read between chapters."""

    def __init__(self, stage: Stage, screen: Screen, patience: float, pause: float) -> None:
        self.stage = stage
        self.screen = screen
        self.chronicle = Chronicle(stage.cloud, stage.instances)
        self._patience = patience
        self._pause = pause
        self._cause = time.monotonic()
        self._chapter = 0
        self._happened: list[Happening] = []

    # Telling

    def chapter(self, title: str) -> None:
        """The next one, after a pause to read the last."""
        if self._chapter:
            time.sleep(self._pause)
        self._chapter += 1
        self.screen.title(f"{self._chapter}. {title}")
        self._happened = []

    def because(self, instance: DemoInstance, text: str, at: float | None = None) -> None:
        """Something we did to an instance; what happens from now on is measured against it."""
        self.tell_news()
        self._cause = time.monotonic() if at is None else at
        self.screen.cause(self._cause, instance.name, text)

    def verdict(self, instance: DemoInstance, text: str) -> None:
        """Something we learned by asking a daemon."""
        self.tell_news()
        self.screen.happened(Happening(time.monotonic(), instance.name, Kind.VERDICT, text), self._cause)

    def tell_news(self) -> None:
        """Print what happened since."""
        for happening in self.chronicle.news():
            self._happened.append(happening)
            self.screen.happened(happening, self._cause)

    def ok(self, text: str) -> None:
        """What we waited for is there."""
        self.tell_news()
        self.screen.ok(text, self.tables())

    def tables(self) -> list[str]:
        """Each route table in a line."""
        zones = {host.table: host.zone for host in self.stage.world.hosts}
        lines = []
        for table in self.stage.world.tables:
            route = self.stage.route(table)
            what = f"{PREFIX} -> {self.chronicle.name_of(route[0])} {route[1]}" if route else f"no route for {PREFIX}"
            lines.append(f"{table}  {zones[table]}  {what}")
        return lines

    # Watching

    def expect(self, what: str, holds: Callable[[], bool], patience: float | None = None) -> None:
        """Tell what happens until `holds`. Raises DidNotHappen."""
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
        """Whether PREFIX points at this instance in every table, and works; None: at nothing anywhere."""
        wanted = (instance.host.interface_id, "active") if instance else None
        return all(self.stage.route(table) == wanted for table in self.stage.world.tables)

    def yields(self, instance: DemoInstance) -> bool:
        """Whether it leaves every table to an owner that is well."""
        verdicts = instance.verdicts()
        return all(verdicts.get(table) == "yield (owner-healthy)" for table in self.stage.world.tables)

    def watch(self) -> None:
        """Tell what happens in the next second."""

        def never() -> bool:
            self.tell_news()
            return False

        with suppress(TimeoutError):
            self.stage.cloud.wait_until(never, 1.0)

    def has_read(self, instance: DemoInstance) -> Callable[[], bool]:
        """A condition: its daemon has read the route tables."""
        return lambda: self._reads(instance) > 0

    def reads_again(self, instance: DemoInstance) -> Callable[[], bool]:
        """A condition: it has read them once more, from now."""
        before = self._reads(instance)
        return lambda: self._reads(instance) > before

    def _reads(self, instance: DemoInstance) -> int:
        calls = self.stage.cloud.calls("DescribeRouteTables")
        return sum(call.caller == instance.host.instance_id and call.ended is not None for call in calls)

    # Measuring

    def time_of(self, instance: DemoInstance, kind: Kind, *, last: bool = False) -> float:
        """When this chapter's first (last) such thing happened. Raises DidNotHappen if it did not."""
        found = [each.at for each in self._happened if each.who == instance.name and each.kind is kind]
        if not found:
            raise DidNotHappen(f"{instance.name}: nothing of the kind {kind.value!r} in its log")
        return found[-1] if last else found[0]

    def writes_of(self, instance: DemoInstance) -> int:
        """How many routes it changed in this chapter."""
        return sum(each.who == instance.name and each.kind is Kind.WRITE for each in self._happened)

    def has_written(self, instance: DemoInstance) -> bool:
        """Whether it has had EC2's answer for every table in this chapter (the tables show it a moment earlier)."""
        return self.writes_of(instance) >= len(self.stage.world.tables)

    @property
    def cause(self) -> float:
        """When the last cause was (time.monotonic())."""
        return self._cause


def command() -> str:
    """How this very bgp2vpc is called from another terminal."""
    beside = Path(sys.executable).with_name("bgp2vpc")
    if shutil.which("bgp2vpc") == str(beside):
        return "bgp2vpc"
    return str(beside) if beside.exists() else f"{sys.executable} -m bgp2vpc"
