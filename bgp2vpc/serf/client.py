"""One connection to the Serf agent of this host. A client that has failed is not used again.

How the room works:

1. `services/serf.py` connects the room with the daemon and keeps a `Client` running.
2. The client requests all members every `every` seconds, and the agent streams events in between, so a failed host is
   known as soon as Serf detects the failure. `conversation` translates between the agent's msgpack protocol and the
   values of `model`, without I/O.
3. `roster` keeps the members and the addresses that are down.
4. Members send user events to each other about owners that fail their health checks. `vote` parses and counts these
   votes, and determines when our own votes have to be sent again.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from bgp2vpc.errors import NotSerf, SerfAway, SerfRefused
from bgp2vpc.serf.conversation import Conversation, Garbled
from bgp2vpc.serf.model import Agent, CommandRefused, Members, Told

PATIENCE: Final = 5.0
"""Maximum seconds for an answer."""
RESOLUTION: Final = 0.001
"""Seconds by which a timer may be early; shorter waits are skipped."""
PAUSE: Final = 0.2
"""Seconds between two batches of events, the interval of Serf's gossip."""

_CHUNK: Final = 64 * 1024


class Client:
    """A connection to the agent. `heard`: called with each value that the agent sends.

    `to_say`: returns the payloads of events to send; called at least every `every` seconds, and soon after `wake`.
    """

    def __init__(self, agent: Agent, heard: Callable[[Told], None], to_say: Callable[[], Iterable[str]]) -> None:
        self._agent = agent
        self._heard = heard
        self._to_say = to_say
        self._conversation = Conversation(agent.auth_key)
        self._answered = asyncio.Event()
        self._awake = asyncio.Event()
        self._refusal = ""

    def wake(self) -> None:
        """Call `to_say` soon."""
        self._awake.set()

    async def run(self) -> None:
        """Run until cancelled. Raises a SerfError when the connection fails or the agent refuses a command."""
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection(self._agent.host, self._agent.port)
        except TimeoutError:
            raise SerfAway(f"no connection to {self._place} within {PATIENCE:g} s") from None
        except OSError as error:
            raise SerfAway(f"no connection to {self._place}: {_reason(error)}") from None
        tasks = [asyncio.create_task(self._listen(reader)), asyncio.create_task(self._speak(writer))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        except OSError as error:
            raise SerfAway(f"the connection to {self._place} broke: {_reason(error)}") from None
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()

    @property
    def _place(self) -> str:
        host = f"[{self._agent.host}]" if ":" in self._agent.host else self._agent.host
        return f"{host}:{self._agent.port}"

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(_CHUNK):
            try:
                for told in self._conversation.receive(data):
                    match told:
                        case CommandRefused(command, reason) if command != "event":
                            hint = ""
                            if command == "auth":
                                hint = " (serf.auth_key is not the agent's rpc_auth)"
                            elif "Authentication" in reason:
                                hint = " (it has rpc_auth set: give the same as serf.auth_key)"
                            raise SerfRefused(f"the agent at {self._place} refused '{command}': {reason}{hint}")
                        case Members():
                            self._answered.set()
                    self._heard(told)
            except Garbled as error:
                raise NotSerf(f"what answers at {self._place} is no Serf agent: {error}") from None
        raise SerfAway(f"the agent at {self._place} closed the connection")

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        writer.write(self._conversation.opening())
        while True:
            asked = clock()
            try:
                async with asyncio.timeout(PATIENCE):
                    await writer.drain()
                    await self._answered.wait()
            except TimeoutError:
                raise SerfAway(f"the agent at {self._place} does not answer: nothing within {PATIENCE:g} s") from None
            self._answered.clear()
            while (left := asked + self._agent.every - clock()) > RESOLUTION:
                self._awake.clear()
                events = b"".join(map(self._conversation.send_event, self._to_say()))
                writer.write(events)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), left)
                await asyncio.sleep(min(PAUSE, left) if events else 0)
            writer.write(self._conversation.ask_for_members())


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
