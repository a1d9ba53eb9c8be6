"""Reads addresses, sysctls and listening sockets of this machine from the kernel, and proxies from the environment."""

import os
import socket
import struct
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from bgp2vpc.doctor.model import Host, PortHolder
from bgp2vpc.prefix import IPAddress

# rtnetlink(7): a dump of all addresses.
_GET, _NEW, _DONE, _ERROR, _DUMP = 22, 20, 3, 2, 0x301
_HEADER: Final = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ADDRESS: Final = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, interface
_ATTRIBUTE: Final = struct.Struct("=HH")  # rtattr: length, type
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_CONF: Final = Path("/proc/sys/net/ipv4/conf")
_LISTEN: Final = "0A"
_NET_BIND_SERVICE: Final = 10
_SIGNS_OF_CONTAINERS: Final = (Path("/.dockerenv"), Path("/run/.containerenv"))


def host() -> Host:
    """The facts about this machine. Raises OSError."""
    addresses: dict[IPAddress, frozenset[str]] = {}
    for index, address in _dump():
        with suppress(OSError):  # gone meanwhile
            addresses[address] = addresses.get(address, frozenset()) | {socket.if_indextoname(index)}
    switches = {4: "/proc/sys/net/ipv4/ip_forward", 6: "/proc/sys/net/ipv6/conf/all/forwarding"}
    forwards = frozenset(version for version, path in switches.items() if _number(Path(path)) > 0)
    rp_filter = {}
    if _CONF.is_dir():
        # ip-sysctl.rst: the larger one of `all` and the interface's own value counts. Without the loopback.
        common = _number(_CONF / "all" / "rp_filter")
        names = sorted(each.name for each in _CONF.iterdir() if each.name not in ("all", "default", "lo"))
        rp_filter = {name: max(common, _number(_CONF / name / "rp_filter")) for name in names}
    contained = any(each.exists() for each in _SIGNS_OF_CONTAINERS)
    return Host(addresses, rp_filter, forwards, contained, proxy_for("http://169.254.169.254"))


def proxy_for(url: str) -> str:
    """HOST:PORT of the environment's proxy for this URL, without credentials; empty for none."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme, "")
    if not proxy or proxy_bypass(parts.netloc):
        return ""
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").netloc.rpartition("@")[2]


def first_unprivileged_port() -> int:
    """The first port that can be bound without CAP_NET_BIND_SERVICE (ip-sysctl.rst)."""
    path = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    return _number(path) if path.exists() else 1024


def may_bind_below(pid: int) -> bool | None:
    """Whether children of this process may bind privileged ports (capabilities(7)); None if unknown."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended, or is in another container
        return None
    fields = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
    kept = fields["CapBnd" if fields["Uid"][1] == "0" else "CapAmb"]
    return bool(int(kept[0], 16) & 1 << _NET_BIND_SERVICE)


def listening(ports: Collection[int]) -> tuple[PortHolder, ...]:
    """The sockets listening at these TCP ports in our network namespace (proc(5), net/tcp). Raises OSError."""
    found: dict[str, tuple[IPAddress, int]] = {}
    for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        for row in map(str.split, rows):
            digits, _, port = row[1].partition(":")
            if row[3] == _LISTEN and int(port, 16) in ports:
                # 32-bit words, each in host byte order.
                words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
                family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
                address = IPAddress(socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words)))
                found[row[9]] = address.ipv4() if address.is_ipv4_mapped() else address, int(port, 16)
    owners = _owners(frozenset(found)) if found else {}
    return tuple(
        PortHolder(address, port, *owners.get(inode, (0, "", 0))) for inode, (address, port) in sorted(found.items())
    )


def _owners(inodes: frozenset[str]) -> dict[str, tuple[int, str, int]]:
    """Socket inode -> (pid, name, session) of a process that has it, if it is visible to us."""
    owners = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError, ValueError):  # gone meanwhile, or another user's
                for descriptor in (process / "fd").iterdir():
                    target = os.readlink(descriptor)
                    inode = target.removeprefix("socket:[").removesuffix("]")
                    if target != inode and inode in inodes:
                        pid = int(process.name)
                        owners[inode] = (pid, (process / "comm").read_text().strip(), os.getsid(pid))
    return owners


def _dump() -> Iterator[tuple[int, IPAddress]]:
    """(interface index, address) of all addresses of this host."""
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
