"""The protocol of the Serf agent, without I/O: decodes received bytes into values, and encodes requests.

msgpack over TCP (https://github.com/hashicorp/serf/blob/v0.8.2/docs/agent/rpc.html.markdown): each request is a header
`{Command, Seq}`, usually with a body. Each answer is a header `{Seq, Error}`, with a body for some commands if there is
no error. All items of a stream have the Seq of its `stream` command.

Debian's agent writes bytes (addresses, payloads) as msgpack's type `bin`, older agents as text, as usual before 2013.
All agents read the old format, so it is used for requests.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgpack

from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf.model import EVENT, CommandRefused, Introduced, Members, MembersChanged, SerfMember, Told, UserEvent

IPC_VERSION: Final = 1
LONGEST: Final = 16 * 1024 * 1024
"""Maximum size of an answer in bytes, far more than ten thousand members take."""

_STREAMED: Final = f"member-join,member-failed,member-leave,member-reap,member-update,user:{EVENT}"
_WITH_BODY: Final = ("stats", "members")
_ITEM: Final = "stream"
_ERRORS: Final = "surrogateescape"
_MAPPED: Final = bytes(10) + b"\xff\xff"


class Garbled(ValueError):
    """Received data that is not the protocol of a Serf agent."""


class Conversation:
    """One connection's protocol state: numbers the requests and matches the answers."""

    def __init__(self, auth_key: str = "") -> None:
        self._auth_key = auth_key
        self._asked: dict[int, str] = {}
        self._last = 0
        self._stream = 0
        self._awaited = ""
        """The command (or `_ITEM`) whose body is the next object; empty if a header is next."""
        # surrogateescape preserves bytes that are not UTF-8 when they are decoded and encoded again.
        self._unpacker = msgpack.Unpacker(raw=False, unicode_errors=_ERRORS, max_buffer_size=LONGEST)
        self._packer = msgpack.Packer(use_bin_type=False, unicode_errors=_ERRORS)

    # Requests

    def opening(self) -> bytes:
        """The first requests of the connection; the agent answers them in order."""
        said = self._request("handshake", {"Version": IPC_VERSION})
        if self._auth_key:
            said += self._request("auth", {"AuthKey": self._auth_key})
        said += self._request("stats")
        said += self._request("stream", {"Type": _STREAMED})
        self._stream = self._last
        return said + self.ask_for_members()

    def ask_for_members(self) -> bytes:
        """A request for the members of the cluster."""
        return self._request("members")

    def send_event(self, payload: str) -> bytes:
        """A request to send a user event to all members. It is not coalesced, since each event has to arrive."""
        return self._request("event", {"Name": EVENT, "Payload": payload, "Coalesce": False})

    def _request(self, command: str, body: Mapping[str, Any] | None = None) -> bytes:
        self._last += 1
        self._asked[self._last] = command
        header: bytes = self._packer.pack({"Command": command, "Seq": self._last})
        return header if body is None else header + self._packer.pack(body)

    # Answers, and what the agent streams

    def receive(self, data: bytes) -> Iterator[Told]:
        """The values that these bytes complete. Raises Garbled."""
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
        except Exception as error:  # msgpack's exceptions have no common base class
            raise Garbled(f"{_shown(data)} ({type(error).__name__}: {error})") from error


def _told(command: str, body: Mapping[str, Any]) -> Told | None:
    """The value of the body of an answer to this command. Raises Garbled."""
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
            # Go's net.IP: 4 or 16 bytes; 16 bytes may hold an IPv4-mapped address.
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
    """The beginning of undecodable data, for the log; it may reveal which server answers there."""
    return repr(data[:40])[1:]
