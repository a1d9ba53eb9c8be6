"""One run of the daemon: start, reload, end.

Start: `Daemon` makes all parts (`parts.py`). `run` binds the unix socket, loads the probes of the health checks, calls
`configure` of each service, and starts the reconciler, which connects to EC2 and polls it, and the one-off tasks and
the timer of `startup.py`.

Reload: at SIGHUP, the configuration is read on a thread and applied to the running parts (`_use`).

End: SIGTERM, SIGINT, ExaBGP's shutdown message or end (helper mode), an internal error, or the end of `--oneshot` sets
`EndRequest.wanted`. Then `run` takes the steps of `shutdown.py` and returns the exit status.
"""

import asyncio
import logging
import signal
from dataclasses import replace

from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.errors import ConfigError, NoThread, Problem
from bgp2vpc.exabgp_api.messages import Message, Shutdown
from bgp2vpc.logs import event
from bgp2vpc.parts import Mode, Outside, Parts
from bgp2vpc.policy.decide import unclaimed
from bgp2vpc.shutdown import RESTART_ANNOUNCED, EndRequest, shut_down
from bgp2vpc.startup import (
    exit_if_source_dest_check_is_on,
    keep_unclaimed,
    run_oneshot,
    start_leftover_timer,
)
from bgp2vpc.tasks import on_thread

log = logging.getLogger("bgp2vpc")

LOAD_TIMEOUT = 60.0
"""Seconds to read the configuration, which may be on a network file system."""
AT_NEXT_START = (
    "socket",
    "socket_group",
    "state_file",
    "instance_id",
    "region",
    "vpc_id",
    "ec2",
    "settle_time",
    "max_line",
)
"""Keys whose changes take effect at the next start only; a reload warns about them."""


