"""Somebody who answers pings in place of the kernel, and not always as he should."""

import asyncio
import socket
import struct
from types import TracebackType
from typing import Self

_ECHO_REQUEST = {4: 8, 6: 128}
_ECHO_REPLY = {4: 0, 6: 129}
_OF = {4: ((3, 1), 5, "192.0.2.1"), 6: ((1, 3), 137, "2001:db8::1")}


class Forger:
    """Hears the echo requests to loopback; only root can be one."""

    def __init__(self, version: int) -> None:
        self._version = version
        self.unreachable, self.redirect, self.elsewhere = _OF[version]
        """Type and code of `address unreachable`; the type of a redirect; somebody else's address."""
        self._family = socket.AF_INET6 if version == 6 else socket.AF_INET
        self._ears = self._raw()
        self._ears.setblocking(False)
        self._header = 0 if version == 6 else 20  # IPv6 headers are not shown
        self._id = self._sequence = 0
        self.request = b""
        """The last one heard, from its ICMP header on."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._ears.close()

    async def hear(self) -> None:
        """Wait for a request."""
        while True:
            packet = (await asyncio.get_running_loop().sock_recv(self._ears, 2048))[self._header :]
            if packet[0] == _ECHO_REQUEST[self._version]:
                self.request = packet
                self._id, self._sequence = struct.unpack("!HH", packet[4:8])
                return

    def reply(self, *, id_off: int = 0, sequence_off: int = 0, source: str = "") -> None:
        """An echo reply to it, more or less."""
        id_, sequence = (self._id + id_off) & 0xFFFF, (self._sequence + sequence_off) & 0xFFFF
        self.say(_ECHO_REPLY[self._version], 0, struct.pack("!HH", id_, sequence) + self.request[8:], source)

    def error(self, kind: int, code: int, *, destination: str = "") -> None:
        """An ICMP error about it, or about the same to another destination."""
        self.say(kind, code, bytes(4) + self._ip_header(destination or self._loopback) + self.request)

    def say(self, kind: int, code: int, rest: bytes, source: str = "") -> None:
        """Any ICMP packet."""
        with self._raw() as raw:
            if source:
                raw.bind((source, 0))
            packet = struct.pack("!BBH", kind, code, 0) + rest
            checksum = _checksum(packet)  # of IPv6, the kernel does it
            raw.sendto(packet[:2] + struct.pack("!H", checksum) + packet[4:], (self._loopback, 0))

    @property
    def _loopback(self) -> str:
        return "::1" if self._version == 6 else "127.0.0.1"

    def _ip_header(self, destination: str) -> bytes:
        source, to = (socket.inet_pton(self._family, address) for address in (self._loopback, destination))
        if self._version == 6:
            return struct.pack("!IHBB", 6 << 28, len(self.request), socket.IPPROTO_ICMPV6, 64) + source + to
        length = 20 + len(self.request)
        return struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0, 64, socket.IPPROTO_ICMP, 0) + source + to

    def _raw(self) -> socket.socket:
        protocol = socket.IPPROTO_ICMPV6 if self._version == 6 else socket.IPPROTO_ICMP
        return socket.socket(self._family, socket.SOCK_RAW, protocol)


def _checksum(packet: bytes) -> int:
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
