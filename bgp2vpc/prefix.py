"""Prefixes, the destinations of BGP paths and of VPC routes, and ids of managed prefix lists in their place."""

import re
from functools import lru_cache
from typing import Any, Self

import netaddr
from netaddr import INET_ATON, INET_PTON, AddrFormatError, IPAddress, IPNetwork

__all__ = ["IPAddress", "Prefix", "PrefixError", "PrefixListId", "parse_address", "parse_destination", "parse_prefix"]

_LIST_ID = "pl-"
_AFTER_IPV6 = 7
"""First item of a sort key that sorts after those of both IP versions."""


class PrefixError(ValueError):
    """The text is not a prefix. The message has the reason, and the prefix that was probably meant."""


class Prefix(IPNetwork):  # type: ignore[misc]  # netaddr has no types
    """A destination CIDR without host bits, IPv4 or IPv6; immutable.

    netaddr's IPNetwork, with text, key and hash computed once: every line, path and route is looked up by its prefix.
    """

    __slots__ = ("_hash", "_key", "_text")

    def __init__(self, addr: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(addr, *args, **kwargs)
        self._key: tuple[Any, ...] = IPNetwork.key(self)
        self._hash = hash(self._key)
        self._text: str = IPNetwork.__str__(self)

    def __hash__(self) -> int:
        return self._hash

    def key(self) -> tuple[Any, ...]:
        """Version, first and last address, by which prefixes are compared."""
        return self._key

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Prefix('{self._text}')"

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._text,)

    def __contains__(self, other: object) -> bool:
        return not isinstance(other, PrefixListId) and bool(super().__contains__(other))

    @property
    def is_ipv6(self) -> bool:
        """True for an IPv6 prefix."""
        return bool(self.version == 6)


class PrefixListId(Prefix):
    """A managed prefix list (`pl-…`) as the destination of a route, wherever a route's prefix is expected.

    So a place, a (table, prefix), is decided, written and remembered alike if the destination is a prefix list. The id
    contains no address, has no IP version, equals only itself, and sorts after all CIDRs.
    """

    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__("0.0.0.0/32")
        self._key = (_LIST_ID, text)
        self._hash = hash(self._key)
        self._text = text

    @property
    def version(self) -> int:
        """0, so that no entry of `accept` matches the id, and no CIDR contains it."""
        return 0

    @property
    def is_ipv6(self) -> bool:
        """False, as for IPv4."""
        return False

    def sort_key(self) -> tuple[Any, ...]:
        """After every CIDR."""
        return _AFTER_IPV6, self._text

    def __contains__(self, other: object) -> bool:
        return False


def parse_destination(text: str) -> Prefix:
    """Parse a prefix or the id of a managed prefix list. Raises PrefixError."""
    if not text.startswith(_LIST_ID):
        return parse_prefix(text)
    if not (text.isascii() and text[len(_LIST_ID) :].isalnum()):
        raise PrefixError(f"'{text}' is not the id of a prefix list: expected pl-…")
    return PrefixListId(text)


@lru_cache(maxsize=8192)
def parse_prefix(text: str) -> Prefix:
    """Parse a prefix; an address without length is a host route, as in ExaBGP.

    Raises PrefixError for host bits (as ExaBGP does), netmask notation, octets with leading zeros, and anything
    else that is no CIDR.
    """
    address_text, slash, length_text = text.partition("/")
    address = parse_address(address_text)
    width = 128 if address.version == 6 else 32
    if not slash:
        return Prefix((address.value, width), version=address.version)
    length = int(length_text[-3:]) if re.fullmatch("0*[0-9]{1,3}", length_text) else -1
    if not 0 <= length <= width:
        raise PrefixError(f"'{text}': the length after '/' must be a number from 0 to {width}")
    prefix = Prefix((address.value, length), version=address.version)
    if prefix.value != prefix.first:
        raise PrefixError(f"'{text}' has host bits set; {prefix.cidr} was probably meant, or {address}/{width}")
    return prefix


def parse_address(text: str) -> IPAddress:
    """Parse an IPv4 or IPv6 address; the short and octal forms of inet_aton are refused. Raises PrefixError."""
    try:
        return IPAddress(text, flags=INET_PTON)
    except (AddrFormatError, ValueError):
        pass
    hint = ""
    if text.count(".") == 3 and netaddr.valid_ipv4(text, flags=INET_ATON):
        hint = " (leading zeros and hexadecimal octets are refused: programs disagree about what they mean)"
    raise PrefixError(f"'{text}' is not an IP address{hint}")
