"""The journal: logs what the daemon does, each change once; keeps recent errors and cycles for the status.

A *subject* is an operation that may fail: `connect`, `observe` (a poll), `read rtb-1`, or `rtb-1 192.0.2.53/32` for the
writes at a place. `failure` counts each error of a subject in `errors`, and logs it only if the subject did not fail
before or the cause is another one. While the subject fails it is in `failing`. That ends with `success`, which logs
`recovered`, or without a log line with `forget`, when the operation is not needed any more.

`outcome` logs each write, and `end` a summary of each cycle. Verdicts by which nothing is written, and configuration
that matches nothing, are logged when they are new. All methods notify the observers (`observer.py`) where these have an
event for it.
"""

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
    VerdictKind.BLOCKED: (logging.WARNING, "route not written: blocked"),
    VerdictKind.FOREIGN: (logging.INFO, "route not written: foreign"),
    VerdictKind.YIELD: (logging.INFO, "route not written: yield"),
}
Tell = Callable[[str, Ec2Error | None], None]
"""Called after each read that only some rules need: its subject, and its error or None. See `Journal.told`."""

KEPT_ERRORS = 50
KEPT_CYCLES = 20


class Journal:
    """Logs events without their repetitions, and lists what is failing at present."""

    def __init__(self, observers: Iterable[Observer] = ()) -> None:
        self.observers = observers
        self.cycles = 0
        self.last_cycle = ""
        self.recent_cycles: deque[CycleRow] = deque(maxlen=KEPT_CYCLES)
        """The last cycles that wrote, or tried to; the latest is last."""
        self.last_read: float | None = None
        """When a poll last read everything (event loop's clock)."""
        self.last_read_at: str | None = None
        """The same as time of day, for people."""
        self._errors: dict[tuple[str, str], ErrorRow] = {}
        self._failing: dict[str, str] = {}
        self._since: dict[str, str] = {}
        """Subject -> when it began to fail, for each that is failing."""
        self._causes: dict[str, str] = {}
        """Subject -> the cause that was logged last, for each that is failing."""
        self.not_accepted: set[Prefix] = set()
        self._rules_without_tables = ""
        self._rules_without_lists = ""
        self._shadowed: frozenset[tuple[str, Prefix, str, str]] = frozenset()

    @property
    def errors(self) -> list[ErrorRow]:
        """The last errors, one row for each subject and code, with its last time and its count; the latest is last."""
        return list(self._errors.values())

    @property
    def failing(self) -> Mapping[str, str]:
        """Subject -> code of the last error, for each subject that is failing at present."""
        return self._failing

    @property
    def messages(self) -> Mapping[str, str]:
        """Subject -> message of its last error, for each subject that is failing at present."""
        return {each.subject: each.message for each in self._errors.values() if each.subject in self._failing}

    @property
    def unread(self) -> str:
        """Why EC2 cannot be read at present: the error of `connect` or else of `observe`; empty if it can."""
        messages = self.messages
        return messages.get("connect") or messages.get("observe") or ""

    def begin(self, changes: int, now: float) -> Cycle:
        """Begin a cycle with this number of changes to write. `now`: event loop's clock."""
        self.cycles += 1
        return Cycle(self.cycles, now, changes)

    def end(self, cycle: Cycle, now: float) -> None:
        """Log a cycle, all of whose writes have ended, and keep it for the status."""
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
        """Log the result of one write, and count it in its cycle."""
        change, error = outcome.change, outcome.error
        subject = subject_of(change.key)
        if outcome.result is WriteResult.OVERTAKEN:
            # At debug level only: the line of the cycle counts it, and if the route is left to the other writer, that
            # verdict is logged.
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
        """Record an error of `subject`. It is logged if the subject did not fail before, or the cause is another one.

        `then`: the consequence, in words for the log; empty: the usual one of such an error (`consequence`).
        """
        code = error.code if isinstance(error, Ec2Error) else type(error).__name__
        # Messages of EC2 and of probes differ from call to call, so their code is the cause. Other messages name the
        # cause themselves: disk full, not permitted.
        cause = code if isinstance(error, Ec2Error | CheckUnknown) else str(error)
        if isinstance(error, ExabgpDown):
            cause = error.what
        then = then or consequence(error)
        at = wall_clock()
        since = self._since.setdefault(subject, at)
        before = self._errors.pop((subject, code), None)  # one row, or an error each second would push out all others
        self._errors[subject, code] = ErrorRow(
            time=at,
            subject=subject,
            code=code,
            message=str(error),
            consequence=then,
            count=before.count + 1 if before else 1,
            since=since,
        )
        if len(self._errors) > KEPT_ERRORS:
            del self._errors[next(iter(self._errors))]
        self._failing[subject] = code
        if self._causes.get(subject) != cause:
            self._causes[subject] = cause
            level = logging.ERROR
            if isinstance(error, Transient | CheckUnknown | ExabgpSilent):
                level = logging.WARNING
            elif isinstance(error, Disagreement):  # another writer was faster: the next try reads the table first
                level = logging.INFO
            event(log, level, f"failed: {error}", consequence=then, **fields)
        for each in self.observers:
            each.failed(subject, error)

    def told(self, subject: str, error: Ec2Error | None) -> None:
        """Record the result of a read: `error` None if it succeeded."""
        if error is None:
            self.success(subject)
        else:
            self.failure(subject, error)

    def lost(self, lost: LostRoute) -> None:
        """Log that another host has pointed a route of ours elsewhere: a handover if we expected it, else a loss."""
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
        """Log that a route of ours stays in its table although no rule matches it any more."""
        event(log, logging.WARNING, "route left as it is: no rule matches it any more", table=table_id, prefix=prefix)

    def shadowed(self, found: Collection[tuple[str, Prefix, str, str]]) -> None:
        """Log each `manage_routes` entry that an earlier rule decides about: (table, prefix, rule, earlier rule).

        `found`: all there are now; each is logged when it is new.
        """
        for each in found:
            if each not in self._shadowed:
                table, prefix, rule, first = each
                where = {"table": table, "prefix": prefix, "rule": rule, "decides": first}
                event(log, logging.WARNING, "manage_routes entry shadowed by an earlier rule", **where)
        self._shadowed = frozenset(found)

    def success(self, subject: str, **fields: Any) -> None:
        """Record that `subject` works. If it was failing, log that it has recovered."""
        code = self._failing.pop(subject, None)
        self._causes.pop(subject, None)
        self._since.pop(subject, None)
        if code is not None:
            event(log, logging.INFO, "recovered", subject=subject, was=code, **fields)
            for each in self.observers:
                each.recovered(subject, unwanted=False)

    def has_read(self, now: float) -> None:
        """Record that a poll has read everything."""
        self.last_read, self.last_read_at = now, wall_clock()
        self.success("observe")

    def no_longer_wanted(self, keys: Iterable[RouteKey]) -> None:
        """Forget the failed writes at these places, which need no write any more; a new failure is logged again."""
        for key in keys:
            self.forget(subject_of(key))

    def forget(self, subject: str) -> None:
        """End the failure of `subject` without a log line: the operation is not needed any more."""
        self._causes.pop(subject, None)
        self._since.pop(subject, None)
        if self._failing.pop(subject, None) is not None:
            for each in self.observers:
                each.recovered(subject, unwanted=True)

    def verdicts(self, before: Mapping[RouteKey, Verdict], now: Mapping[RouteKey, Verdict]) -> None:
        """Log each new verdict by which no route is written (blocked, foreign, yield). `outcome` logs the writes."""
        for each in self.observers:
            each.judged(before, now)
        for key, verdict in now.items():
            old = before.get(key)
            is_new = old is None or (old.kind, old.reason) != (verdict.kind, verdict.reason)
            if not is_new or verdict.kind not in _UNWRITTEN:
                continue
            level, words = _UNWRITTEN[verdict.kind]
            event(
                log,
                level,
                words,
                table=verdict.table_id,
                prefix=verdict.prefix,
                reason=verdict.reason.value,
                target=verdict.target,
                owner=verdict.owner,
                detail=verdict.detail or None,
            )

    def dry_run(self, changes: Iterable[Change], places: Places) -> None:
        """Log the changes that a dry run does not write, each once."""
        for change in changes:
            state = places.at(change.key)
            if state.proposed != change:
                state.proposed = change
                event(log, logging.INFO, f"would {change.action.value} {change.place_words()}")

    def refuse(self, prefixes: Collection[Prefix], only: Collection[Prefix] | None) -> None:
        """Log prefixes that are announced and that no rule accepts, each once: most often a mistyped `accept`.

        `prefixes`: all of them among `only`, or (None) among all prefixes.
        """
        for prefix in prefixes:
            if prefix not in self.not_accepted:
                event(log, logging.WARNING, "prefix not permitted by any rule; not installed", prefix=prefix)
        self.not_accepted = (set() if only is None else self.not_accepted - set(only)) | set(prefixes)

    def rules_without_tables(self, rules: Iterable[Rule]) -> None:
        """Log the rules that find no table, if they are others than before: most often a mistyped tag."""
        names = ", ".join(rule.name for rule in rules)
        if names != self._rules_without_tables:
            self._rules_without_tables = names
            if names:
                hint = "check `find`, or set no_results_ok: true"
                event(log, logging.WARNING, "rule matches no route table", rules=names, hint=hint)

    def rules_without_lists(self, rules: Iterable[Rule]) -> None:
        """Log the rules whose prefix list does not exist, if they are others than before: mistyped, or not made yet."""
        names = ", ".join(f"{rule.name} ({rule.prefix_list})" for rule in rules)
        if names != self._rules_without_lists:
            self._rules_without_lists = names
            if names:
                hint = "no managed prefix list of this region is meant by `prefix_list`: nothing of the rule is written"
                event(log, logging.WARNING, "rule matches no prefix list", rules=names, hint=hint)


def wall_clock() -> str:
    """The time of day in UTC, to the millisecond (ISO 8601): for people, not for decisions."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def subject_of(key: RouteKey) -> str:
    """The subject of writes at this place, in `failing` and `errors`."""
    return f"{key[0]} {key[1]}"


_CONSEQUENCES: tuple[tuple[type[Bgp2vpcError], str], ...] = (
    (OperatorError, "needs an operator (`bgp2vpc doctor`); tried again meanwhile"),
    (CheckUnknown, "its verdict stays as it is; probed again"),
    (SerfError, "tried again; meanwhile no member counts as gone, and votes run out"),
    (ExabgpError, "needs an operator; an ExaBGP that runs keeps the configuration that it has"),
    (ExabgpDown, "started again; meanwhile routes stay, and are decided about without BGP"),
    (PlanRefused, "needs an operator (`bgp2vpc plan` shows it, `max_changes` permits more); nothing is written"),
)


def consequence(error: Bgp2vpcError) -> str:
    """The usual consequence of this error, in the words of the log."""
    return next((words for kind, words in _CONSEQUENCES if isinstance(error, kind)), "tried again")
