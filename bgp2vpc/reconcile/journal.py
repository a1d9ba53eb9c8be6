"""What happened: for the log, once; and for status, as long as it matters."""

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bgp2vpc.errors import (
    Bgp2vpcError,
    CheckUnknown,
    Disagreement,
    Ec2Error,
    ExabgpDown,
    ExabgpError,
    ExabgpSilent,
    OperatorError,
    PlanRefused,
    SerfError,
    Transient,
)
from bgp2vpc.logs import event
from bgp2vpc.policy.place_state import Places
from bgp2vpc.policy.plan import Action, Change, RouteKey, Verdict, VerdictKind
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.observer import Cycle, LostRoute, Observer, Outcome, WriteResult
from bgp2vpc.status import CycleRow, ErrorRow

log = logging.getLogger("bgp2vpc")

_DONE = {Action.CREATE: "created", Action.REPLACE: "replaced", Action.DELETE: "deleted"}
_UNWRITTEN = {
    VerdictKind.BLOCKED: "route not written: blocked",
    VerdictKind.FOREIGN: "route not written: foreign",
    VerdictKind.YIELD: "route not written: yield",
}
Tell = Callable[[str, Ec2Error | None], None]
"""Told of each part that only some rules need: what it is, and why it could not be read, or None if it was."""

KEPT_ERRORS = 50
KEPT_CYCLES = 20


