"""The probe `ping`: an ICMP echo. All checks share one socket per address family.

A raw socket receives every ICMP packet of the host, so with one socket per check a host with 200 checks would read each
reply 200 times. Datagram sockets need no privileges and receive only their own replies, so they are used if the kernel
allows them. They do not receive ICMP errors from routers (unreachable), so such pings time out.
"""

import asyncio
import errno
import secrets
import socket
import struct
import time
from contextlib import suppress
from typing import Any, Final
from weakref import WeakKeyDictionary

from icmplib import ICMPRequest, ICMPv4Socket, ICMPv6Socket
from icmplib.exceptions import ICMPLibError, ICMPSocketError, SocketPermissionError

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.health.model import Ping, ProbeResult
from bgp2vpc.health.reasons import during, failed, lower_first
from bgp2vpc.prefix import IPAddress

_PACKET: Final = 1024
_AT_ONCE: Final = 256
"""Packets read in one turn of the event loop: about as many as the kernel keeps for a socket (rmem_default)."""
_PAYLOAD: Final = b"bgp2vpc health check".ljust(56, b".")
_BUSY: Final = {errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM}
"""Errors of a temporarily full send queue."""
_SHORTAGE: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
"""Errors of a kernel that temporarily cannot make a socket."""
_RETRY: Final = 0.01
_TRIES: Final = 5
"""Tries to send a request while the send queue is full. A longer wait would end as a time-out, which is evidence."""

# From linux/icmp.h and linux/icmpv6.h; the socket module does not have them.
_SOL_RAW: Final = 255
_ICMP_FILTER: Final = 1
_ICMPV6_FILTER: Final = 1
_WANTED_V4: Final = (0, 3, 11, 12)
"""Echo reply, destination unreachable, time exceeded, parameter problem."""
_WANTED_V6: Final = (129, 1, 3, 4)
_QUOTED_DESTINATION_ENDS: Final = 48
"""Offset of the end of the destination address in the packet that an ICMP error quotes: 20 + 8 + 20 in IPv4, 8 + 40 in
IPv6."""

_echoes: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, "Echoes"]] = WeakKeyDictionary()
"""The Echoes of each event loop by IP version, made at the first ping."""


class PingNotAllowed(Bgp2vpcError):
    """The kernel allows neither datagram nor raw ICMP sockets; the host's operator has to allow one of them."""

    def __init__(self) -> None:
        super().__init__(
            "ping is not permitted: either open the sysctl net.ipv4.ping_group_range to our group "
            '(net.ipv4.ping_group_range="0 2147483647" for every group), or give us the capability CAP_NET_RAW '
            "(systemd: AmbientCapabilities=CAP_NET_RAW)"
        )


async def probe_ping(_probe: Ping, destination: IPAddress) -> ProbeResult:
    """Healthy once the reply arrives."""
    # An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) can only be pinged by ICMPv4.
    address = destination.ipv4() if destination.is_ipv4_mapped() else destination
    ours = _echoes.setdefault(asyncio.get_running_loop(), {})
    try:
        if address.version not in ours:
            ours[address.version] = Echoes(address.version)
        with during("waiting for the reply"):
            reply = await ours[address.version].ask(address)
        reply.raise_for_status()
    except PingNotAllowed:
        return ProbeResult(None, "ping is not permitted")
    except ICMPSocketError as error:
        failure = _send_failure(error)
        return failed(failure) if failure else ProbeResult(None, lower_first(str(error)))
    except ICMPLibError as error:  # an ICMP error from a router or the destination
        return ProbeResult(False, lower_first(str(error)))
    return ProbeResult(True)


def ensure_ping_allowed() -> None:
    """Raise PingNotAllowed if the kernel does not permit pings. Permission is the same for both address families.

    Any other failure (no descriptors, no IPv4) may be temporary; the probes report it.
    """
    with suppress(ICMPSocketError, OSError):
        _open(4).close()


def _send_failure(error: ICMPLibError) -> OSError | None:
    """The kernel's error behind an error of icmplib, if there is one; icmplib keeps only its text."""
    cause = error.__context__
    return cause if isinstance(error, ICMPSocketError) and isinstance(cause, OSError) else None


