"""Helper mode: ExaBGP on stdin and stdout, and a daemon that must not end before ExaBGP does.

ExaBGP restarts a helper that ends. After five restarts within a minute ExaBGP 4.2 and 5.0 end themselves, and the
datacenter loses its routes. So the helper does not end because its configuration has errors or another daemon holds the
lock on its state file. In the order of events:

1. `Helper.run` reads ExaBGP's pipe from the first moment on, since a full pipe blocks ExaBGP.
2. It waits for a configuration without errors and for the lock. Until then no script runs and no route is written, and
   `StartupBuffer` keeps ExaBGP's messages.
3. It makes the daemon, passes it the buffered messages, and runs it.
4. The daemon ends at ExaBGP's shutdown message, when ExaBGP closes the pipe, or at a signal; then the helper ends.
"""

import asyncio
import logging
import signal
from collections.abc import Callable

from bgp2vpc.config.model import Config
from bgp2vpc.daemon import LOAD_TIMEOUT, Daemon
from bgp2vpc.errors import ConfigError, NoThread
from bgp2vpc.exabgp_api.messages import Message, Shutdown
from bgp2vpc.logs import event
from bgp2vpc.operator.state_file import StateFileInUse, lock_state
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from bgp2vpc.speaker.exabgp_session import ExabgpSession
from bgp2vpc.speaker.startup_buffer import StartupBuffer
from bgp2vpc.tasks import cancelled, on_thread

log = logging.getLogger("bgp2vpc")

CONFIG_RETRY = 10.0  # seconds
LOCK_RETRY = 1.0
"""Seconds. Mostly the previous helper holds the lock, and ExaBGP kills it 2 s after telling it to end."""
FLUSH_TIMEOUT = 1.0  # seconds for ExaBGP to read the last lines

MakeDaemon = Callable[[Config], Daemon]


class Helper:
    """Reads ExaBGP's pipe, makes the daemon once the configuration is usable, and runs it."""

    def __init__(self, pipe: ExabgpPipe, load: Callable[[], Config], make_daemon: MakeDaemon) -> None:
        self._pipe = pipe
        self._load = load
        self._make_daemon = make_daemon
        self._daemon: Daemon | None = None
        self._startup_buffer = StartupBuffer()
        self._over = asyncio.Event()
        self._try_again = asyncio.Event()

    async def run(self) -> int:
        """Run until the end. Returns the daemon's exit status; 0 if the end came before there was a daemon."""
        reading = asyncio.create_task(ExabgpSession(self._pipe, self._heard).run())
        reading.add_done_callback(self._exabgp_is_gone)
        config = await self._usable_config()
        status = 0
        if config is not None:
            self._daemon = self._make_daemon(config)
            for message in self._startup_buffer.take():
                self._daemon.heard(message)
            if self._over.is_set():
                self._daemon.stop()
            status = await self._daemon.run()
            if self._daemon.ended_by_itself:
                # After `--oneshot` there is nothing left to do, but ExaBGP would restart a helper that ends.
                self._handle_end_signals()
                await self._over.wait()
        await self._pipe.flush(FLUSH_TIMEOUT)
        reading.remove_done_callback(self._exabgp_is_gone)
        reading.cancel()
        self._pipe.close()
        return status

    def _heard(self, message: Message) -> None:
        if isinstance(message, Shutdown):
            self._over.set()
        if self._daemon is not None:
            self._daemon.heard(message)
        else:
            self._startup_buffer.note(message)

    def _exabgp_is_gone(self, _: "asyncio.Task[None]") -> None:
        event(log, logging.INFO, "ExaBGP has closed its pipe")
        self._over.set()
        if self._daemon is not None:
            self._daemon.stop()

    def _handle_end_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._over.set)

    async def _usable_config(self) -> Config | None:
        """Wait for a configuration without errors and the lock on its state file. None: the helper has to end first."""
        self._handle_end_signals()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._try_again.set)
        reported: object = None
        while not self._over.is_set():
            retry = CONFIG_RETRY
            self._try_again.clear()
            try:
                async with asyncio.timeout(LOAD_TIMEOUT):
                    config = await on_thread(self._load)
                if self._try_again.is_set():  # a SIGHUP came: the file may have changed while it was read
                    continue
                lock_state(config.state_file, config.file)
                return config
            except StateFileInUse as error:
                retry = LOCK_RETRY
                if str(error) != reported:
                    reported = str(error)
                    event(log, logging.ERROR, f"waiting for the state file: {error}")
            except (TimeoutError, NoThread) as error:
                what = str(error) or f"not read within {LOAD_TIMEOUT:g} s"
                event(log, logging.ERROR, f"waiting for a usable configuration: {what}")
            except ConfigError as error:
                if error.problems != reported:
                    reported = error.problems
                    for problem in error.problems:
                        event(log, logging.ERROR, f"waiting for a usable configuration: {problem}")
            waits = [asyncio.create_task(each.wait()) for each in (self._over, self._try_again)]
            await asyncio.wait(waits, timeout=retry, return_when=asyncio.FIRST_COMPLETED)
            await cancelled(*waits)
        return None
