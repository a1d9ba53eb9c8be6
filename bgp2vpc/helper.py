"""Helper mode: ExaBGP on stdin and stdout, and a daemon that must not end before ExaBGP does.

ExaBGP starts a helper that ends anew, and after five deaths within a minute gives up: 4.2 and 5.0 then end themselves,
and the datacenter loses its routes. So a configuration that cannot be used is waited for, not died of; and so is the
end of another daemon that uses the state file. Until then nothing is run or written.
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
from bgp2vpc.sources.stdin import ExabgpPipe
from bgp2vpc.speaker.resync import QUESTIONS, PeerResync
from bgp2vpc.speaker.startup_buffer import StartupBuffer
from bgp2vpc.tasks import cancelled, on_thread

log = logging.getLogger("bgp2vpc")

CONFIG_RETRY = 10.0
LOCK_RETRY = 1.0
"""Seconds: mostly it is our predecessor, whom ExaBGP gives two seconds to end."""
FLUSH_TIMEOUT = 1.0
RECALL_TIMEOUT = 5.0
"""Seconds ExaBGP has to answer. With `exabgp.api.ack` false it answers, but does not say when that was all."""

MakeDaemon = Callable[[Config], Daemon]


class Helper:
    """Reads ExaBGP's pipe from the first moment to the last: an unread pipe freezes ExaBGP."""

    def __init__(self, pipe: ExabgpPipe, load: Callable[[], Config], make_daemon: MakeDaemon) -> None:
        self._pipe = pipe
        self._load = load
        self._make_daemon = make_daemon
        self._daemon: Daemon | None = None
        self._backlog = StartupBuffer()
        self._recall: PeerResync | None = None
        self._over = asyncio.Event()
        self._try_again = asyncio.Event()

    async def run(self) -> int:
        """Until ExaBGP tells us to stop or is gone."""
        ear = asyncio.create_task(self._pipe.run(self._heard))
        ear.add_done_callback(self._exabgp_is_gone)
        self._ask_what_was_before()
        config = await self._usable_config()
        status = 0
        if config is not None:
            self._daemon = self._make_daemon(config)
            for message in self._backlog.take():
                self._daemon.heard(message)
            if self._over.is_set():
                self._daemon.stop()
            status = await self._daemon.run()
            if self._daemon.ended_by_itself:
                # After `--oneshot` all is done, but a helper that ends is started again.
                self._handle_end_signals()
                await self._over.wait()
        await self._pipe.flush(FLUSH_TIMEOUT)
        ear.remove_done_callback(self._exabgp_is_gone)
        ear.cancel()
        self._pipe.close()
        return status

    def _heard(self, message: Message) -> None:
        if isinstance(message, Shutdown):
            self._over.set()
        if self._recall is not None and self._recall.note(message):
            if self._recall.is_answered:
                self._recalled()
            return
        self._take(message)

    def _take(self, message: Message) -> None:
        if self._daemon is not None:
            self._daemon.heard(message)
        else:
            self._backlog.note(message)

    def _ask_what_was_before(self) -> None:
        """The first lines of this process: the first two acknowledgements are theirs."""
        if all(map(self._pipe.send, QUESTIONS)):
            self._recall = PeerResync()
            asyncio.get_running_loop().call_later(RECALL_TIMEOUT, self._recalled)

    def _recalled(self) -> None:
        recall, self._recall = self._recall, None
        for message in recall.messages() if recall else ():
            self._take(message)

    def _exabgp_is_gone(self, _: "asyncio.Task[None]") -> None:
        event(log, logging.INFO, "ExaBGP has closed its pipe")
        self._over.set()
        if self._daemon is not None:
            self._daemon.stop()

    def _handle_end_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._over.set)

    async def _usable_config(self) -> Config | None:
        """The configuration, as soon as it and its state file can be used; None if we are to end before that."""
        self._handle_end_signals()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._try_again.set)
        reported: object = None
        while not self._over.is_set():
            retry = CONFIG_RETRY
            try:
                async with asyncio.timeout(LOAD_TIMEOUT):
                    config = await on_thread(self._load)
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
            self._try_again.clear()
            waits = [asyncio.create_task(each.wait()) for each in (self._over, self._try_again)]
            await asyncio.wait(waits, timeout=retry, return_when=asyncio.FIRST_COMPLETED)
            await cancelled(*waits)
        return None
