"""Configured values of health checks: text as written -> the type it stands for. All raise ValueError."""

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

import yaml

from bgp2vpc.config.document import kind_of
from bgp2vpc.config.schema.fields import text, texts
from bgp2vpc.files import open_without_waiting

_STATUSES: Final = range(100, 600)
_MAX_PEM: Final = 1 << 20
"""Bytes of a file of certificates that are read."""
_ENTRIES: Final = "expected a status (200), a range (200-299), or a list of these"


def arguments(value: object) -> tuple[str, ...]:
    """A list of texts; AWSnycast also took a list written as text (`'["-c", "1"]'`)."""
    written = value
    if isinstance(value, str):
        with suppress(yaml.YAMLError, RecursionError, OverflowError):
            written = yaml.load(value, yaml.BaseLoader)  # noqa: S506  # it makes texts, lists and mappings, nothing else
    if not isinstance(written, list):
        raise ValueError(f"expected a list of arguments, got {kind_of(value)}")
    found = tuple(map(text, written))
    if any("\0" in each for each in found):
        raise ValueError("holds a NUL character, which no argument of a program can")
    return found


def certificate(value: object) -> str:
    """CA certificates as PEM."""
    pem = text(value)
    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise ValueError("holds no usable certificate (PEM: -----BEGIN CERTIFICATE----- …)") from None
    return pem


def certificate_file(value: object) -> str:
    """The CA certificates in a file of this name."""
    path = Path(text(value))
    try:
        with open_without_waiting(path) as file:
            data = file.read(_MAX_PEM)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ValueError(f"'{path}' cannot be read: {reason}") from None
    try:
        # What stands between the certificates, such as names of CAs in UTF-8, is no part of them.
        return certificate(data.decode("ascii", "ignore"))
    except ValueError as error:
        raise ValueError(f"'{path}' {error}") from None


def statuses(value: object) -> frozenset[int]:
    """`200`, `200-299`, `200, 301`, or a list of these."""
    found: set[int] = set()
    for part in (part for each in texts(value) for part in each.replace(",", " ").split()):
        first, dash, last = part.partition("-")
        bounds = [first, last if dash else first]
        if not all(each.isascii() and each.isdigit() and len(each) == 3 and int(each) in _STATUSES for each in bounds):
            raise ValueError(f"'{part}': {_ENTRIES}, from 100 to 599")
        if int(bounds[0]) > int(bounds[1]):
            raise ValueError(f"'{part}' holds no status: the first must not exceed the last")
        found.update(range(int(bounds[0]), int(bounds[1]) + 1))
    if not found:
        raise ValueError(_ENTRIES)
    return frozenset(found)


def header(value: object) -> str:
    """The value of an HTTP header."""
    written = text(value)
    if not written.isprintable():
        raise ValueError(f"{kind_of(value)} holds what no header can (a line end or control character)")
    return written


def method(value: object) -> str:
    """An HTTP method."""
    written = text(value)
    if not (written.isascii() and written.isalpha()):
        raise ValueError(f"expected a method such as GET or HEAD, got {kind_of(value)}")
    return written.upper()


def url_path(value: object) -> str:
    """The path, and perhaps query, of a URL."""
    written = text(value)
    if not written.startswith("/") or not written.isprintable() or " " in written:
        raise ValueError(f"expected a path that begins with '/', without spaces, got {kind_of(value)}")
    return written


def record_type(value: object) -> str:
    """A DNS record type."""
    from dns import exception, rdatatype  # noqa: PLC0415  # only who has such a check needs the library

    try:
        return rdatatype.to_text(rdatatype.from_text(text(value)))
    except (exception.DNSException, ValueError):
        raise ValueError(f"expected a record type such as A, AAAA or TXT, got {kind_of(value)}") from None


def dns_name(value: object) -> str:
    """A DNS name."""
    from dns import exception, name  # noqa: PLC0415

    try:
        return name.from_text(text(value)).to_text()
    except (exception.DNSException, ValueError) as error:
        raise ValueError(f"{kind_of(value)} is no DNS name: {error}") from None
