"""One configured value each: text as written -> the type it stands for. All raise ValueError saying what is right."""

import re
import shlex
from pathlib import Path
from typing import Final

from bgp2vpc.config.document import kind_of
from bgp2vpc.names import reserved_for
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.routing.prefix_list import PrefixRange, parse_prefix_range
from bgp2vpc.routing.rule import InterfaceChoice

# EC2 keeps these for its own services and answers InvalidParameterValue to routes within them:
# https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
_RESERVED: Final = (parse_prefix("169.254.168.0/22"), parse_prefix("fd00:ec2::/32"))

# 8 digits before 2016, 17 since: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
_ID_DIGITS: Final = re.compile(r"[0-9a-f]{8}(?:[0-9a-f]{9})?")
_REGION: Final = re.compile(r"([a-z]+(?:-[a-z]+)+-[0-9]+)([a-z]?)")

# sun_path of unix(7), less its final NUL.
_SOCKET_PATH_BYTES: Final = 107
_NO_SOCKET: Final = {"", "none", "no", "off", "false"}
_MAX_NAME: Final = 100
_MAX_DEVICE_INDEX: Final = 99


def text(value: object) -> str:
    """Any scalar, as written."""
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {kind_of(value)}")
    return value


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
    reserved = next((block for block in _RESERVED if entry.prefix in block), None)
    if reserved is not None:
        raise ValueError(f"{entry.prefix} lies within {reserved}, which EC2 reserves and routes nowhere else")
    return entry


def command(value: object) -> tuple[str, ...]:
    """`run`: text split as a shell splits words (no shell runs), or a list of words."""
    words = _split(value) if isinstance(value, str) else _words(value)
    if not words or not words[0]:
        raise ValueError("empty: expected a program and its arguments")
    if any("\0" in word for word in words):
        raise ValueError("holds a NUL character, which no argument of a program can")
    return words


def _split(value: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise ValueError(f"cannot be split into words: {error}".lower()) from None


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"expected a command line or a list of words, got {kind_of(value)}")
    return tuple(map(text, value))


def interface(value: object) -> InterfaceChoice:
    """A device index, or the id of the subnet that the interface is in."""
    written = text(value)
    if written.isascii() and written.isdigit() and int(written[:9]) <= _MAX_DEVICE_INDEX:
        return int(written)
    if _is_id(written, "subnet"):
        return written
    raise ValueError(f"expected a device index (0, 1, …) or a subnet (subnet-…), got {kind_of(value)}")


def instance_id(value: object) -> str:
    """`i-…`."""
    return _id(value, "i")


def vpc_id(value: object) -> str:
    """`vpc-…`."""
    return _id(value, "vpc")


def subnet_id(value: object) -> str:
    """`subnet-…`."""
    return _id(value, "subnet")


def route_table_id(value: object) -> str:
    """`rtb-…`."""
    return _id(value, "rtb")


def _id(value: object, kind: str) -> str:
    if not _is_id(written := text(value), kind):
        raise ValueError(f"expected '{kind}-' and 8 or 17 hexadecimal digits, got {kind_of(value)}")
    return written


def _is_id(written: str, kind: str) -> bool:
    prefix, dash, digits = written.partition("-")
    return prefix == kind and bool(dash) and _ID_DIGITS.fullmatch(digits) is not None


def region(value: object) -> str:
    """A region's code, such as `eu-central-1`."""
    match = _REGION.fullmatch(text(value))
    if match is None:
        raise ValueError(f"expected the code of a region such as eu-central-1, got {kind_of(value)}")
    if match[2]:
        raise ValueError(f"{kind_of(value)} is an availability zone; the region is probably '{match[1]}'")
    return match[1]


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
