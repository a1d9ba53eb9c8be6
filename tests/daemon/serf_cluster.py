"""A Serf cluster on virtual time: each agent speaks the real protocol at a port of its own. Nobody fails by itself."""

import asyncio
from contextlib import suppress
from typing import Any

import msgpack

from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf.model import Agent
from tests.virtual_time import VirtualTimeLoop


class SerfCluster:
    """`events`: payloads of all user events, with the time they came."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self.events: list[tuple[float, str]] = []
        self._loop = loop
        self._members: dict[str, tuple[str, str]] = {}
        self._servers: dict[str, asyncio.Server] = {}
        self._connections: dict[str, list[asyncio.StreamWriter]] = {}
        self._streams: dict[asyncio.StreamWriter, int] = {}
        self._clock = 0

    def join(self, name: str, address: str, status: str = "alive") -> None:
        self._members[name] = (address, status)

    def fail(self, name: str) -> None:
        """It has failed; the agents are asked for that, their streams say nothing."""
        self.join(name, self._members[name][0], "failed")

    def agent(self, name: str, address: str, port: int = 0, **more: float) -> Agent:
        """A member with an agent that can be talked with."""
        self.join(name, address)
        self._connections[name] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._connections[name].append(writer)
            with suppress(asyncio.CancelledError):  # the end of the test; the streams of 3.11 call that an error
                await self._serve(name, reader, writer)

        self._servers[name] = self._loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", port))
        return Agent(host="127.0.0.1", port=self._servers[name].sockets[0].getsockname()[1], **more)

    def stop(self, name: str) -> None:
        """The agent ends; others have not noticed yet."""
        self._servers[name].close()
        for writer in self._connections[name]:
            self._streams.pop(writer, None)
            writer.close()

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        unpacker = msgpack.Unpacker()
        header: dict[str, Any] | None = None
        while data := await reader.read(65536):
            unpacker.feed(data)
            for item in unpacker:
                if header is None and item["Command"] in ("handshake", "auth", "stream", "event"):
                    header = item
                    continue
                command, seq = (header or item)["Command"], (header or item)["Seq"]
                header = None
                self._answer(name, writer, command, seq, item)

    def _answer(self, name: str, writer: asyncio.StreamWriter, command: str, seq: int, body: dict[str, Any]) -> None:
        _tell(writer, {"Error": "", "Seq": seq})
        match command:
            case "stats":
                _tell(writer, {"agent": {"name": name}})
            case "members":
                _tell(writer, {"Members": [_member(each, *rest) for each, rest in self._members.items()]})
            case "stream":
                self._streams[writer] = seq
            case "event":
                self.say(body["Payload"])

    def say(self, payload: str) -> None:
        """A user event for all."""
        self._clock += 1
        self.events.append((self._loop.time(), payload))
        event = {"Event": "user", "LTime": self._clock, "Name": "bgp2vpc", "Payload": payload.encode()}
        for writer, seq in self._streams.items():
            _tell(writer, {"Error": "", "Seq": seq})
            _tell(writer, event | {"Coalesce": False})


def _member(name: str, address: str, status: str) -> dict[str, Any]:
    return {"Name": name, "Addr": IPAddress(address).packed, "Status": status}


def _tell(writer: asyncio.StreamWriter, item: dict[str, Any]) -> None:
    writer.write(msgpack.packb(item))
