"""A connection to the Serf agent of this host, from its begin to its end. Whoever uses it makes the next one."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from bgp2vpc.errors import NotSerf, SerfAway, SerfRefused
from bgp2vpc.serf.conversation import Conversation, Garbled
from bgp2vpc.serf.model import Agent, CommandRefused, Members, Told

PATIENCE: Final = 5.0
"""Seconds that an answer may take."""
RESOLUTION: Final = 0.001
"""Seconds that a timer may be early, and what is not worth waiting for."""
PAUSE: Final = 0.2
"""Seconds between two bunches of events: gossip leaves at that pace, too."""

_CHUNK: Final = 64 * 1024


class Client:
    """`heard` is called with all that the agent tells, `to_say` whenever something may be sent, for payloads of events.

    `wake` has `to_say` called soon.
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
        """There may be something to say."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled. Raises a SerfError as soon as the agent cannot be talked with."""
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
                    self._take_in(told)
            except Garbled as error:
                raise NotSerf(f"what answers at {self._place} is no Serf agent: {error}") from None
        raise SerfAway(f"the agent at {self._place} closed the connection")

    def _take_in(self, told: Told) -> None:
        match told:
            case CommandRefused(command, reason) if command != "event":
                raise SerfRefused(f"the agent at {self._place} refused '{command}': {reason}{_hint(command, reason)}")
            case Members():
                self._answered.set()
        self._heard(told)

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        writer.write(self._conversation.opening())
        while True:
            asked = clock()
            await self._answer(writer)
            while (left := asked + self._agent.every - clock()) > RESOLUTION:
                self._awake.clear()
                events = b"".join(map(self._conversation.send_event, self._to_say()))
                writer.write(events)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), left)
                await asyncio.sleep(min(PAUSE, left) if events else 0)
            writer.write(self._conversation.ask_for_members())

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        """Wait until the agent has told its members."""
        try:
            async with asyncio.timeout(PATIENCE):
                await writer.drain()
                await self._answered.wait()
        except TimeoutError:
            raise SerfAway(f"the agent at {self._place} does not answer: nothing within {PATIENCE:g} s") from None
        self._answered.clear()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _hint(command: str, reason: str) -> str:
    if command == "auth":
        return " (serf.auth_key is not the agent's rpc_auth)"
    return " (it has rpc_auth set: give the same as serf.auth_key)" if "Authentication" in reason else ""
