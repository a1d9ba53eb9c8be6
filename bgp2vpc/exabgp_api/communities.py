"""Parses standard (RFC 1997), large (RFC 8092) and extended communities (RFC 4360), one word each.

ExaBGP prints communities in the form in which it reads them, so `messages_text` uses these functions, too.
"""

import struct
from typing import Final, NamedTuple

from bgp2vpc.bgp.path import Community, ExtendedCommunity, LargeCommunity
from bgp2vpc.exabgp_api.command import LineError
from bgp2vpc.exabgp_api.words import U16, U32, ipv4, nearest, number, shown

WELL_KNOWN: Final = {
    "no-export": Community(0xFFFF, 0xFF01),
    "no-advertise": Community(0xFFFF, 0xFF02),
    "no-export-subconfed": Community(0xFFFF, 0xFF03),
    "no-peer": Community(0xFFFF, 0xFF04),
    "blackhole": Community(0xFFFF, 0x029A),
}
"""RFC 1997, RFC 3765, RFC 7999."""
_SPELLINGS: Final = {
    "no_export": "no-export",
    "no_advertise": "no-advertise",
    "nopeer": "no-peer",
}


def community(word: str) -> Community:
    """Parse `65000:1`, a well-known name, or the whole value as a number (RFC 1997). Raises LineError."""
    high, colon, low = word.partition(":")
    if colon:
        return Community(number("community", high, U16), number("community", low, U16))
    name = word.lower()
    known = WELL_KNOWN.get(_SPELLINGS.get(name, name))
    if known:
        return known
    if not word[:1].isdigit():
        raise LineError(f"community: {shown(word)} is not HIGH:LOW nor a known name{nearest(name, WELL_KNOWN)}")
    return Community(*divmod(number("community", word, U32, hexadecimal=True), 1 << 16))


def large_community(word: str) -> LargeCommunity:
    """Parse `65000:1:2`, or the whole value as a number (RFC 8092). Raises LineError."""
    parts = word.split(":")
    if len(parts) == 1:
        value = number("large-community", word, (1 << 96) - 1)
        return LargeCommunity(value >> 64, value >> 32 & U32, value & U32)
    if len(parts) != 3:
        raise LineError(f"large-community: {shown(word)} is not ADMINISTRATOR:DATA1:DATA2")
    if not any(map(str.isdigit, parts)):
        raise LineError(f"large-community: {shown(word)} has no plain number in it")
    return LargeCommunity(*(number("large-community", part, U32, lax=True) for part in parts))


class _Kind(NamedTuple):
    """Type and subtype octets, and the `struct` layout of the six value octets (RFC 4360 section 3)."""

    header: bytes
    layout: str


_KINDS: Final = {
    "target": _Kind(b"\x00\x02", "HI"),
    "target4": _Kind(b"\x01\x02", "IH"),
    "origin": _Kind(b"\x00\x03", "HI"),
    "origin4": _Kind(b"\x01\x03", "IH"),
    "redirect": _Kind(b"\x80\x08", "HI"),
    "l2info": _Kind(b"\x80\x0a", "BBHH"),
    "bandwidth": _Kind(b"\x40\x04", "Hf"),
    "mup": _Kind(b"\x0c\x00", "HI"),
}
_LIMITS: Final = {"B": 0xFF, "H": U16, "I": U32, "f": U32}
_REDIRECT_TO_NEXTHOP: Final = ExtendedCommunity(b"\x08\x00" + bytes(6))


def extended_community(word: str) -> ExtendedCommunity:
    """Parse `target:65000:1`, `origin:192.0.2.1:5`, a bare `65000:1` (a target), or 0x and 16 hexadecimal digits.

    Raises LineError.
    """
    if word == "redirect-to-nexthop":
        return _REDIRECT_TO_NEXTHOP
    if word[:2].lower() == "0x":
        try:
            value = bytes.fromhex(word[2:])
        except ValueError:
            value = b""
        if len(value) != 8:
            raise LineError(f"extended-community: {shown(word)} is not 16 hexadecimal digits behind 0x")
        return ExtendedCommunity(value)
    name, *fields = word.split(":")
    if len(fields) == 1:
        name, fields = "target", [name, *fields]
    if not fields:
        raise LineError(f"extended-community: {shown(word)} is not TYPE:VALUE:VALUE, such as target:65000:1")
    if name not in _KINDS:
        raise LineError(f"extended-community: unknown type {shown(name)}{nearest(name, _KINDS)}")
    first = fields[0]
    if name in ("target", "origin") and (
        "." in first or first.endswith("L") or (first.isdigit() and len(first) < 11 and int(first) > U16)
    ):
        name = f"{name}4"  # RFC 4360 section 3.1, RFC 5668: an address or a four-octet AS number has another layout
    header, layout = _KINDS[name]
    if len(fields) != len(layout):
        raise LineError(f"extended-community: {shown(word)} needs {len(layout)} values behind its type")
    values = [_field(field, _LIMITS[size]) for field, size in zip(fields, layout, strict=True)]
    # ExaBGP sends both an address (RFC 4360 3.2) and a four-octet AS number (RFC 5668: type 2) as type 1.
    return ExtendedCommunity(header + struct.pack(f"!{layout}", *values))


def _field(text: str, limit: int) -> int:
    """Parse one field of an extended community: an address, or a number, which may end in L as 4.2 prints it."""
    what, word = "extended-community", text.removesuffix("L")
    value = int(ipv4(what, word)) if "." in text else number(what, word, limit)
    if value > limit:
        raise LineError(f"{what}: {shown(text)} does not fit its field (at most {limit})")
    return value
