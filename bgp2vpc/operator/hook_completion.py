"""`lifecycle: {complete: HOOK}`: makes Auto Scaling terminate this instance exactly when its drain is done.

During a drain that Auto Scaling's target state has started, RecordLifecycleActionHeartbeat restarts the hook's time-out
periodically. After the drain, CompleteLifecycleAction completes the hook.
"""

import asyncio
import logging
from collections.abc import Mapping
from math import inf
from typing import Final

from bgp2vpc.backoff import BackOff
from bgp2vpc.config.model import CompletedHook
from bgp2vpc.errors import Ec2Error, NoLifecycleAction
from bgp2vpc.logs import event
from bgp2vpc.operator.drain import Drainer
from bgp2vpc.operator.orders import Cause, Phase
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.tasks import StartTask, cancelled
from bgp2vpc.vpc.lifecycle import LifecycleAction, LifecycleStep, next_step, waits_for_hook
from bgp2vpc.vpc.order_tags import GROUP_TAG, path_of

log = logging.getLogger("bgp2vpc")

SUBJECT: Final = "lifecycle hook"
THEN: Final = "tried again; if it does not work, Auto Scaling waits until the hook's own time is over"
LOOK_EVERY: Final = 1.0
RETRY: Final = 1.0
RETRY_MOST: Final = 10.0
TO_APPEAR: Final = 60.0
"""Seconds within which the lifecycle action must exist; metadata shows the target state before the group waits."""


class HookCompletion:
    """Extends and completes the lifecycle action of this instance."""

    def __init__(
        self, calls: Calls, drainer: Drainer, reconciler: Reconciler, journal: Journal, start_task: StartTask,
        *, noop: bool,
    ) -> None:  # fmt: skip
        self._calls = calls
        self._drainer = drainer
        self._reconciler = reconciler
        self._journal = journal
        self._start_task = start_task
        self._noop = noop
        self._hook: CompletedHook | None = None
        self._is_over = False
        """Whether the present action has been completed or given up."""
        self._running: asyncio.Task[None] | None = None

    async def use(self, hook: CompletedHook | None) -> None:
        """Use this hook from now on; None for none."""
        if hook != self._hook:
            await self.stop()
            self._journal.forget(SUBJECT)
            self._hook, self._is_over = hook, False

    async def stop(self) -> None:
        """Leave an action in progress as it is."""
        if self._running is not None:
            await cancelled(self._running)
            self._running = None

    def follow(self, texts: Mapping[str, str | None]) -> None:
        """Start the work on an action if metadata's `texts` show one. Called after its drain was ordered."""
        if self._hook is None or self._noop:
            return
        if not waits_for_hook(texts):
            self._is_over = False
        elif not self._is_over and (self._running is None or self._running.done()):
            group = self._hook.group or texts.get(path_of(GROUP_TAG)) or ""
            self._running = self._start_task(SUBJECT, self._see_through(self._hook.name, group))

    async def _see_through(self, hook: str, group: str) -> None:
        """Send heartbeats and complete the action. Ends without it if there is no action or the drain was undrained."""
        clock = asyncio.get_running_loop().time
        waits, began = BackOff(RETRY, RETRY_MOST), clock()
        drained_at, beat_at = inf, -inf
        while not self._is_over and (phase := self._drainer.phase_of_all(Cause.LIFECYCLE)) is not None:
            now, reconciler = clock(), self._reconciler
            if phase is Phase.DRAINED:
                drained_at = min(drained_at, now)
            step = next_step(
                drained_for=now - drained_at,
                is_settled=reconciler.first_observation.is_set() and reconciler.is_done(),
                beat_ago=now - beat_at,
            )
            if step is LifecycleStep.WAIT:
                await asyncio.sleep(LOOK_EVERY)
                continue
            instance_id = reconciler.view.instance.id
            try:
                group = group or await self._calls.scaling_group(instance_id)
                action = LifecycleAction(hook, group, instance_id)
                if step is LifecycleStep.HEARTBEAT:
                    await self._calls.record_heartbeat(action)
                else:
                    await self._calls.complete_action(action)
                    event(log, logging.INFO, "lifecycle action completed", hook=hook, group=group)
                    self._is_over = True
            except NoLifecycleAction as error:
                self._journal.success(SUBJECT)
                if now >= began + TO_APPEAR:
                    event(log, logging.WARNING, "no lifecycle action to complete", hook=hook, group=group, why=error)
                    self._is_over = True
                await asyncio.sleep(waits.next())
            except Ec2Error as error:
                self._journal.failure(SUBJECT, error, then=THEN)
                await asyncio.sleep(waits.next())
            else:
                self._journal.success(SUBJECT)
                waits.reset()
                beat_at = now
        self._journal.forget(SUBJECT)  # of a drain that was undrained
