"""The configured scripts: one guarded task each, replaced when the configuration changes."""

import asyncio
from collections.abc import Iterator, Sequence

from bgp2vpc.config.model import Config, Process
from bgp2vpc.sources.script import Script, ScriptSettings, ScriptState, ScriptStatus
from bgp2vpc.sources.session import Listener
from bgp2vpc.sources.turns import Turns
from bgp2vpc.tasks import StartTask, cancelled


class Scripts:
    """Keeps exactly the configured scripts running."""

    def __init__(self, listener: Listener, start_task: StartTask, turns: Turns, max_line: int) -> None:
        self._listener = listener
        self._start_task = start_task
        self._turns = turns
        self._max_line = max_line
        self._running: dict[str, tuple[Process, Script, asyncio.Task[None]]] = {}
        self._stopped = False

    async def configure(self, config: Config) -> None:
        """Stop scripts that are removed or changed in the configuration, then start new and changed ones.

        Another `restart_time` or `max_prefixes` restarts no script. One that is changed, or only renamed, does not
        withdraw its paths as it ends; one that is removed may.
        """
        wanted = {process.name: process for process in config.processes}
        new = {process.argv for name, process in wanted.items() if name not in self._running}
        changed = []
        for name, (process, script, _) in self._running.items():
            now = wanted.get(name)
            if now is None or (now.argv, now.respawn) != (process.argv, process.respawn):
                changed.append(name)
                if now is not None or process.argv in new:
                    script.end_for_another()
            else:
                script.use_restart_time(now.restart_time)
        await self._stop(changed)
        for name, process in wanted.items():
            if name not in self._running and not self._stopped:
                script = Script(
                    ScriptSettings(
                        name,
                        process.argv,
                        restart_time=process.restart_time,
                        respawn=process.respawn,
                        max_line=self._max_line,
                    ),
                    self._listener,
                    self._turns,
                )
                self._running[name] = (process, script, self._start_task(f"script {name}", script.run()))

    async def stop(self) -> None:
        """Stop all scripts for good. Lines that they print until they end are still handled."""
        self._stopped = True
        await self._stop(list(self._running))

    def statuses(self) -> Iterator[ScriptStatus]:
        """The status of each script."""
        return (script.status for _, script, _ in self._running.values())

    def all_have_printed(self) -> bool:
        """Whether every script that runs has printed a line."""
        return all(status.lines or status.state is not ScriptState.RUNNING for status in self.statuses())

    async def _stop(self, names: Sequence[str]) -> None:
        await cancelled(*(self._running.pop(name)[2] for name in names))