class Echoes:
    """Sends echo requests and assigns the replies to them. Has no reference to the event loop, which refers to it."""

    def __init__(self, version: int) -> None:
        """Raises PingNotAllowed, or ICMPSocketError if the host does not have this IP version."""
        self._icmp = _open(version)
        self._icmp.blocking = False
        self._id = secrets.randbelow(1 << 16)
        self._sequence = secrets.randbelow(1 << 16)
        self._waiting: dict[int, tuple[bytes, asyncio.Future[Any]]] = {}
        asyncio.get_running_loop().add_reader(self._icmp.sock, self._read)

    async def ask(self, address: IPAddress) -> Any:
        """Send one request and return its ICMPReply: an echo reply or an ICMP error. Raises ICMPSocketError."""
        # A sequence number without a waiting ping. That of a timed-out ping is reused only after 65,535 others.
        self._sequence = (self._sequence + 1) & 0xFFFF
        while self._sequence in self._waiting:
            self._sequence = (self._sequence + 1) & 0xFFFF
        sequence = self._sequence
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = (address.packed, reply)
        try:
            request = ICMPRequest(str(address), self._id, sequence, payload=_PAYLOAD)
            for left in reversed(range(_TRIES)):
                try:
                    self._icmp.send(request)
                    break
                except ICMPSocketError as error:
                    failure = _send_failure(error)
                    if failure is None or failure.errno not in _BUSY or not left:
                        raise
                    await asyncio.sleep(_RETRY)
            # On datagram sockets the kernel replaces the identifier by its own.
            self._id = request.id
            return await reply
        finally:
            del self._waiting[sequence]

    def _read(self) -> None:
        # All that is there: while the event loop is busy, one packet a turn would leave replies waiting for too long.
        for _ in range(_AT_ONCE):
            try:
                packet, (source, *_) = self._icmp.sock.recvfrom(_PACKET)
            except OSError:  # no packet left, or no memory for it
                return
            self._take_in(packet, source)

    def _take_in(self, packet: bytes, source: str) -> None:
        # icmplib's receive functions block and wait for one reply only. We use just its parser, a private method of
        # icmplib 3 (`_open` checks that it exists).
        reply = self._icmp._parse_reply(packet, source, time.time())
        if reply is None or reply.id != self._id or reply.sequence not in self._waiting:
            return
        address, waiting = self._waiting[reply.sequence]
        is_ipv6 = len(address) == 16
        if reply.type == (129 if is_ipv6 else 0):
            source = reply.source.partition("%")[0]
            about = socket.inet_pton(socket.AF_INET6 if is_ipv6 else socket.AF_INET, source)
        else:  # an ICMP error quotes the packet that caused it
            about = packet[_QUOTED_DESTINATION_ENDS - len(address) : _QUOTED_DESTINATION_ENDS]
        if about == address and not waiting.done():
            waiting.set_result(reply)


def _open(version: int) -> Any:
    kind = ICMPv6Socket if version == 6 else ICMPv4Socket
    if not hasattr(kind, "_parse_reply"):  # private, so a release may drop it
        raise ICMPSocketError("this version of icmplib does not fit: bgp2vpc needs icmplib 3")
    try:
        return kind(privileged=False)
    except ICMPSocketError as error:  # not permitted, or, in some containers, not supported
        failure = _send_failure(error)
        if failure is not None and failure.errno in _SHORTAGE:
            raise  # a refusal of raw sockets would hide that this failure is temporary
    try:
        opened = kind(privileged=True)
    except SocketPermissionError as error:
        raise PingNotAllowed from error
    # Let the kernel drop ICMP packets that are neither replies nor errors, above all echo requests to this host.
    if version == 4:
        blocked = 0xFFFFFFFF & ~sum(1 << kind for kind in _WANTED_V4)
        opened.sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", blocked))
    else:
        words = [0xFFFFFFFF] * 8
        for kind in _WANTED_V6:
            words[kind // 32] &= ~(1 << kind % 32)
        opened.sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, struct.pack("=8I", *words))
    return opened
