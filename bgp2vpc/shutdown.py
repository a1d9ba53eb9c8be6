"""How a daemon ends: what happens to its routes and announcements, in which order, and how long that may take.

1. `on_exit: drain`: everything is drained, while sources, checks and polls go on. Then, or without a drain at once,
   polling ends.
2. If we run ExaBGP and SIGUSR1 has announced a restart, the default `on_exit` counts as `keep`: ExaBGP closes its
   sessions with a Cease after which peers keep our paths, and leave our routes alone, for some time (`peers.py`).
3. The inputs are fixed, so that lines that scripts print while they are ended change no route. With `keep` the offers
   stay as they are. Otherwise this host offers nothing any more, and the reconciler deletes our routes or leaves them
   to a peer that takes them.
4. The services stop in reverse order, and our paths are withdrawn from ExaBGP (not with `keep`).
5. Writes under way and hooks are waited for. A route that was not deleted in time is stale: an error, exit status 1.
6. Waiting alerts are delivered. The outer services stop: alerts, systemd's heartbeat, and the ExaBGP that we run.

A second SIGTERM or SIGINT cuts the waits short. After an internal error the routes stay, as after a crash.
"""

import asyncio
import logging
import math
from dataclasses import dataclass, field, replace

from bgp2vpc.bgp.rib import Side
from bgp2vpc.bgp.sessions import Neighbors
from bgp2vpc.config.model import OnExit
from bgp2vpc.logs import event
from bgp2vpc.parts import Parts
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.tasks import cancelled, until

log = logging.getLogger("bgp2vpc")

PATIENCE = 10.0  # seconds for retries of writes; with `--oneshot`, also for the first read and the scripts
NOTIFY_TIMEOUT = 5.0  # seconds for the alerts that still wait when everything else is done
LEAVE_TIMEOUT = 80.0  # systemd sends SIGKILL after 90 s by default (TimeoutStopSec)
RESTART_ANNOUNCED = 10.0
"""Seconds within which SIGTERM has to follow SIGUSR1 to count as a restart."""
HELPER_HASTE = 1.0
"""Seconds for each wait of a helper, which ExaBGP kills 2 s after telling it to end."""


@dataclass(slots=True)
class EndRequest:
    """Whether and how the daemon has to end.

    `wanted`: set when it has to. `told`: by a signal or ExaBGP, not by the end of `--oneshot` or a failure. `failed`:
    the exit status is 1. `interrupts`: how many SIGTERMs and SIGINTs came. On the event loop's clock:
    `interrupted_at`, when the last one came; `restart_until`, until when it counts as a restart.
    """

    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    told: bool = False
    interrupted_at: float = math.inf
    restart_until: float = 0.0
    failed: bool = False
    interrupts: int = 0

    def fail(self) -> None:
        """End with exit status 1 and keep the routes."""
        self.failed = True
        self.wanted.set()

    @property
    def is_restart(self) -> bool:
        """Whether SIGUSR1 has announced that this daemon is started again.

        Of two signals that arrive together, SIGTERM is handled before SIGUSR1: read this once both have been.
        """
        return self.interrupted_at < self.restart_until

    def is_hurried(self) -> bool:
        """Whether a second SIGTERM or SIGINT has cut the waits short."""
        return self.interrupts > 1


