"""One configured value each: text as written -> the type it stands for. All raise ValueError saying what is right."""

import math
import re
import shlex
import warnings
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from bgp2vpc.bgp.prefix_list import PrefixRange, parse_prefix_range
from bgp2vpc.config.document import kind_of
from bgp2vpc.exabgp_api.command import LineError
from bgp2vpc.exabgp_api.words import asn
from bgp2vpc.names import reserved_for
from bgp2vpc.prefix import IPAddress, Prefix, parse_address, parse_prefix
from bgp2vpc.serf.model import PORT

# EC2 keeps these for its own services and answers InvalidParameterValue to routes within them:
# https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
_RESERVED: Final = (parse_prefix("169.254.168.0/22"), parse_prefix("fd00:ec2::/32"))


# sun_path of unix(7), less its final NUL.
_SOCKET_PATH_BYTES: Final = 107
_HOST_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9])?\.?|\[[0-9a-f:.]+\]")
_NO_SOCKET: Final = {"", "none", "no", "off", "false"}
_GROUP: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_MAX_NAME: Final = 100
LONGEST: Final = 1_000_000
"""Seconds of any time."""
AUTO: Final = "auto"
_WITH_UNIT: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(ms|s|m|h|d)(?:ec|in|our|ay)?(?:ond|ute)?s?")
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LAST_AS: Final = (1 << 32) - 2
_DESCRIPTION: Final = re.compile(r"[\w ./:@-]{1,80}", re.ASCII)


def text(value: object) -> str:
    """Any scalar, as written."""
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {kind_of(value)}")
    return value


def texts(value: object) -> tuple[str, ...]:
    """A text, or a list of texts."""
    return tuple(map(text, value if isinstance(value, list) else [value]))


def check_names(value: object) -> tuple[str, ...]:
    """One name or a list of them; what a template left empty is none."""
    if value == []:
        raise ValueError("an empty list; leave the key out for a route that is always wanted")
    return () if value == "" else texts(value)


def name(value: object) -> str:
    """The name of a process or a rule: it goes into logs, pages and metrics."""
    written = text(value)
    if not (written.strip() and written.isprintable() and len(written) <= _MAX_NAME):
        raise ValueError(f"a name must be 1 to {_MAX_NAME} printable characters")
    return written


def process_name(value: object) -> str:
    """The name of a process, which is also that of the source it is: none that another source may get."""
    written = name(value)
    whose = reserved_for(written)
    if whose:
        raise ValueError(f"'{written}' is a name reserved for {whose}; choose another one")
    return written


def accept_entry(value: object) -> PrefixRange:
    """An entry of `accept`, outside what EC2 reserves."""
    entry = parse_prefix_range(text(value))
    _refuse_reserved(entry.prefix)
    return entry


def managed_prefix(value: object) -> Prefix:
    """`cidr` of a managed route: an address means a host route; outside what EC2 reserves."""
    prefix = cidr(value)
    _refuse_reserved(prefix)
    return prefix


def cidr(value: object) -> Prefix:
    """A prefix without host bits."""
    return parse_prefix(text(value))


def _refuse_reserved(prefix: Prefix) -> None:
    reserved = next((block for block in _RESERVED if prefix in block), None)
    if reserved is not None:
        raise ValueError(f"{prefix} lies within {reserved}, which EC2 reserves and routes nowhere else")


def address(value: object) -> IPAddress | None:
    """An IPv4 or IPv6 address; no host name, for DNS is among what is checked. What a template left empty is none."""
    return parse_address(text(value)) if value != "" else None


def regexp(value: object) -> re.Pattern[str]:
    """A regular expression, searched for anywhere unless it has anchors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            return re.compile(text(value))
    except FutureWarning:
        hint = "POSIX classes such as [[:alpha:]] are not understood; write [A-Za-z], and [ within a class as \\["
        raise ValueError(f"{kind_of(value)}: {hint}") from None
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{kind_of(value)} is no regular expression: {error}") from None


def without_unit(value: object) -> str:
    """`; in seconds, without a unit: 300` for `5m`, for a message about a time; empty if it has no known unit."""
    given = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
    return f"; in seconds, without a unit: {float(given[1]) * _SECONDS[given[2]]:.10g}" if given else ""


def poll_time(value: object) -> float | Literal["auto"]:
    """`auto`, or seconds; 0 is the default."""
    if value == AUTO:
        return AUTO
    try:
        seconds = float(text(value))
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise ValueError(f"expected a number or '{AUTO}', got {kind_of(value)}{without_unit(value)}")
    if not 0 <= seconds <= LONGEST:
        raise ValueError(f"must be 0 to {LONGEST}, got {value}")
    return seconds


def as_number(value: object) -> int:
    """An AS number, also with a dot (RFC 5396), but not one of the two reserved ones: RFC 7607, RFC 7300."""
    written = text(value)
    try:
        number = asn("", written)
    except LineError:
        raise ValueError(f"expected an AS number such as 64512, got {kind_of(value)}") from None
    if not 1 <= number <= _LAST_AS:
        raise ValueError(f"must be 1 to {_LAST_AS}, got {written}")
    return number


def port(value: object) -> int:
    """A TCP or UDP port."""
    written = text(value)
    if not (written.isascii() and written.isdigit() and len(written) <= 5 and 1 <= int(written) <= 65535):
        raise ValueError(f"expected a port from 1 to 65535, got {kind_of(value)}")
    return int(written)


def listen_address(value: object) -> tuple[str, int]:
    """`127.0.0.1:8179` or `[::1]:8179`. No host name: it may need DNS, and may mean several addresses."""
    written = text(value)
    host, _, number = written.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    try:
        if (":" in bare) != host.startswith("["):
            raise ValueError
        return str(parse_address(bare)), port(number)
    except ValueError:
        raise ValueError(f"expected an address and a port such as 127.0.0.1:8179, got {kind_of(value)}") from None


def host_name(value: object) -> str:
    """A name or an address as it stands in a `Host` header, without the port; in lower case."""
    written = text(value).lower()
    if not _HOST_NAME.fullmatch(written):
        raise ValueError(f"expected a host name without a port such as bgp2vpc.example.org, got {kind_of(value)}")
    return written


def rpc_address(value: object) -> tuple[str, int]:
    """`127.0.0.1:7373`, `[::1]:7373`, or an address alone: with Serf's own port. No host name: it may need DNS."""
    written = text(value)
    host, colon, number = written.rpartition(":") if written.count(":") == 1 or "]:" in written else (written, "", "")
    try:
        address = parse_address(host.removeprefix("[").removesuffix("]"))
        return str(address), port(number) if colon else PORT
    except ValueError:
        raise ValueError(f"expected an address and a port such as 127.0.0.1:7373, got {kind_of(value)}") from None


