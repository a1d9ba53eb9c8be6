"""The protocol of the Serf agent, without I/O: bytes in, values out, and the bytes to send.

msgpack over TCP (https://github.com/hashicorp/serf/blob/v0.8.2/docs/agent/rpc.html.markdown): each request is a header
`{Command, Seq}`, mostly with a body; each answer a header `{Seq, Error}`, with a body for some commands if there is no
error. Everything a stream tells comes under the Seq of the `stream` command.

Debian's agent writes bytes (addresses, payloads) as msgpack's `bin`, older ones as text, as was usual before 2013. All
read the old format, so we write that.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgpack

from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf.model import EVENT, CommandRefused, Introduced, Members, MembersChanged, SerfMember, Told, UserEvent

IPC_VERSION: Final = 1
LONGEST: Final = 16 * 1024 * 1024
"""Bytes of one answer: far more than ten thousand members take."""

_STREAMED: Final = f"member-join,member-failed,member-leave,member-reap,member-update,user:{EVENT}"
_WITH_BODY: Final = ("stats", "members")
_ITEM: Final = "stream"
_ERRORS: Final = "surrogateescape"
_MAPPED: Final = bytes(10) + b"\xff\xff"


class Garbled(ValueError):
    """What arrived is not what a Serf agent says."""


class Conversation:
    """Numbers the requests, and matches answers with them."""

    def __init__(self, auth_key: str = "") -> None:
        self._auth_key = auth_key
        self._asked: dict[int, str] = {}
        self._last = 0
        self._stream = 0
        self._awaited = ""
        """The command (or `_ITEM`) that the next object is the body of; empty: it is a header."""
        # surrogateescape: bytes that are not UTF-8 survive the way to text and back.
        self._unpacker = msgpack.Unpacker(raw=False, unicode_errors=_ERRORS, max_buffer_size=LONGEST)
        self._packer = msgpack.Packer(use_bin_type=False, unicode_errors=_ERRORS)

    # Requests

    def opening(self) -> bytes:
        """The first requests, all at once; the agent answers in this order."""
        said = self._request("handshake", {"Version": IPC_VERSION})
        if self._auth_key:
            said += self._request("auth", {"AuthKey": self._auth_key})
        said += self._request("stats")
        said += self._request("stream", {"Type": _STREAMED})
        self._stream = self._last
        return said + self.ask_for_members()

    def ask_for_members(self) -> bytes:
        """Ask for the members of the cluster."""
        return self._request("members")

    def send_event(self, payload: str) -> bytes:
        """Send a user event to all. It is never coalesced: of several at once, all have to arrive."""
        return self._request("event", {"Name": EVENT, "Payload": payload, "Coalesce": False})

    def _request(self, command: str, body: Mapping[str, Any] | None = None) -> bytes:
        self._last += 1
        self._asked[self._last] = command
        header: bytes = self._packer.pack({"Command": command, "Seq": self._last})
        return header if body is None else header + self._packer.pack(body)

    # Answers, and what the agent streams

    def receive(self, data: bytes) -> Iterator[Told]:
        """The values that these bytes, after all earlier ones, complete. Raises Garbled."""
        for item in self._objects(data):
            if not isinstance(item, dict):
                raise Garbled(_shown(data))
            if self._awaited:
                awaited, self._awaited = self._awaited, ""
                if (told := _told(awaited, item)) is not None:
                    yield told
                continue
            seq, error = item.get("Seq"), item.get("Error")
            if not isinstance(seq, int) or not isinstance(error, str):
                raise Garbled("an answer without Seq and Error")
            command = self._asked.pop(seq, None)
            if error:
                yield CommandRefused(command or _ITEM, error)
            elif command is None and seq != self._stream:
                raise Garbled("an answer to a question that nobody asked")
            elif command is None or command in _WITH_BODY:
                self._awaited = command or _ITEM

    def _objects(self, data: bytes) -> Iterator[object]:
        try:
            self._unpacker.feed(data)
            yield from self._unpacker
        except Exception as error:  # the library has no common base of what it raises
            raise Garbled(f"{_shown(data)} ({type(error).__name__}: {error})") from error


def _told(command: str, body: Mapping[str, Any]) -> Told | None:
    """What the body of an answer to this command tells, if it is of use."""
    try:
        if command == "members":
            return Members(_members(body))
        if command == "stats":
            return Introduced(_text(body["agent"]["name"]))
        kind = _text(body["Event"])
        if kind == "user":
            lamport_time = body["LTime"]
            if not isinstance(lamport_time, int):
                raise TypeError(f"number expected, got {type(lamport_time).__name__}")
            return UserEvent(_text(body["Payload"]), lamport_time, bool(body["Coalesce"]))
        return MembersChanged(kind, _members(body))
    except (LookupError, TypeError, ValueError) as error:
        raise Garbled(f"an answer to '{command}' that lacks something ({type(error).__name__}: {error})") from error


def _members(body: Mapping[str, Any]) -> tuple[SerfMember, ...]:
    found = []
    for each in body["Members"] or ():
        if each["Addr"]:
            # Go's net.IP: 4 bytes, or 16, which may hold an IPv4 address.
            packed = _bytes(each["Addr"])
            if packed.startswith(_MAPPED) and len(packed) == 16:
                packed = packed[len(_MAPPED) :]
            address = IPAddress(int.from_bytes(packed), {4: 4, 16: 6}[len(packed)])
            found.append(SerfMember(_text(each["Name"]), address, _text(each["Status"])))
    return tuple(found)


def _text(value: object) -> str:
    return value if isinstance(value, str) else _bytes(value).decode("utf-8", _ERRORS)


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", _ERRORS)
    if not isinstance(value, bytes):
        raise TypeError(f"text expected, got {type(value).__name__}")
    return value


def _shown(data: bytes) -> str:
    """The beginning of unreadable data, for the log: it may show what answers there."""
    return repr(data[:40])[1:]