async def shut_down(parts: Parts, end: EndRequest, reconciling: "asyncio.Task[None]") -> None:
    """Take the steps of the module's docstring. Sets `end.failed` if a route of ours is stale."""
    config, mode, reconciler = parts.config, parts.mode, parts.reconciler
    drain_timeout = config.drain_timeout if config.on_exit is OnExit.DRAIN else 0.0
    parts.supervision.ending(drain_timeout + LEAVE_TIMEOUT + 2 * config.hook_timeout)
    may_write = reconciler.first_observation.is_set() and not (mode.noop or mode.oneshot or end.failed)
    if config.on_exit is OnExit.DRAIN and may_write:  # 1
        seconds = HELPER_HASTE if parts.is_helper else config.drain_timeout
        await parts.drainer.before_the_end(lambda: end.is_hurried() or end.failed, seconds)
    await cancelled(reconciling)
    keep = _decide_what_stays(parts, end)  # 2 and 3
    for each in reversed(parts.services):  # 4
        await each.stop()
    if not keep:
        parts.adj_rib_in.close_all()
    # 5: the writes under way, without `keep` the remaining deletes, too; then the hooks after them.
    done = reconciler.is_idle if keep else reconciler.is_done
    runs_hooks_before = any(each.hooks.before for rule in config.rules for each in rule.all_settings)
    seconds = time_to_write(parts) + (config.hook_timeout if runs_hooks_before else 0.0)
    await until(lambda: done() or end.is_hurried(), min(seconds, LEAVE_TIMEOUT))
    await until(lambda: parts.hooks.is_idle or end.is_hurried(), config.hook_timeout)
    if not (keep or mode.noop):
        for change in reconciler.remaining():
            where = {"table": change.table_id, "prefix": change.prefix}
            event(log, logging.ERROR, "exiting with a stale route: delete failed", **where)
            end.failed = True
        if not reconciler.first_observation.is_set():
            event(log, logging.WARNING, "stopped before EC2 answered: routes of ours, if any, are stale")
    await parts.alerts.finish(HELPER_HASTE if parts.is_helper else NOTIFY_TIMEOUT, end.is_hurried)  # 6
    for each in parts.outer_services:
        await each.stop()
    await parts.tasks.cancel()
    parts.calls.close()


def _decide_what_stays(parts: Parts, end: EndRequest) -> bool:
    """Fix the inputs of all further decisions. Returns whether routes and announcements stay as they are."""
    config, reconciler = parts.config, parts.reconciler
    keep = parts.mode.oneshot or config.on_exit is OnExit.KEEP or end.failed
    if parts.exabgp is not None and (keep or config.on_exit is OnExit.WITHDRAW_ANNOUNCED) and not end.failed:
        parts.exabgp.comes_back = end.is_restart
        keep = keep or end.is_restart
    keep_managed = config.on_exit is OnExit.WITHDRAW_ANNOUNCED and bool(config.checked_sources)
    what = "kept" if keep or parts.mode.noop else "withdrawn, managed ones kept" if keep_managed else "withdrawn"
    event(log, logging.INFO, "stopping", routes=what)
    if keep:
        offers = dict(parts.inputs.offers())
        parts.inputs.last = replace(_inputs_without_neighbors(parts), offers=offers, leftovers_held=True)
        parts.adj_rib_in.stop_exporting()
        reconciler.finish()
    else:
        parts.adj_rib_in.keep_no_stale_paths()
        if parts.is_helper:
            parts.places.hurry(HELPER_HASTE)
        parts.inputs.last = _last_inputs(parts, keep_managed=keep_managed)
        reconciler.only_withdraw()
    return keep


def _last_inputs(parts: Parts, *, keep_managed: bool) -> DecisionInput:
    """The inputs without the offers of this host; with `keep_managed`, those of its health checks stay.

    Peers' offers stay, so that our routes are left to peers that take them over; but not with `on_exit: drain`, when
    the peers have had the time of the drain, and the rest is deleted at once.
    """
    sides = {Side.CHECK} if keep_managed else set()
    if parts.config.on_exit is not OnExit.DRAIN:
        sides.add(Side.PEER)
    offers = parts.inputs.offers().items()
    remaining = {prefix: [each for each in some if each.side in sides] for prefix, some in offers}
    pending = parts.inputs.pending if keep_managed else frozenset()
    offered = {prefix: some for prefix, some in remaining.items() if some}
    given_up = replace(_inputs_without_neighbors(parts), leftovers_held=False, unclaimed=frozenset())
    return replace(given_up, offers=offered, pending=pending)


def _inputs_without_neighbors(parts: Parts) -> DecisionInput:
    """The present inputs without BGP sessions: when ExaBGP ends, all of them seem to be lost, and that means nothing.

    `seen` is empty, so that a route of ours that nobody offers stays if `leftovers_held`.
    """
    return replace(parts.inputs.now(), seen=frozenset(), neighbors=Neighbors(), neighbors_held=False)


def time_to_write(parts: Parts) -> float:
    """Seconds to wait for the remaining writes: their number at EC2's pace, and `PATIENCE` for retries."""
    return PATIENCE + len(parts.reconciler.remaining()) / parts.config.ec2.rate
