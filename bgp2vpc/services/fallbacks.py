"""Checks once per poll whether EC2 would accept a route to each fallback of the configuration.

Each one that EC2 would refuse is reported as a failure until it can be used. No decision depends on it: the reads may
be old, and EC2 itself refuses a route to a fallback that does not exist.
"""

import asyncio
from collections.abc import Mapping, Sequence

from bgp2vpc.config.model import Config
from bgp2vpc.errors import Ec2Error, FallbackUnusable
from bgp2vpc.policy.rule import Rule, fallbacks_of
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import StartTask, cancelled
from bgp2vpc.vpc.access import OWN
from bgp2vpc.vpc.model import Target
from bgp2vpc.vpc.targets import question_about
from bgp2vpc.vpc_status import FallbackRow

FallbackKey = tuple[str, Target]
"""The id of a VPC, and a target that routes of its tables fall back to."""

THEN = "EC2 would refuse the route when it is needed; looked at again at each poll"


class Fallbacks(Observer):
    """Keeps the last result of each fallback, and reports the failures."""

    def __init__(self, calls: Calls, view: View, journal: Journal, start_task: StartTask) -> None:
        self._calls = calls
        self._view = view
        self._journal = journal
        self._start_task = start_task
        self._rules: Sequence[Rule] = ()
        self._problems: dict[FallbackKey, str] = {}
        """Fallbacks that EC2 has been asked about -> the problem; empty: none."""
        self._failing: set[str] = set()
        """The failures that the journal has and that are not over, by subject."""
        self._looking: asyncio.Task[None] | None = None
        self._has_changed = False
        """Whether the configuration has changed since the present or last check began."""

    async def configure(self, config: Config) -> None:
        """Check the fallbacks of this configuration from now on: at once if EC2 is connected."""
        self._rules = config.rules
        self._has_changed = True
        self.polled()

    async def stop(self) -> None:
        """Stop checking."""
        if self._looking is not None:
            await cancelled(self._looking)

    def polled(self) -> None:
        """Check again after a poll, unless the last check still waits for EC2."""
        if self._calls.is_connected and (self._looking is None or self._looking.done()):
            wanted = fallbacks_of(self._rules, self._view.instance.vpc_id)
            self._problems = {key: problem for key, problem in self._problems.items() if key in wanted}
            self._has_changed = False
            if wanted or self._failing:
                self._looking = self._start_task("fallbacks", self._look(wanted))
                self._looking.add_done_callback(self._looked)

    def _looked(self, task: "asyncio.Task[None]") -> None:
        """Check the fallbacks of a reload that came during the last check at once: the next poll may be far away."""
        if self._has_changed and not task.cancelled():
            self.polled()

    def rows(self) -> list[FallbackRow]:
        """A row for each fallback, for the status."""
        wanted = fallbacks_of(self._rules, self._view.instance.vpc_id)
        return [
            FallbackRow(target.id, vpc_id, tuple(rules), self._problems.get((vpc_id, target)))
            for (vpc_id, target), rules in sorted(wanted.items(), key=lambda item: (item[0][0], item[0][1].id))
        ]

    async def _look(self, wanted: Mapping[FallbackKey, Sequence[str]]) -> None:
        """Ask EC2 about these, by one call for each VPC and kind. If one fails, its fallbacks keep their results."""
        asked: dict[tuple[str, str], list[Target]] = {}
        for vpc_id, target in wanted:
            if (question := question_about(target)) is not None:
                asked.setdefault((vpc_id, question.operation), []).append(target)
        failing: set[str] = set()
        for (vpc_id, operation), targets in asked.items():
            access = self._view.access_to(vpc_id)
            try:
                found = await self._calls.at(access).target_problems(operation, vpc_id, targets)
            except Ec2Error as error:
                where = "" if access == OWN else f" of {access}"
                failing.add(subject := f"fallbacks: {operation}{where}")
                self._journal.failure(subject, error)
                # Known problems of these fallbacks stay.
                failing |= self._failing & {_subject((vpc_id, target)) for target in targets}
                continue
            for target, problem in found.items():
                key = (vpc_id, target)
                own = any(each.id == target.id for each in self._view.snapshot.interfaces)
                self._problems[key] = problem = "is an interface of this instance" if own else problem  # noqa: PLW2901
                if problem:
                    failing.add(_subject(key))
                    words = f"the fallback {target} of rule {', '.join(wanted[key])} {problem}"
                    self._journal.failure(_subject(key), FallbackUnusable(words), then=THEN)
        for subject in self._failing - failing:
            is_wanted = any(subject == _subject(key) for key in wanted) or subject.startswith("fallbacks: ")
            (self._journal.success if is_wanted else self._journal.forget)(subject)
        self._failing = failing


def _subject(key: FallbackKey) -> str:
    return f"fallback {key[1]} of {key[0]}"
