"""An ICMP echo. The requests of all checks go through one socket per address family.

A raw socket is handed every ICMP packet of the host, so with a socket per ping a host with 200 checks would read each
reply 200 times. Datagram sockets need no privileges and see only their own replies, so they are preferred where the
kernel allows them; but they tell nothing of ICMP errors on the way (unreachable): such pings run into their deadline.
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
_PAYLOAD: Final = b"bgp2vpc health check".ljust(56, b".")
_BUSY: Final = {errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM}
"""The send queue is full at this moment."""
_SHORTAGE: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
"""The kernel cannot make a socket at this moment."""
_RETRY: Final = 0.01

# From linux/icmp.h and linux/icmpv6.h; the socket module does not know them.
_SOL_RAW: Final = 255
_ICMP_FILTER: Final = 1
_ICMPV6_FILTER: Final = 1
_WANTED_V4: Final = (0, 3, 11, 12)
"""Echo reply, destination unreachable, time exceeded, parameter problem."""
_WANTED_V6: Final = (129, 1, 3, 4)
_QUOTED_DESTINATION_ENDS: Final = 48
"""Where an ICMP error quotes the destination of the packet it is about: IPv4 20 + 8 + 20, IPv6 8 + 40."""

_echoes: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, "Echoes"]] = WeakKeyDictionary()
"""Those of each event loop, for IPv4 (4) and IPv6 (6), made at the first ping."""


class PingNotAllowed(Bgp2vpcError):
    """The kernel allows neither datagram nor raw ICMP sockets: the operator of the host has to open one way."""

    def __init__(self) -> None:
        super().__init__(
            "ping is not permitted: either open the sysctl net.ipv4.ping_group_range to our group "
            '(net.ipv4.ping_group_range="0 2147483647" for every group), or give us the capability CAP_NET_RAW '
            "(systemd: AmbientCapabilities=CAP_NET_RAW)"
        )


async def probe_ping(_probe: Ping, destination: IPAddress) -> ProbeResult:
    """Healthy once the reply is there."""
    # An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is reached by ICMPv4 only.
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
    except ICMPLibError as error:  # an ICMP error from a router, or the destination itself
        return ProbeResult(False, lower_first(str(error)))
    return ProbeResult(True)


def ensure_ping_allowed() -> None:
    """Raise PingNotAllowed if the kernel does not permit pings. It permits both address families or none.

    Any other failure (no descriptors, no IPv4) may be temporary, and is left to the probes, which report it.
    """
    with suppress(ICMPSocketError, OSError):
        _open(4).close()


def _send_failure(error: ICMPLibError) -> OSError | None:
    """The error of the kernel behind it, if any: the library keeps its text only, and guesses at permissions."""
    cause = error.__context__
    return cause if isinstance(error, ICMPSocketError) and isinstance(cause, OSError) else None


class Echoes:
    """Sends echo requests and hands each the reply that is for it. Holds no event loop, which holds it."""

    def __init__(self, version: int) -> None:
        """Raises PingNotAllowed, and ICMPSocketError where there is no such protocol."""
        self._icmp = _open(version)
        self._icmp.blocking = False
        self._id = secrets.randbelow(1 << 16)
        self._sequence = secrets.randbelow(1 << 16)
        self._waiting: dict[int, tuple[bytes, asyncio.Future[Any]]] = {}
        asyncio.get_running_loop().add_reader(self._icmp.sock, self._read)

    async def ask(self, address: IPAddress) -> Any:
        """The ICMPReply to one request: an echo reply, or an ICMP error about it. Raises ICMPSocketError."""
        # A number that no ping waits for. One whose ping was given up is used again only after 65,535 others.
        self._sequence = (self._sequence + 1) & 0xFFFF
        while self._sequence in self._waiting:
            self._sequence = (self._sequence + 1) & 0xFFFF
        sequence = self._sequence
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = (address.packed, reply)
        try:
            request = ICMPRequest(str(address), self._id, sequence, payload=_PAYLOAD)
            while True:
                try:
                    self._icmp.send(request)
                    break
                except ICMPSocketError as error:
                    failure = _send_failure(error)
                    if failure is None or failure.errno not in _BUSY:
                        raise
                    await asyncio.sleep(_RETRY)
            # On datagram sockets the kernel replaces the identifier by its own.
            self._id = request.id
            return await reply
        finally:
            del self._waiting[sequence]

    def _read(self) -> None:
        try:
            packet, (source, *_) = self._icmp.sock.recvfrom(_PACKET)
        except OSError:  # nothing there after all, or no memory for it
            return
        # The library's receive functions block, and wait for one reply only. We need just its parser, a private name
        # of icmplib 3 (`_open` looks whether it is there).
        reply = self._icmp._parse_reply(packet, source, time.time())
        if reply is None or reply.id != self._id or reply.sequence not in self._waiting:
            return
        address, waiting = self._waiting[reply.sequence]
        is_ipv6 = len(address) == 16
        if reply.type == (129 if is_ipv6 else 0):
            source = reply.source.partition("%")[0]
            about = socket.inet_pton(socket.AF_INET6 if is_ipv6 else socket.AF_INET, source)
        else:  # an error quotes the packet that it is about
            about = packet[_QUOTED_DESTINATION_ENDS - len(address) : _QUOTED_DESTINATION_ENDS]
        if about == address and not waiting.done():
            waiting.set_result(reply)


def _open(version: int) -> Any:
    kind = ICMPv6Socket if version == 6 else ICMPv4Socket
    if not hasattr(kind, "_parse_reply"):  # private: a release may drop it, and without it no reply would be heard
        raise ICMPSocketError("this version of icmplib does not fit: bgp2vpc needs icmplib 3")
    try:
        return kind(privileged=False)
    except ICMPSocketError as error:  # not permitted, or, in some containers, not known at all
        failure = _send_failure(error)
        if failure is not None and failure.errno in _SHORTAGE:
            raise  # raw sockets, which may be refused, would hide that these are not
    try:
        opened = kind(privileged=True)
    except SocketPermissionError as error:
        raise PingNotAllowed from error
    # The kernel is to drop ICMP packets that are neither replies nor errors, above all echo requests to this host.
    if version == 4:
        blocked = 0xFFFFFFFF & ~sum(1 << kind for kind in _WANTED_V4)
        opened.sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", blocked))
    else:
        words = [0xFFFFFFFF] * 8
        for kind in _WANTED_V6:
            words[kind // 32] &= ~(1 << kind % 32)
        opened.sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, struct.pack("=8I", *words))
    return opened