def hook(value: object) -> tuple[str, ...]:
    """As `command`; an empty list runs nothing."""
    return () if value == [] else command(value)


def command(value: object) -> tuple[str, ...]:
    """`run`: text split as a shell splits words (no shell runs), or a list of words."""
    if isinstance(value, list):
        words = texts(value)
    elif isinstance(value, str):
        try:
            words = tuple(shlex.split(value))
        except ValueError as error:
            raise ValueError(f"cannot be split into words: {error}".lower()) from None
    else:
        raise ValueError(f"expected a command line or a list of words, got {kind_of(value)}")
    if not words or not words[0]:
        raise ValueError("empty: expected a program and its arguments")
    if any("\0" in word for word in words):
        raise ValueError("holds a NUL character, which no argument of a program can")
    return words


def speaker_address(value: object) -> IPAddress:
    """The address of a BGP speaker: one that a connection can be made to from anywhere in the VPC."""
    found = parse_address(text(value))
    if found.is_loopback() or found.is_multicast() or found.is_link_local() or int(found) == 0:
        raise ValueError(f"{found} is no address that a BGP session can be made to; expected a private address")
    return found


def local_addresses(value: object) -> tuple[IPAddress, ...]:
    """One address, or a list of one for each family."""
    found = tuple(map(speaker_address, value if isinstance(value, list) else [value]))
    if len({each.version for each in found}) < len(found):
        raise ValueError("two addresses of one family; expected one IPv4 and one IPv6 address at most")
    return found


def router_id(value: object) -> IPAddress:
    """A router id: written as an IPv4 address, not zero (RFC 6286)."""
    found = parse_address(text(value))
    if found.version != 4 or int(found) == 0:
        raise ValueError(f"expected a router id such as 10.0.0.1, got {kind_of(value)}")
    return found


def description(value: object) -> str:
    """What a comment in ExaBGP's configuration may hold."""
    written = text(value)
    if not _DESCRIPTION.fullmatch(written):
        raise ValueError(f"expected up to 80 letters, digits, spaces and ./:@_-, got {kind_of(value)}")
    return written


def file_path(value: object) -> Path:
    """An absolute path of a file."""
    written = text(value)
    if not written.startswith("/") or written.endswith("/") or "\0" in written:
        raise ValueError(f"expected the absolute path of a file, got {kind_of(value)}")
    return Path(written)


def socket_path(value: object) -> Path | None:
    """An absolute path, short enough for a unix socket; `none` for no socket."""
    written = text(value)
    if written.lower() in _NO_SOCKET:
        return None
    if not written.startswith("/"):
        raise ValueError(f"expected an absolute path or 'none', got {kind_of(value)}")
    if len(written.encode()) > _SOCKET_PATH_BYTES:
        raise ValueError(f"longer than the {_SOCKET_PATH_BYTES} bytes the path of a unix socket may have")
    return Path(written)


def group_name(value: object) -> str:
    """The name of a group, as groupadd(8) allows it; whether there is one, the host knows."""
    written = text(value)
    if not _GROUP.fullmatch(written):
        raise ValueError(f"expected the name of a group, such as netops, got {kind_of(value)}")
    return written


def state_file(value: object) -> Path | None:
    """An absolute path; `none` for no file."""
    written = text(value)
    if written.lower() in _NO_SOCKET:
        return None
    if not written.startswith("/") or written.endswith("/"):
        raise ValueError(f"expected the absolute path of a file or 'none', got {kind_of(value)}")
    return Path(written)


def url(value: object) -> str:
    """An HTTP or HTTPS address."""
    written = text(value)
    try:
        parts = urlsplit(written)
        ok = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        ok = False
    if not (ok and written.isascii() and written.isprintable() and " " not in written):
        raise ValueError(f"expected an address such as https://hooks.example.org/path, got {kind_of(value)}")
    return written
