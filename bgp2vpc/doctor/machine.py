"""Reads the addresses and sysctls of this machine from the kernel."""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from bgp2vpc.doctor.model import Host
from bgp2vpc.prefix import IPAddress

# rtnetlink(7): a dump of all addresses.
_GET, _NEW, _DONE, _ERROR, _DUMP = 22, 20, 3, 2, 0x301
_HEADER: Final = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ADDRESS: Final = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, interface
_ATTRIBUTE: Final = struct.Struct("=HH")  # rtattr: length, type
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_CONF: Final = Path("/proc/sys/net/ipv4/conf")
_SIGNS_OF_CONTAINERS: Final = (Path("/.dockerenv"), Path("/run/.containerenv"))


def host() -> Host:
    """What there is now. Raises OSError."""
    addresses: dict[IPAddress, frozenset[str]] = {}
    for index, address in _dump():
        with suppress(OSError):  # gone meanwhile
            addresses[address] = addresses.get(address, frozenset()) | {socket.if_indextoname(index)}
    switches = {4: "/proc/sys/net/ipv4/ip_forward", 6: "/proc/sys/net/ipv6/conf/all/forwarding"}
    forwards = frozenset(version for version, path in switches.items() if _number(Path(path)) > 0)
    rp_filter = {}
    if _CONF.is_dir():
        # As ip-sysctl.rst has it: the larger of `all` and the interface's own counts. Without the loopback.
        common = _number(_CONF / "all" / "rp_filter")
        names = sorted(each.name for each in _CONF.iterdir() if each.name not in ("all", "default", "lo"))
        rp_filter = {name: max(common, _number(_CONF / name / "rp_filter")) for name in names}
    contained = any(each.exists() for each in _SIGNS_OF_CONTAINERS)
    return Host(addresses, rp_filter, forwards, contained, proxy_for("http://169.254.169.254"))


def proxy_for(url: str) -> str:
    """HOST:PORT of the proxy that the environment names for this URL, without a password; empty: none."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme, "")
    if not proxy or proxy_bypass(parts.netloc):
        return ""
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").netloc.rpartition("@")[2]


def _dump() -> Iterator[tuple[int, IPAddress]]:
    """(interface, address) of all addresses."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(2.0)
        length = _HEADER.size + _ADDRESS.size
        kernel.send(_HEADER.pack(length, _GET, _DUMP, 1, 0) + _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0))
        while True:
            data = kernel.recv(256 * 1024)
            while len(data) >= _HEADER.size:
                length, kind, *_ = _HEADER.unpack_from(data)
                if kind == _DONE:
                    return
                if kind == _ERROR or length < _HEADER.size:
                    raise OSError("the kernel does not tell its addresses")
                if kind == _NEW:
                    yield from _address(data[_HEADER.size : length])
                data = data[_aligned(length) :]


def _address(message: bytes) -> Iterator[tuple[int, IPAddress]]:
    family, *_, index = _ADDRESS.unpack_from(message)
    rest, values = message[_ADDRESS.size :], dict[int, bytes]()
    while len(rest) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(rest)
        if length < _ATTRIBUTE.size:
            break
        values[kind] = rest[_ATTRIBUTE.size : length]
        rest = rest[_aligned(length) :]
    # On a point-to-point link IFA_ADDRESS is the other end's.
    raw = values.get(_IFA_LOCAL) or values.get(_IFA_ADDRESS)
    if raw is not None and family in (socket.AF_INET, socket.AF_INET6):
        yield index, IPAddress(socket.inet_ntop(family, raw))


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such sysctl, as without IPv6
        return 0
