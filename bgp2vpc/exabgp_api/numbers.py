"""Numbers and addresses as words, with errors that name what they belong to."""

from typing import Final

from bgp2vpc.exabgp_api.words import LineError, shown
from bgp2vpc.prefix import IPAddress, PrefixError, parse_address

__all__ = ["U16", "U32", "U64", "address", "asn", "ipv4", "number"]

U16: Final = (1 << 16) - 1
U32: Final = (1 << 32) - 1
U64: Final = (1 << 64) - 1


def number(what: str, word: str, limit: int, *, hexadecimal: bool = False) -> int:
    """`word` as a number from 0 to `limit`; `0x…` too where `hexadecimal`. Raises LineError."""
    value = -1
    # 4300 digits is where int() itself gives up; no field here has more than 29.
    if len(word) <= 32:
        if word.isdigit():
            value = int(word)
        elif hexadecimal and word[:2].lower() == "0x" and word[2:].isalnum():
            value = _from_hex(word)
    if not 0 <= value <= limit:
        raise LineError(f"{what}: {shown(word)} is not a number from 0 to {limit}")
    return value


def _from_hex(word: str) -> int:
    try:
        return int(word, 16)
    except ValueError:
        return -1


def asn(what: str, word: str) -> int:
    """An AS number, plain or dotted (RFC 5396). Raises LineError."""
    high, dot, low = word.partition(".")
    if dot:
        return (number(what, high, U16) << 16) + number(what, low, U16)
    return number(what, word, U32)


def address(what: str, word: str) -> IPAddress:
    """An IPv4 or IPv6 address. Raises LineError."""
    try:
        return parse_address(word)
    except PrefixError as error:
        raise LineError(f"{what}: {error}") from error


def ipv4(what: str, word: str) -> IPAddress:
    """An IPv4 address. Raises LineError."""
    value = address(what, word)
    if value.version != 4:
        raise LineError(f"{what}: {shown(word)} is not an IPv4 address")
    return value
