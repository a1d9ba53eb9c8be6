"""A DNS server that answers over UDP and TCP as a function of the question."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from health_kit import serving, silent

Answer = Callable[[dns.message.Message], bytes | None]


@dataclass
class Server:
    """Where it is, and how it was asked: `udp`, `tcp`."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    queries: list[dns.message.Message] = field(default_factory=list)


def records(*lines: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> Answer:
    """Answers with these, each `name type data`, whatever the question."""

    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        for line in lines:
            name, kind, data = line.split(maxsplit=2)
            response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, data))
        return response.to_wire()

    return answer


def truncated(query: dns.message.Message) -> bytes:
    """Says that there would be more."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.TC
    return response.to_wire()


@asynccontextmanager
async def answering(udp: Answer, tcp: Answer | None = None, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """A server on one port; without `tcp` nobody listens there."""
    server = Server()

    def answered(how: str, answer: Answer, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        server.asked.append(how)
        server.queries.append(query)
        return answer(query)

    class Protocol(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
            if (reply := answered("udp", udp, data)) is not None:
                self.transport.sendto(reply, address)

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        reply = answered("tcp", tcp, await reader.readexactly(length))
        if reply is None:
            await silent(reader, writer)
        writer.write(struct.pack("!H", len(reply)) + reply)
        await writer.drain()

    loop = asyncio.get_running_loop()
    if tcp is None:
        transport, _ = await loop.create_datagram_endpoint(Protocol, local_addr=(host, 0))
        server.port = transport.get_extra_info("sockname")[1]
        try:
            yield server
        finally:
            transport.close()
        return
    async with serving(stream, host) as server.port:
        transport, _ = await loop.create_datagram_endpoint(Protocol, local_addr=(host, server.port))
        try:
            yield server
        finally:
            transport.close()
