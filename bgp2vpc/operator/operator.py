"""Carries out operators' orders, such as `bgp2vpc hold`, which arrive through the unix socket or the page.

How the room works:

1. `verbs` is the table of all verbs; the socket, the page and the command line are generated from it.
2. `orders.read_instruction` parses the words of a verb into an `Instruction`.
3. `Operator` has one method for each verb, which carries it out and returns the JSON answer.
4. A hold, takeover or drain is recorded as an `Order`: holds and takeovers here, drains in `drain.Drainer`.
   `state_file` saves them, and the reconciler decides the prefixes concerned again, with `held`, `taken` and `drained`
   in its `DecisionInput`.
5. An order ends by the opposite verb, when its time is over, or when it is done (a takeover whose routes are written).

Drains are also ordered by `lifecycle`, when instance metadata announces that AWS will end this instance (after which
`hook_completion` completes Auto Scaling's hook), and by `tag_watch`, while this instance has a tag. `avoided_zones`
reports the zones that route tables avoid by tag; `policy` reads these tags itself.

`explaining` gathers the facts for `bgp2vpc why`, `why` puts them into words, `why_json` into JSON. `answers` has
helpers for answers, `status` the rows and the headline of `bgp2vpc status` about routes.

Every order is logged with its author and reason.
"""

import asyncio
import json
import logging
import time
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final, Protocol

from bgp2vpc.health.results import CheckStatus
from bgp2vpc.logs import event
from bgp2vpc.operator.answers import check_row
from bgp2vpc.operator.avoided_zones import AvoidedZones
from bgp2vpc.operator.drain import Drainer
from bgp2vpc.operator.orders import (
    Cause,
    Order,
    OrderError,
    OrderKey,
    OrderKind,
    Orders,
    prefixes_of,
    read_instruction,
    split_words,
)
from bgp2vpc.operator.state_file import StateFile
from bgp2vpc.operator.verbs import VERBS, About, Instruction, Verb
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.plan import Reason, VerdictKind
from bgp2vpc.policy.tables import lists_for
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.reconcile.journal import Journal, subject_of
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.sources.server import Question
from bgp2vpc.sources.unix import SocketPeer
from bgp2vpc.status import as_object
from bgp2vpc.tasks import Deadlines
from bgp2vpc.vpc.model import Instance
from bgp2vpc.web.model import PageVerb

log = logging.getLogger("bgp2vpc")

TAKEOVER_TIME: Final = 30.0
"""Seconds after which a takeover that cannot be written is given up, so that it does not happen unexpectedly later."""
MOST: Final = 1000
"""Maximum number of held prefixes."""


class HealthChecks(Protocol):
    """The part of `services.checks.health.Health` that is used here."""

    def statuses(self) -> list[CheckStatus]:
        """The status of each running check; a remote check has one for each owner."""

    def probe_now(self, name: str) -> None:
        """Let the checks with this name probe now."""


_WRITING: Final = (VerdictKind.CREATE, VerdictKind.REPLACE, VerdictKind.DELETE)