class Journal:
    """Logs what changes, remembers failures apart from successes, and keeps quiet about repetitions."""

    def __init__(self, observers: Iterable[Observer] = ()) -> None:
        self.observers = observers
        self.cycles = 0
        self.last_cycle = ""
        self.recent_cycles: deque[CycleRow] = deque(maxlen=KEPT_CYCLES)
        """Those that wrote, or tried to: the latest last."""
        self.last_read: float | None = None
        """When all was read last, in the event loop's seconds."""
        self.last_read_at: str | None = None
        """The same, for people."""
        self._errors: dict[tuple[str, str], ErrorRow] = {}
        self._failing: dict[str, str] = {}
        self._causes: dict[str, str] = {}
        """What was logged last of each that is failing."""
        self.not_accepted: set[Prefix] = set()
        self._rules_without_tables = ""
        self._rules_without_lists = ""
        self._shadowed: frozenset[tuple[str, Prefix, str, str]] = frozenset()

    @property
    def errors(self) -> list[ErrorRow]:
        """The last errors, the latest last: each with its last time and how often it came."""
        return list(self._errors.values())

    @property
    def failing(self) -> Mapping[str, str]:
        """What does not work at present, and the code of its last error."""
        return self._failing

    def begin(self, changes: int, now: float) -> Cycle:
        """A cycle that is going to write `changes`."""
        self.cycles += 1
        return Cycle(self.cycles, now, changes)

    def end(self, cycle: Cycle, now: float) -> None:
        """All writes of the cycle have their outcome."""
        self.last_cycle = cycle.sentence(now)
        normal = any(cycle.counts[word] for word in (*_DONE.values(), WriteResult.OVERTAKEN.value))
        if cycle.counts:
            self.recent_cycles.append(
                CycleRow(
                    time=wall_clock(),
                    number=cycle.number,
                    counts=dict(cycle.counts),
                    seconds=round(now - cycle.started, 3),
                )
            )
        for each in self.observers:
            each.cycled(cycle)
        event(log, logging.INFO if normal else logging.DEBUG, f"cycle {cycle.number}: {cycle.result(now)}")

    def outcome(self, outcome: Outcome, cycle: Cycle) -> None:
        """One write has its outcome."""
        change, error = outcome.change, outcome.error
        subject = subject_of(change.key)
        if outcome.result is WriteResult.OVERTAKEN:
            # The line of the cycle counts these; if the route is left to somebody else, that verdict is logged.
            cycle.counts[outcome.result.value] += 1
            where = {"table": change.table_id, "prefix": change.prefix}
            event(log, logging.DEBUG, f"another writer was faster: {error}", **where)
            return
        if error is not None:
            cycle.counts["failed"] += 1
            self.failure(subject, error, action=change.action.value, table=change.table_id, prefix=change.prefix)
            return
        self.success(subject, table=change.table_id, prefix=change.prefix)
        if outcome.result is WriteResult.DONE:
            cycle.counts[_DONE[change.action]] += 1
            event(
                log,
                logging.INFO,
                f"route {_DONE[change.action]}",
                table=change.table_id,
                prefix=change.prefix,
                target=change.target,
                old=change.old,
                reason=change.reason.value,
                ms=round(outcome.seconds * 1000),
            )

    def failure(self, subject: str, error: Bgp2vpcError, *, then: str = "", **fields: Any) -> None:
        """Something failed. Logged when it begins and when it changes; remembered each time.

        `then`: what follows; empty: what follows such an error mostly.
        """
        code = error.code if isinstance(error, Ec2Error) else type(error).__name__
        # Those of EC2 and of probes differ from call to call; others differ with the reason: disk full, not permitted.
        cause = code if isinstance(error, Ec2Error | CheckUnknown) else str(error)
        if isinstance(error, ExabgpDown):
            cause = error.what
        then = then or consequence(error)
        before = self._errors.pop((subject, code), None)  # one that comes every second must not hide all others
        self._errors[subject, code] = ErrorRow(
            time=wall_clock(),
            subject=subject,
            code=code,
            message=str(error),
            consequence=then,
            count=before.count + 1 if before else 1,
        )
        if len(self._errors) > KEPT_ERRORS:
            del self._errors[next(iter(self._errors))]
        self._failing[subject] = code
        if self._causes.get(subject) != cause:
            self._causes[subject] = cause
            level = logging.ERROR
            if isinstance(error, Transient | CheckUnknown | ExabgpSilent):
                level = logging.WARNING
            elif isinstance(error, Disagreement):  # somebody was faster: that is looked at again, and mostly ends well
                level = logging.INFO
            event(log, level, f"failed: {error}", consequence=then, **fields)
        for each in self.observers:
            each.failed(subject, error)

    def told(self, subject: str, error: Ec2Error | None) -> None:
        """Something was read, or could not be."""
        if error is None:
            self.success(subject)
        else:
            self.failure(subject, error)

    def lost(self, lost: LostRoute) -> None:
        """Somebody else has pointed a route of ours elsewhere: a peer that we left it to, or one we know nothing of."""
        new = lost.new
        fields = {
            "table": lost.table_id,
            "prefix": lost.prefix,
            "old": lost.old,
            "target": new.target,
            "owner": new.instance_id,
        }
        if lost.expected:
            event(log, logging.INFO, "route handed over", **fields)
        else:
            event(log, logging.WARNING, "route lost", **fields)
        for each in self.observers:
            each.lost(lost)

    def left(self, table_id: str, prefix: Prefix) -> None:
        """A route of ours is no rule's business any more."""
        event(log, logging.WARNING, "route left as it is: no rule matches it any more", table=table_id, prefix=prefix)

    def shadowed(self, found: Collection[tuple[str, Prefix, str, str]]) -> None:
        """(table, prefix, rule, first rule): what a rule manages and an earlier one decides about. Said once."""
        for each in found:
            if each not in self._shadowed:
                table, prefix, rule, first = each
                where = {"table": table, "prefix": prefix, "rule": rule, "decides": first}
                event(log, logging.WARNING, "manage_routes entry shadowed by an earlier rule", **where)
        self._shadowed = frozenset(found)

    def success(self, subject: str, **fields: Any) -> None:
        """What failed before works again."""
        code = self._failing.pop(subject, None)
        self._causes.pop(subject, None)
        if code is not None:
            event(log, logging.INFO, "recovered", subject=subject, was=code, **fields)
            for each in self.observers:
                each.recovered(subject, unwanted=False)

    def has_read(self, now: float) -> None:
        """Everything has been read."""
        self.last_read, self.last_read_at = now, wall_clock()
        self.success("observe")

    def no_longer_wanted(self, keys: Iterable[RouteKey]) -> None:
        """Nothing is to be written at these places: what failed there will be news when it fails again."""
        for key in keys:
            self.forget(subject_of(key))

    def forget(self, subject: str) -> None:
        """Whether this works does not matter any more."""
        self._causes.pop(subject, None)
        if self._failing.pop(subject, None) is not None:
            for each in self.observers:
                each.recovered(subject, unwanted=True)

    def verdicts(self, before: Mapping[RouteKey, Verdict], now: Mapping[RouteKey, Verdict]) -> None:
        """What is offered and not written, and why: said when it becomes so. What is written is said when it is."""
        for each in self.observers:
            each.judged(before, now)
        for key, verdict in now.items():
            words = _UNWRITTEN.get(verdict.kind)
            old = before.get(key)
            if words is None or (old is not None and (old.kind, old.reason) == (verdict.kind, verdict.reason)):
                continue
            event(
                log,
                logging.WARNING if verdict.kind is VerdictKind.BLOCKED else logging.INFO,
                words,
                table=verdict.table_id,
                prefix=verdict.prefix,
                reason=verdict.reason.value,
                target=verdict.target,
                owner=verdict.owner,
                detail=verdict.detail or None,
            )

    def dry_run(self, changes: Iterable[Change], places: Places) -> None:
        """What would have been written, said once."""
        for change in changes:
            state = places.at(change.key)
            if state.proposed != change:
                state.proposed = change
                event(log, logging.INFO, f"would {change.action.value} {change.place_words()}")

    def refuse(self, prefixes: Collection[Prefix], only: Collection[Prefix] | None) -> None:
        """Announced, and accepted by no rule: most often a mistyped `accept`. Said once.

        `prefixes` are among `only`, or (None) all there are.
        """
        for prefix in prefixes:
            if prefix not in self.not_accepted:
                event(log, logging.WARNING, "prefix not permitted by any rule; not installed", prefix=prefix)
        self.not_accepted = (set() if only is None else self.not_accepted - set(only)) | set(prefixes)

    def rules_without_tables(self, rules: Iterable[Rule]) -> None:
        """Rules that find nothing are most often a mistyped tag."""
        names = ", ".join(rule.name for rule in rules)
        if names != self._rules_without_tables:
            self._rules_without_tables = names
            if names:
                hint = "check `find`, or set no_results_ok: true"
                event(log, logging.WARNING, "rule matches no route table", rules=names, hint=hint)

    def rules_without_lists(self, rules: Iterable[Rule]) -> None:
        """Rules whose prefix list does not exist: mistyped, or still to be made."""
        names = ", ".join(f"{rule.name} ({rule.prefix_list})" for rule in rules)
        if names != self._rules_without_lists:
            self._rules_without_lists = names
            if names:
                hint = "no managed prefix list of this region is meant by `prefix_list`: nothing of the rule is written"
                event(log, logging.WARNING, "rule matches no prefix list", rules=names, hint=hint)


def wall_clock() -> str:
    """What it says, in UTC, to the millisecond: for people, and for nothing that is decided."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def subject_of(key: RouteKey) -> str:
    """What failures of writing there are called in `failing` and `errors`."""
    return f"{key[0]} {key[1]}"


_CONSEQUENCES: tuple[tuple[type[Bgp2vpcError], str], ...] = (
    (OperatorError, "needs an operator; tried again meanwhile"),
    (CheckUnknown, "its verdict stays as it is; probed again"),
    (SerfError, "tried again; meanwhile no member counts as gone, and votes run out"),
    (ExabgpError, "needs an operator; ExaBGP keeps the configuration that it has"),
    (ExabgpDown, "started again; meanwhile routes stay, and are decided about without BGP"),
    (PlanRefused, "needs an operator; nothing is written"),
)


def consequence(error: Bgp2vpcError) -> str:
    """What follows, in the words of the log."""
    return next((words for kind, words in _CONSEQUENCES if isinstance(error, kind)), "tried again")
