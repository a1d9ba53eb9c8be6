"""Route hooks: programs that run before and after a route is written (`run_before_…`, `run_after_…`)."""

import asyncio
import logging

from bgp2vpc.logs import event
from bgp2vpc.policy.plan import Action, Change
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import StartTask

log = logging.getLogger("bgp2vpc.hook")


class RouteHooks:
    """Runs the hooks. One that fails, or takes longer than `timeout` seconds, is logged and does not stop the write."""

    def __init__(self, view: View, start_task: StartTask, timeout: float) -> None:
        self.timeout = timeout
        self._view = view
        self._places = view.places
        self._start_task = start_task
        self._running: set[asyncio.Task[None]] = set()

    async def before(self, change: Change) -> bool:
        """Run the hook before this write, once for all tries of the write. Returns whether a hook has run."""
        action, argv = self._argv(change, after=False)
        state = self._places.at(change.key)
        if not argv or action in state.hooked:
            return False
        state.hooked |= {action}
        await self._run("before", argv, change)
        return True

    def after(self, change: Change) -> None:
        """Start the hook after this write, and do not wait for it."""
        self._places.at(change.key).hooked = frozenset()
        _, argv = self._argv(change, after=True)
        if argv:
            task = self._start_task(f"hook after {change.action.value}", self._run("after", argv, change))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    @property
    def is_idle(self) -> bool:
        """Whether no `after` hook runs."""
        return not self._running

    def _argv(self, change: Change, *, after: bool) -> tuple[Action, tuple[str, ...]]:
        settings = self._view.settings(change.key)
        if settings is None:
            return change.action, ()
        # For the service, a replace by the fallback is a withdrawal.
        action = Action.DELETE if change.to_fallback else change.action
        hooks = settings.hooks.after if after else settings.hooks.before
        return action, hooks.get(action, ())

    async def _run(self, when: str, argv: tuple[str, ...], change: Change) -> None:
        from bgp2vpc.health.programs import run_program  # noqa: PLC0415  # most configurations have no hooks

        environment = {
            "BGP2VPC_ACTION": change.action.value,
            "BGP2VPC_PREFIX": str(change.prefix),
            "BGP2VPC_ROUTE_TABLE": change.table_id,
            "BGP2VPC_OLD_TARGET": str(change.old or ""),
            "BGP2VPC_NEW_TARGET": "" if change.action is Action.DELETE else str(change.target),
        }
        ending = await run_program(argv, timeout=self.timeout, env=environment)
        told = {"table": change.table_id, "prefix": change.prefix, "command": argv[0]}
        if ending.ok:
            event(log, logging.INFO, f"hook ran {when} {change.action.value}", **told)
        else:
            event(log, logging.WARNING, f"hook failed {when} {change.action.value}", **told, why=ending.trouble)
