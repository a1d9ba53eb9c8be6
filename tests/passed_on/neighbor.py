"""A BGP speaker that takes whatever ExaBGP says, and notes whether it lost the session."""

import asyncio
import socket
import struct

_HEADER = struct.Struct("!16sHB")
_OPEN, _NOTIFICATION, _KEEPALIVE = 1, 3, 4
_OPENING = struct.Struct("!BHH4s")
_FOUR_OCTETS = struct.Struct("!BBI")
_AS4 = (65, 4)
"""The capability of four-octet AS numbers, and its length (RFC 6793)."""


class Neighbor:
    """It agrees to all that ExaBGP proposes: it says ExaBGP's own OPEN again, with its own AS and identifier.

    `lost`: how an established session ended. `awaited`: octets; emptied when a message has them.
    """

    def __init__(self, address: str, asn: int) -> None:
        self.address = address
        self.lost = ""
        self.awaited = b""
        self._asn = asn
        self._socket = socket.socket()
        self._socket.bind((address, 0))  # connections are refused until somebody listens
        self.port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._session, sock=self._socket)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._socket.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_up, why = False, "closed the connection"
        try:
            while True:
                _, length, kind = _HEADER.unpack(await reader.readexactly(_HEADER.size))
                body = await reader.readexactly(length - _HEADER.size)
                if kind == _OPEN:
                    writer.write(_message(_OPEN, self._own(body)) + _message(_KEEPALIVE))
                elif kind == _KEEPALIVE:
                    is_up = True
                    writer.write(_message(_KEEPALIVE))
                elif kind == _NOTIFICATION:
                    why = f"sent a notification ({body[0]}/{body[1]} {body[2:]!r})"
                elif self.awaited and self.awaited in body:
                    self.awaited = b""
        except (asyncio.IncompleteReadError, ConnectionError):
            if is_up:
                self.lost = why
        finally:
            writer.close()

    def _own(self, opening: bytes) -> bytes:
        version, asn, hold_time, _ = _OPENING.unpack_from(opening)
        own = _OPENING.pack(version, self._asn, hold_time, socket.inet_aton(self.address))
        said, meant = _FOUR_OCTETS.pack(*_AS4, asn), _FOUR_OCTETS.pack(*_AS4, self._asn)
        return own + opening[_OPENING.size :].replace(said, meant)


def _message(kind: int, body: bytes = b"") -> bytes:
    return _HEADER.pack(b"\xff" * 16, _HEADER.size + len(body), kind) + body
