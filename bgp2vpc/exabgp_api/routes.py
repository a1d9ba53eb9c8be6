"""Parses `announce` and `withdraw` of unicast routes into events.

ExaBGP has three forms: `route PREFIX …` and `attributes … nlri PREFIX …` (`configuration/static/`), and since
5.0 `ipv4 unicast PREFIX …` (`configuration/announce/`).
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from bgp2vpc.bgp.events import Announce, Event, Withdraw
from bgp2vpc.bgp.path import Path
from bgp2vpc.exabgp_api.attributes import RouteWords, read_route_words
from bgp2vpc.exabgp_api.command import Answer, LineError
from bgp2vpc.exabgp_api.words import Words, nearest, shown
from bgp2vpc.prefix import Prefix, PrefixError, parse_prefix

MAX_SPLIT: Final = 4096
"""The most prefixes of one line with `split`. ExaBGP has no limit, and blocks while it makes millions."""
ROUTE_WORDS: Final = frozenset({"route", "ipv4", "ipv6", "attribute", "attributes"})
_STATEMENTS: Final = frozenset({"route", "attribute", "attributes"})
_OTHER_SAFI: Final = frozenset(
    {"multicast", "nlri-mpls", "labeled-unicast", "mpls-vpn", "mcast-vpn", "mvpn", "flow", "flow-vpn", "mup", "rtc"}
)


def read_routes(verb: str, words: list[str], *, room: int = MAX_SPLIT) -> tuple[Event, ...]:
    """The events of `verb` (announce, withdraw) and the words behind it; with `split` among them, at most `room`.

    Raises LineError; with `relay` for what is correct and of use to ExaBGP only.
    """
    if "split" not in words:
        return tuple(_read(verb, words))
    # No more are made than may be.
    events = tuple(islice(_read(verb, words), max(room, 0) + 1))
    if len(events) > room:
        raise LineError(f"split: the line makes more than {MAX_SPLIT} prefixes; say it in several lines")
    return events


def _read(verb: str, words: list[str]) -> Iterator[Event]:
    if words[0] in ("ipv4", "ipv6"):
        yield from _unicast(verb, words)
    elif "{" in words:
        yield from _braces(verb, words)
    else:
        for statement in _statements(words):
            yield from _statement(verb, statement)


def _statements(words: list[str]) -> Iterator[list[str]]:
    """`route …; route …;`, where the last semicolon may be missing."""
    if ";" not in words:
        yield words
        return
    start = 0
    while start < len(words):
        end = words.index(";", start) if ";" in words[start:] else len(words)
        yield words[start:end]
        start = end + 1


def _braces(verb: str, words: list[str]) -> Iterator[Event]:
    """`route P { next-hop self; med 5; }`."""
    if words[0] != "route" or words[2:3] != ["{"]:
        raise LineError("'{' can only stand behind 'route PREFIX'")
    if words[-1] != "}":
        raise LineError("the closing '}' is missing at the end of the line")
    return _route(verb, words[1], read_route_words(Words(words[3:-1]), separator=";"))


def _statement(verb: str, words: list[str]) -> Iterator[Event]:
    kind = words[0] if words else ""
    if kind == "route":
        rest = Words(words[1:])
        return _route(verb, rest.take(f"{verb} route: a prefix"), read_route_words(rest))
    if kind in ("attribute", "attributes"):
        return _attributes(verb, words[1:])
    raise LineError(f"unknown word {shown(kind)} behind ';'{nearest(kind, _STATEMENTS)}")


def _route(verb: str, prefix_text: str, route: RouteWords) -> Iterator[Event]:
    prefix = _prefix(prefix_text)
    if not prefix.is_ipv6 and 224 <= prefix.first >> 24 < 240:
        route.family = route.family or "ipv4 multicast"
    return _events(verb, _parts(prefix, route.split), route)


def _unicast(verb: str, text: list[str]) -> Iterator[Event]:
    """`ipv4 unicast P …`: 5.0 accepts `split` here and ignores it; 6.0 refuses it."""
    family, *rest = text
    if rest[-1:] == [";"]:
        rest.pop()
    words = Words(rest)
    safi = words.take(f"{verb} {family}: 'unicast'")
    if safi in _OTHER_SAFI:
        raise _no_vpc_route(f"{family} {safi}")
    if safi != "unicast":
        raise LineError(f"{verb} {family}: 'unicast' expected, found {shown(safi)}")
    prefix = _prefix(words.take(f"{verb} {family} unicast: a prefix"))
    if prefix.is_ipv6 != (family == "ipv6"):
        raise LineError(f"{prefix} is no {family} prefix")
    return _events(verb, [prefix], read_route_words(words))


def _attributes(verb: str, text: list[str]) -> Iterator[Event]:
    words = Words(text)
    route = read_route_words(words, stop="nlri")
    prefixes = []
    while words:
        prefixes.append(_prefix(words.take("nlri: a prefix")))
    if not prefixes:
        raise LineError("nlri: a prefix is missing at the end of the line")
    if len({prefix.version for prefix in prefixes}) > 1:
        raise LineError("nlri: IPv4 and IPv6 prefixes cannot share one line; say them on one line each")
    return _events(verb, (part for prefix in prefixes for part in _parts(prefix, route.split)), route)


def _prefix(word: str) -> Prefix:
    try:
        return parse_prefix(word)
    except PrefixError as error:
        raise LineError(str(error)) from error


def _parts(prefix: Prefix, length: int | None) -> Iterable[Prefix]:
    """The more specifics of `split /length`; the prefix itself where that is no longer than its own."""
    if length is None or length <= prefix.prefixlen:
        return (prefix,)
    width = 128 if prefix.is_ipv6 else 32
    if length > width:
        raise LineError(f"split: /{length} is longer than an address of {prefix}; at most /{width}")
    count = 1 << length - prefix.prefixlen
    if count > MAX_SPLIT:
        raise LineError(f"split: {prefix} has {count} prefixes of length {length}; at most {MAX_SPLIT} are taken")
    step = 1 << width - length
    return (Prefix((prefix.first + step * at, length), version=prefix.version) for at in range(count))


def _events(verb: str, prefixes: Iterable[Prefix], route: RouteWords) -> Iterator[Event]:
    """One event for each prefix. A withdrawal has no attributes but the path identifier."""
    next_hop = route.next_hop
    if verb == "announce" and next_hop is None:
        raise LineError("next-hop is missing: add 'next-hop self' or 'next-hop ADDRESS'")
    if route.family:
        raise _no_vpc_route(route.family)
    if verb == "withdraw" or next_hop is None:
        yield from (Withdraw(prefix, route.path_id) for prefix in prefixes)
        return
    attributes = route.attributes()
    for prefix in prefixes:
        if getattr(next_hop, "version", prefix.version) != prefix.version:
            # ExaBGP says done and sends nothing, unless the session negotiated RFC 8950.
            raise LineError(
                f"{prefix}: the next hop {next_hop} is of the other family; no route is made of it",
                relay=True,
                answer=Answer.DONE,
            )
        yield Announce(Path(prefix, next_hop, attributes, route.path_id))


def _no_vpc_route(family: str) -> LineError:
    return LineError(f"{family} is no route a VPC can hold; for ExaBGP only", relay=True)