class Operator(Observer):
    """Has one method for each verb of `verbs.VERBS`. `noop`: refuse takeovers."""

    def __init__(
        self, drainer: Drainer, checks: HealthChecks, reconciler: Reconciler, journal: Journal, state_file: StateFile,
        avoided_zones: AvoidedZones, *, noop: bool,
    ) -> None:  # fmt: skip
        self._avoided_zones = avoided_zones
        self._orders = Orders()
        """Holds and takeovers; the drainer has the drains."""
        self._resumed = Orders()
        """All orders of an earlier run."""
        self._drainer = drainer
        self._checks = checks
        self._reconciler = reconciler
        self._inputs = reconciler.inputs
        self._view = reconciler.view
        self._journal = journal
        self._state_file = state_file
        self._noop = noop
        self._deadlines: Deadlines[OrderKey] = Deadlines(self._time_is_over)

    # From the daemon and the reconciler

    def resume(self, orders: Orders) -> None:
        """Resume the holds of an earlier run. Call this before anything is decided."""
        holds = orders.of(OrderKind.HOLD)
        for each in holds:
            _log("still held", each.prefix, each.who, each.reason, until=each.to_row()["until"])
        self._use(holds)
        self._resumed = orders

    def connected(self, instance: Instance) -> None:
        """End the orders of an earlier run that were given to another instance, of which this one is a copy.

        Drains by metadata or tag are ended by their watches, if this instance has no such notice or tag.
        """
        if self._state_file.connected(instance.id):
            resumed = {(each.key, each.since) for each in self._resumed if each.cause is Cause.CLI}
            holds = [each for each in self._orders if (each.key, each.since) in resumed]
            for each in holds:
                _log("released: ordered on another instance", each.prefix)
            self._use(self._orders.without(holds))
            self._drainer.end_those_of_another_instance(resumed)

    def polled(self) -> None:
        """Save again what could not be saved: the disk may have room by now."""
        self._state_file.save_again()

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """After a decision about these prefixes (None: all): end the takeovers that are done."""
        about = self._inputs.taken if only is None else self._inputs.taken.intersection(only)
        done = set()
        for prefix in about:
            changes = self._view.plan(self._inputs.now(), [prefix]).changes
            if not any(change.reason is Reason.BY_HAND for change in changes):
                done.add(prefix)
        if done:
            for prefix in sorted(done):
                is_leaving = self._drainer.concerns(prefix)
                _log("manual takeover ended by a drain" if is_leaving else "manual takeover done", prefix)
            self._use(self._orders.without(self._takeovers(done)), decide=False)

    def status(self) -> list[dict[str, Any]]:
        """The rows of `steering` in the status: all orders, including drains and avoided zones."""
        rows = [each.to_row() for each in (*self._orders, *self._drainer.orders)]
        return [*rows, *self._avoided_zones.status()]

    # Verbs arrive from the socket (`questions`) and from the page (`steer`)

    def questions(self) -> dict[str, Question]:
        """The verbs as questions of the unix socket: `hold PREFIX… [for DURATION] [reason TEXT…]` and the like.

        They are answered in JSON. Their author is the client's process, by its credentials.
        """

        def said(verb: Verb, words: Sequence[str], peer: SocketPeer) -> str:
            subjects, duration, reason = split_words(words)
            return json.dumps(verb.do(self, read_instruction(verb, str(peer), subjects, duration, reason)))

        def asked(question: Verb, words: Sequence[str], peer: SocketPeer) -> str:
            return json.dumps(question.do(self, read_instruction(question, str(peer), words)))

        found: dict[str, Question] = {}
        for name, verb in VERBS.items():
            found[name] = partial(said, verb)
            if verb.progress is not None:
                found[verb.progress.name] = partial(asked, verb.progress)
        return found

    @property
    def verbs(self) -> Sequence[PageVerb]:
        """The verbs for the page."""
        return [
            PageVerb(each.name, each.about.value, each.button, each.main_button, lasts=each.lasts, asks=each.asks)
            for each in VERBS.values()
        ]

    def steer(self, name: str, who: str, subjects: Sequence[str], duration: str, reason: str) -> Any:
        """Carry out a verb from the page. Raises OrderError.

        The answer is the same as through the socket, except that verbs about prefixes return the orders in force.
        """
        verb = VERBS[name]
        answer = verb.do(self, read_instruction(verb, who, subjects, duration, reason))
        return self.status() if verb.about is About.PREFIXES else answer

    # Verbs

    def hold(self, said: Instruction) -> dict[str, Any]:
        """Hold prefixes. `held`: their rows in the status. `not_saved`: why the holds will not survive a restart."""
        if len(self._inputs.held.union(said.prefixes)) > MOST:
            raise OrderError(f"more than {MOST} prefixes would be held")
        new = _new(OrderKind.HOLD, said, said.seconds)
        rows = [each.to_row() for each in new]
        for each, row in zip(new, rows, strict=True):
            _log("held", each.prefix, said.who, said.reason, until=row["until"])
        self._use(self._orders.without(self._takeovers(said.prefixes)).added(new))
        return {"held": rows, "not_saved": self._state_file.not_kept}

    def release(self, said: Instruction) -> list[dict[str, Any]]:
        """End holds and takeovers; returns them as rows of the status."""
        ended = self._orders.about(said.prefixes) if said.prefixes else self._orders
        for each in ended:
            _log("released", each.prefix, said.who, said.reason, was=each.kind.value)
        self._use(self._orders.without(ended))
        return [each.to_row() for each in ended]

    def takeover(self, said: Instruction) -> list[dict[str, Any]]:
        """Order takeovers of prefixes; returns their places as they are now."""
        for prefix in sorted(said.prefixes):
            holders = [each.who for each in self._orders.of(OrderKind.HOLD).about([prefix])]
            of_lists = lists_for(self._view.tables, prefix, self._view.snapshot)
            lists = "" if self._view.has_rule_for(prefix) else ", ".join(map(str, of_lists))
            problems = (
                (not self._reconciler.first_observation.is_set(), self._not_yet()),
                (self._noop, "nothing is written (noop)"),
                (bool(holders), f"it is held by {', '.join(holders)}; release it first"),
                (self._drainer.concerns(prefix), "it is being drained; undrain it first"),
                (bool(lists), f"it is an entry of {lists}, with which it moves; take that over"),
                (not self._view.has_rule_for(prefix), "no rule accepts or manages it in any route table"),
                (not self._view.is_offered(prefix, self._inputs.now()), "no source of this host offers it"),
            )
            if problem := next((words for applies, words in problems if applies), ""):
                raise OrderError(f"{prefix} cannot be taken over: {problem}")
        for prefix in sorted(said.prefixes):
            _log("manual takeover", prefix, said.who, said.reason)
        self._use(self._orders.added(_new(OrderKind.TAKEOVER, said, TAKEOVER_TIME)))
        return self.places(said)

    def places(self, said: Instruction) -> list[dict[str, Any]]:
        """Every place of these prefixes: verdict, failure, whether it is ours. `pending`: its takeover is not done.

        `has`: the present target, None without a route. `refused`: why the guard has refused the plan, None if not.
        """
        ours = self._view.ours()
        verdicts = {(each.table_id, each.prefix): each for each in self._view.places.verdicts()}
        return [
            {
                **verdict.to_json(),
                "ours": key in ours,
                "has": self._view.holder(key) or None,
                "refused": self._journal.messages.get("plan"),
                "pending": key[1] in self._inputs.taken,
                "error": self._journal.failing.get(subject_of(key)),
            }
            for key, verdict in sorted(verdicts.items())
            if key[1] in said.prefixes
        ]

    def drain(self, said: Instruction) -> dict[str, Any]:
        """Drain prefixes; returns the progress of all drains."""
        if lists := sorted(each for each in said.prefixes if isinstance(each, PrefixListId)):
            raise OrderError(f"{lists[0]} is a prefix list: drain its prefixes, or everything")
        self._drainer.drain(Cause.CLI, said.prefixes, said.reason, who=said.who, seconds=said.seconds)
        return self.leaving(said)

    def undrain(self, said: Instruction) -> list[dict[str, Any]]:
        """End drains; returns them as rows of `leaving`."""
        ended = self._drainer.undrain(said.prefixes, who=said.who, reason=said.reason)
        return [each.to_leaving() for each in ended]

    def leaving(self, said: Instruction) -> dict[str, Any]:
        """The progress of all drains."""
        return self._drainer.report(self._inputs.held)

    def reconcile(self, said: Instruction) -> dict[str, Any]:
        """Start a poll and return its number (`poll`); it is done when `Polls.ended` has reached that."""
        if not self._reconciler.is_connected:
            raise OrderError(self._not_yet())
        _log("manual reconcile", None, said.who, said.reason)
        self._reconciler.poll_now()
        return {"poll": self._reconciler.polls.begun + 1}

    def polls(self, said: Instruction) -> dict[str, Any]:
        """The number of polls that have ended, the error of the last one, and the changes it led to.

        `refused`: why the guard has refused the plan, None if it has not. `wanted`: at how many places a route is still
        to be written, also where a write has failed.
        """
        reconciler = self._reconciler
        return {
            "ended": reconciler.polls.ended,
            "error": self._journal.failing.get("observe"),
            "changes": reconciler.polls.changes,
            "refused": self._journal.messages.get("plan"),
            "wanted": sum(each.kind in _WRITING for each in self._view.places.verdicts()),
            "noop": self._noop,
        }

    def probe(self, said: Instruction) -> list[dict[str, Any]]:
        """Let a check probe now; returns its status at each destination before that."""
        rows = self.checks(said)
        if not rows:
            known = ", ".join(dict.fromkeys(each.name for each in self._checks.statuses())) or "none"
            raise OrderError(f"no health check of that name runs: '{said.check[:80]}'; those that do: {known}")
        event(log, logging.INFO, "manual probe", check=said.check, by=said.who, reason=said.reason or None)
        self._checks.probe_now(said.check)
        return rows

    def checks(self, said: Instruction) -> list[dict[str, Any]]:
        """The rows of `checks` in the status with this name."""
        now = asyncio.get_running_loop().time()
        return [as_object(check_row(each, now)) for each in self._checks.statuses() if each.name == said.check]

    # Helpers

    def _not_yet(self) -> str:
        """Why an order has to wait for the first read of the route tables."""
        unread = self._journal.unread
        return f"the route tables have not been read yet: {unread or 'ask again in a moment'}"

    def _takeovers(self, prefixes: Collection[Prefix]) -> Orders:
        return self._orders.of(OrderKind.TAKEOVER).about(prefixes)

    def _time_is_over(self, keys: Collection[OrderKey]) -> None:
        ended = [each for each in self._orders if each.key in keys]
        for each in sorted(ended, key=lambda each: (each.kind.value, each.prefix)):
            if each.kind is OrderKind.HOLD:
                _log("released: time limit reached", each.prefix)
            else:
                event(log, logging.WARNING, "manual takeover timed out", prefix=each.prefix, seconds=TAKEOVER_TIME)
        self._use(self._orders.without(ended))

    def _use(self, orders: Orders, *, decide: bool = True) -> None:
        changed = frozenset(self._orders) ^ frozenset(orders)
        self._orders = orders
        self._inputs.held = prefixes_of(orders.of(OrderKind.HOLD)).prefixes
        self._inputs.taken = prefixes_of(orders.of(OrderKind.TAKEOVER)).prefixes
        self._deadlines.want(orders.deadlines())
        self._state_file.keep(orders, OrderKind.HOLD, OrderKind.TAKEOVER)
        if decide and changed:
            self._reconciler.prefixes_changed(prefixes_of(changed).prefixes)


def _new(kind: OrderKind, said: Instruction, seconds: float | None) -> list[Order]:
    now = time.time()
    until = None if seconds is None else now + seconds
    return [Order(kind, prefix, now, said.who, said.reason, until) for prefix in sorted(said.prefixes)]


def _log(words: str, prefix: Prefix | None, by: str = "", reason: str = "", **fields: object) -> None:
    event(log, logging.INFO, words, prefix=prefix, by=by or None, reason=reason or None, **fields)
