"""Steering: what operators ask for by hand, whichever way they do: `bgp2vpc hold` and the like, or the page.

| verb        | what follows                                                | ends by itself         | a restart |
|-------------|-------------------------------------------------------------|------------------------|-----------|
| `hold`      | no route of the prefix is written, whatever else is wished  | after its time, if any | survives  |
| `takeover`  | this instance takes the routes of the prefix from any other | when done; after 30 s  | ends it   |
| `drain`     | as `daemon.leaving` says                                    | after its time, if any | survives  |
| `reconcile` | everything is read and decided anew, once                   | at once                |           |
| `check`     | that health check probes now; rise and fall count as ever   | at once                |           |

Every call says who asks (`by`: as far as somebody trustworthy knows) and why, and logs both. What cannot be raises
SteerError, which says why.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from bgp2vpc.health.runner import CheckStatus
from bgp2vpc.logs import event
from bgp2vpc.operator.leave import By, Leave
from bgp2vpc.operator.leaving import Leaving
from bgp2vpc.operator.state_file import StateFile
from bgp2vpc.operator.steer import Steer, SteerError, Steers, Verb, checked_reason
from bgp2vpc.policy.plan import Reason
from bgp2vpc.policy.wish import Wish
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.journal import Journal, subject_of
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.services.health import Health
from bgp2vpc.tasks import Deadlines

log = logging.getLogger("bgp2vpc")

TAKEOVER_TIME: Final = 30.0
"""Seconds after which a takeover that EC2 does not let us make is given up: nobody expects it any more."""
MOST: Final = 1000
"""Prefixes that may be held."""
NOT_YET: Final = "EC2 has not answered yet; ask again in a moment"

Decide = Callable[[Collection[Prefix] | None], None]
_Key = tuple[Verb, Prefix]


class Steering(Observer):
    """`decide` hears of prefixes to decide about. With `noop` nothing can be taken."""

    def __init__(
        self, leaving: Leaving, health: Health, reconciler: Reconciler, journal: Journal, state_file: StateFile,
        decide: Decide, *, noop: bool,
    ) -> None:  # fmt: skip
        self.held: frozenset[Prefix] = frozenset()
        self.taken: frozenset[Prefix] = frozenset()
        self._leaving = leaving
        self._health = health
        self._reconciler = reconciler
        self._view = reconciler.view
        self._journal = journal
        self._state_file = state_file
        self._decide = decide
        self._noop = noop
        self._steers = Steers()
        self._deadlines: Deadlines[_Key] = Deadlines(self._time_is_over)

    # What the daemon does with it

    def resume(self, holds: Steers) -> None:
        """What an earlier run held, before anything is decided."""
        for each in holds:
            _log("still held", each.prefix, each.by, each.reason, until=each.to_json()["until"])
        self._use(holds)

    def decided(self, wish: Wish, only: Collection[Prefix] | None) -> None:
        """Something was decided, about these prefixes or all: what was to be taken may have been."""
        about = self.taken if only is None else self.taken.intersection(only)
        done = {prefix for prefix in about if not self._is_to_be_taken(prefix)}
        if done:
            for prefix in sorted(done):
                _log("takeover by hand is over", prefix)
            self._use(self._steers.without(Verb.TAKEOVER, done), decide=False)

    # Verbs

    def hold(
        self, prefixes: Collection[Prefix], *, by: str, reason: str = "", seconds: float | None = None
    ) -> list[dict[str, Any]]:
        """Write no route of these prefixes, for `seconds` or until released; the rows of the status."""
        _need(prefixes)
        if len(self.held.union(prefixes)) > MOST:
            raise SteerError(f"more than {MOST} prefixes would be held")
        new = _steers(Verb.HOLD, prefixes, by, reason, seconds)
        for each in new:
            _log("held", each.prefix, by, reason, until=each.to_json()["until"])
        self._use(self._steers.without(Verb.TAKEOVER, prefixes).added(new))
        return [each.to_json() for each in new]

    def release(self, prefixes: Collection[Prefix] = (), *, by: str, reason: str = "") -> list[dict[str, Any]]:
        """End the holds of these (none: all), and takeovers that are not done; what that ended."""
        ended = [each for each in self._steers if not prefixes or each.prefix in prefixes]
        for each in ended:
            _log("released", each.prefix, by, reason, was=each.verb.value)
        self._use(Steers(tuple(each for each in self._steers if each not in ended)))
        return [each.to_json() for each in ended]

    def takeover(self, prefixes: Collection[Prefix], *, by: str, reason: str = "") -> list[dict[str, Any]]:
        """Take the routes of these prefixes from whichever instance has them, now and once; their rows so far."""
        _need(prefixes)
        for prefix in sorted(prefixes):
            if problem := self._why_not_taken(prefix):
                raise SteerError(f"{prefix} cannot be taken over: {problem}")
        for prefix in sorted(prefixes):
            _log("takeover by hand", prefix, by, reason)
        self._use(self._steers.added(_steers(Verb.TAKEOVER, prefixes, by, reason, TAKEOVER_TIME)))
        return self.places(prefixes)

    def reconcile(self, *, by: str, reason: str = "") -> int:
        """Read everything now, and decide; the number of the reading that will have done it (`Reconciler.polls`)."""
        reconciler = self._reconciler
        if not reconciler.is_connected:
            raise SteerError(NOT_YET)
        _log("reconcile by hand", None, by, reason)
        reconciler.poll_now()
        return reconciler.polls_begun + 1

    def check(self, name: str, *, by: str, reason: str = "") -> list[CheckStatus]:
        """Let the health check of this name probe now; how it, or each of its destinations, is so far."""
        found = self.checks(name)
        if not found:
            known = ", ".join(dict.fromkeys(each.name for each in self._health.statuses())) or "none"
            raise SteerError(f"no health check of that name runs: '{name[:80]}'; those that do: {known}")
        event(log, logging.INFO, "check by hand", check=name, by=by, reason=checked_reason(reason) or None)
        self._health.probe_now(name)
        return found

    def drain(
        self, prefixes: Collection[Prefix] = (), *, by: str, reason: str = "", seconds: float | None = None
    ) -> None:
        """Hand the routes of these (none: all) to others, then withdraw; undrained after `seconds`, if given."""
        reason = checked_reason(reason)
        self._leaving.drain(By.CLI, prefixes, reason, who=by, seconds=seconds)

    def undrain(self, prefixes: Collection[Prefix] = (), *, by: str, reason: str = "") -> list[Leave]:
        """Announce these (none: all) as before; what that ended."""
        return self._leaving.undrain(prefixes, who=by, reason=checked_reason(reason))

    # Facts

    def status(self) -> list[dict[str, Any]]:
        """What stands: `{"verb", "prefix", "by", "reason", "since", "until"}`."""
        return [*(each.to_json() for each in self._steers), *self._leaving.steering()]

    def polls(self) -> dict[str, Any]:
        """How many readings of everything have ended, what the last one failed with, and what then was written."""
        ended = self._reconciler.polls_ended if self._reconciler else 0
        failure = self._journal.failing.get("observe")
        return {"ended": ended, "error": failure, "changes": self._reconciler.last_poll}

    def checks(self, name: str) -> list[CheckStatus]:
        """The health checks of this name: of a remote one, one for each owner."""
        return [each for each in self._health.statuses() if each.name == name]

    def places(self, prefixes: Collection[Prefix]) -> list[dict[str, Any]]:
        """Every (table, prefix) of these: the verdict, what failed, and whether it is ours. `pending`: not over yet."""
        ours = self._view.ours()
        verdicts = {(each.table_id, each.prefix): each for each in self._view.places.verdicts()}
        return [
            {
                **verdicts[key].to_json(),
                "ours": key in ours,
                "pending": key[1] in self.taken,
                "error": self._journal.failing.get(subject_of(key)),
            }
            for key in sorted(key for key in verdicts if key[1] in prefixes)
        ]

    @property
    def not_kept(self) -> str:
        """Why holds do not survive a restart; empty if they do."""
        return self._state_file.not_kept

    # Within

    def _why_not_taken(self, prefix: Prefix) -> str:
        if not self._reconciler.first_observation.is_set():
            return NOT_YET
        hold = self._steers.of(Verb.HOLD, prefix)
        problems = (
            (self._noop, "nothing is written (noop)"),
            (hold is not None, f"it is held by {hold.by if hold else ''}; release it first"),
            (self._leaving.concerns(prefix), "it is being drained; undrain it first"),
            (not self._view.has_rule_for(prefix), "no rule accepts or manages it in any route table"),
            (not self._view.is_offered(prefix, self._reconciler.wish()), "no source of this host offers it"),
        )
        return next((words for applies, words in problems if applies), "")

    def _is_to_be_taken(self, prefix: Prefix) -> bool:
        return any(
            change.reason is Reason.BY_HAND for change in self._view.plan(self._reconciler.wish(), [prefix]).changes
        )

    def _time_is_over(self, keys: Collection[_Key]) -> None:
        for verb, prefix in sorted(keys, key=lambda key: (key[0].value, key[1])):
            if verb is Verb.HOLD:
                _log("released: its time is over", prefix)
            else:
                event(log, logging.WARNING, "takeover by hand given up", prefix=prefix, seconds=TAKEOVER_TIME)
        self._use(Steers(tuple(each for each in self._steers if (each.verb, each.prefix) not in keys)))

    def _use(self, steers: Steers, *, decide: bool = True) -> None:
        changed = set(steers) ^ set(self._steers)
        self._steers = steers
        self.held, self.taken = steers.prefixes(Verb.HOLD), steers.prefixes(Verb.TAKEOVER)
        self._deadlines.want({(each.verb, each.prefix): each.until for each in steers if each.until is not None})
        self._state_file.keep(holds=steers)
        if decide and changed:
            self._decide({each.prefix for each in changed})


def _need(prefixes: Collection[Prefix]) -> None:
    if not prefixes:
        raise SteerError("of which prefix? Name one, such as 192.0.2.53/32")


def _steers(verb: Verb, prefixes: Collection[Prefix], by: str, reason: str, seconds: float | None) -> Iterable[Steer]:
    now = time.time()
    until = None if seconds is None else now + seconds
    return tuple(Steer(verb, prefix, by, now, until, checked_reason(reason)) for prefix in sorted(prefixes))


def _log(words: str, prefix: Prefix | None, by: str = "", reason: str = "", **fields: object) -> None:
    event(log, logging.INFO, words, prefix=prefix, by=by or None, reason=reason or None, **fields)