class Daemon:
    """Starts, reloads and ends the `Parts` of one daemon."""

    def __init__(self, config: Config, outside: Outside, mode: Mode) -> None:
        self._end = EndRequest()
        self.parts = Parts(config, outside, mode, self._end.wanted, self._end.fail)
        self._load = outside.load
        self._reloading = self._reload_wanted = False
        self._started_with = config

    # Start and end

    async def run(self) -> int:
        """Run until the end. Returns the exit status.

        0; 1 after a failure or with a stale route; 3 if the guard (`max_changes`) refused the plan of `--oneshot`.
        """
        parts, end = self.parts, self._end
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.interrupt)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        loop.add_signal_handler(signal.SIGUSR1, self.restart_follows)
        _warn(parts.config)
        # Both calls log what is missing. A helper goes on all the same, since ExaBGP ends with its helper: it tries to
        # bind the socket again, and health checks that cannot run have no verdict.
        if not await parts.socket.start(insist=parts.is_helper):
            return 1
        if not parts.health.load_probes(parts.config) and not parts.is_helper:
            return 1
        for each in (*parts.outer_services, *parts.services):
            await each.configure(parts.config)
        parts.tasks.start("lag", parts.lag.run())
        reconciling = parts.tasks.start("reconciler", parts.reconciler.run())
        parts.tasks.start("start-up", exit_if_source_dest_check_is_on(parts, end))
        start_leftover_timer(parts, parts.started)
        if parts.mode.oneshot:
            parts.tasks.start("oneshot", run_oneshot(parts, end))
        await end.wanted.wait()
        await shut_down(parts, end, reconciling)
        if parts.mode.oneshot and parts.reconciler.refused:
            return 3
        return 1 if end.failed or (parts.mode.oneshot and parts.journal.failing) else 0

    @property
    def ended_by_itself(self) -> bool:
        """Whether `--oneshot` is done, and no signal and no message of ExaBGP has ended the daemon."""
        return self.parts.mode.oneshot and self._end.wanted.is_set() and not self._end.told

    def stop(self) -> None:
        """Ask the daemon to end."""
        self._end.told = True
        if self.parts.config.on_exit is OnExit.KEEP:
            # ExaBGP goes on announcing our paths for the next run, although scripts may withdraw theirs as they end.
            self.parts.adj_rib_in.stop_exporting()
        self._end.wanted.set()

    def interrupt(self) -> None:
        """SIGTERM or SIGINT: end. A second signal cuts short the wait for drains, writes, hooks and alerts."""
        self._end.interrupts += 1
        self._end.interrupted_at = asyncio.get_running_loop().time()
        self.stop()

    def restart_follows(self) -> None:
        """SIGUSR1: a SIGTERM within `RESTART_ANNOUNCED` seconds from now belongs to a restart of this daemon."""
        self._end.restart_until = asyncio.get_running_loop().time() + RESTART_ANNOUNCED

    def heard(self, message: Message) -> None:
        """Take in one message of ExaBGP (helper mode)."""
        self.parts.peers.heard(message)
        if isinstance(message, Shutdown):
            self.stop()

    # Reload

    def reload(self) -> None:
        """Reload the configuration; one with errors changes nothing. A call during a reload causes one more reload."""
        self._reload_wanted = True
        if not self._reloading:
            self._reloading = True
            self.parts.tasks.start("reload", self._reload())

    async def _reload(self) -> None:
        """Reload, and repeat it while `reload` has been called meanwhile."""
        try:
            while self._reload_wanted:
                self._reload_wanted = False
                self.parts.supervision.reloading()
                try:
                    await self._use(await self._loaded())
                except ConfigError as error:
                    self.parts.loaded.failed(error.problems)
                    for problem in error.problems:
                        event(log, logging.ERROR, f"configuration not reloaded, the old one stays: {problem}")
                self.parts.supervision.reloaded()
        finally:
            self._reloading = False

    async def _loaded(self) -> Config:
        """Read the configuration file on a thread. Raises ConfigError, also after `LOAD_TIMEOUT`."""
        try:
            async with asyncio.timeout(LOAD_TIMEOUT):
                return await on_thread(self._load)
        except (TimeoutError, NoThread) as error:
            file, what = self.parts.config.file, str(error) or f"not read within {LOAD_TIMEOUT:g} s"
            raise ConfigError(file, (Problem(file, 0, "", what),)) from error

    async def _use(self, config: Config) -> None:
        """Apply a configuration to the running parts. Does nothing once the daemon has to end.

        The order matters:

        1. Limits, then rules and policy. There is no await before the services, so the first decision by the new rules
           has the new `max_changes` and damping, and the first source that a service opens has its `max_prefixes`.
           Sources of managed routes that are new or changed count as pending at once: services may take seconds to
           follow, and a decision before that would delete the routes of a check that was only renamed. Our routes for
           accepted prefixes that nobody offers any more, as they were managed before, wait for their new source.
        2. The poll. The new rules may be about VPCs, accounts, subnets or prefix lists that have not been read yet.
           `poll_now` only wakes the reconciler; once EC2 has answered, it decides about every route.
        3. The probes. A check that cannot run on this host is reported before the service skips it.
        4. The services, as at the start. The outer ones come first: alerts and systemd have to get the failures of the
           others. `socket` comes before `scripts`: it ends clients that have taken the names of new scripts.
        """
        parts, before = self.parts, self.parts.config
        if self._end.wanted.is_set():
            return
        started_with = self._started_with
        for key in AT_NEXT_START:
            if getattr(config, key) != getattr(started_with, key):
                event(log, logging.WARNING, f"a change of {key} takes effect at the next start only", key=key)
        if (config.bgp is None) != (started_with.bgp is None) and not parts.is_helper:
            event(log, logging.WARNING, "adding or removing bgp takes effect at the next start only", key="bgp")
            if parts.exabgp is not None:  # it runs on, and so does the discovery of its neighbors
                config = replace(config, bgp=before.bgp)
        parts.config = config
        parts.use_limits(config)
        parts.prefixes.forget_withdrawn()
        _warn(config)
        view, inputs = parts.view, parts.inputs
        without_source = unclaimed(view.tables, view.snapshot, inputs.now())
        for table, prefix in view.configure(config.rules, config.policy):
            parts.journal.left(table, prefix)
        keep_unclaimed(parts, unclaimed(view.tables, view.snapshot, inputs.now()) - without_source)
        inputs.pending |= {each.name for each in config.checked_sources if each not in before.checked_sources}
        parts.reconciler.poll_now()
        parts.health.load_probes(config)
        for each in (*parts.outer_services, *parts.services):
            if self._end.wanted.is_set():
                return
            await each.configure(config)
        parts.adj_rib_in.refused_lines.scripts_remain({each.name for each in config.processes})
        parts.loaded.succeeded(config.file)
        event(log, logging.INFO, "configuration reloaded", file=config.file)


def _warn(config: Config) -> None:
    for warning in config.warnings:
        event(log, logging.WARNING, f"configuration: {warning}")
