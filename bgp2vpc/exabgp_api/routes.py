"""Parses `announce` and `withdraw` of unicast routes into events.

ExaBGP has three forms: `route PREFIX …` and `attributes … nlri PREFIX …` (`configuration/static/`), and since
5.0 `ipv4 unicast PREFIX …` (`configuration/announce/`). Statements are processed as in its `Configuration.dispatch`.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from bgp2vpc.bgp.events import Announce, Event, Withdraw
from bgp2vpc.bgp.path import Path
from bgp2vpc.exabgp_api.attributes import LABELLED, NOT_BEHIND_UNICAST, VPN, RouteWords, read_one, read_route_words
from bgp2vpc.exabgp_api.command import Answer, LineError
from bgp2vpc.exabgp_api.words import Words, nearest, shown
from bgp2vpc.prefix import Prefix, PrefixError, parse_prefix

MAX_SPLIT: Final = 4096
"""Maximum number of prefixes from one line with `split`. ExaBGP has no limit and blocks while it creates millions."""
MAX_SPLIT_ELSEWHERE: Final = 1 << 16
"""The same for families that only ExaBGP uses; it takes seconds for this many."""
FAMILIES: Final = frozenset({"ipv4", "ipv6"})
STATEMENTS: Final = frozenset({"route", "attribute", "attributes"})
_OTHER_SAFI: Final = frozenset(
    {"multicast", "nlri-mpls", "labeled-unicast", "mpls-vpn", "mcast-vpn", "mvpn", "flow", "flow-vpn", "mup", "rtc"}
)


_RD: Final = frozenset({"rd", "route-distinguisher"})
_NO_NEXT_HOP: Final = LineError("next-hop is missing: add 'next-hop self' or 'next-hop ADDRESS'")


def read_routes(
    verb: str, family: str, statements: list[list[str]], *, room: int = MAX_SPLIT
) -> tuple[tuple[Event, ...], str]:
    """The events of the statements after `verb` (announce, withdraw), and why some statements made none.

    `family`: `ipv4` or `ipv6` if that followed the verb, else empty. `room`: the maximum number of events of a line
    with `split`. Raises LineError; with `for_exabgp` for a valid line that only ExaBGP can use.
    """
    events: list[Event] = []
    of_no_use: list[LineError] = []
    is_split = False
    for words in statements:
        is_split = is_split or "split" in words
    # After 'withdraw attributes', ExaBGP parses the other statements as announcements.
    as_announced = verb == "announce" or [words[0] for words in statements[:1]] != ["route"]
    rest = iter(statements)
    for *words, end in rest:
        if end == "}":
            break
        try:
            if family:
                made = _unicast(verb, family, words, end)
            elif end == "{":
                made = _braces(verb, words, rest)
            else:
                made = _statement(verb, words, as_announced=as_announced)
            # With `split`, at most one event more than allowed is made: enough to detect the excess.
            events += islice(made, max(room + 1 - len(events), 1)) if is_split else made
        except LineError as error:
            if not error.for_exabgp:
                raise
            of_no_use.append(error)
        if is_split and len(events) > room:
            raise LineError(f"split: the line makes more than {MAX_SPLIT} prefixes; say it in several lines")
    if not events:
        raise of_no_use[0] if of_no_use else LineError(f"{verb}: no route is said; '{verb} route PREFIX …' is usual")
    return tuple(events), "; ".join(dict.fromkeys(map(str, of_no_use)))


def _braces(verb: str, head: list[str], rest: Iterator[list[str]]) -> Iterator[Event]:
    """Parse `route P { next-hop self; med 5; }`. Like ExaBGP, ignore surplus words and a last part without `;`."""
    if head[:1] != ["route"]:
        raise LineError("'{' can only stand behind 'route PREFIX'")
    prefix = Words(head[1:]).take(f"{verb} route: a prefix")
    route = RouteWords()
    for *words, end in rest:
        if end == "}":
            break
        if end == "{":
            raise LineError("'{' cannot stand within braces")
        statement = Words(words)
        read_one(statement.take("a word"), statement, route)
    return _route(verb, prefix, route)


def _statement(verb: str, words: list[str], *, as_announced: bool) -> Iterator[Event]:
    """Parse `route PREFIX …` or `attributes … nlri PREFIX …`."""
    kind = words[0] if words else ""
    if kind not in STATEMENTS:
        raise LineError(f"unknown word {shown(kind)} where a statement begins{nearest(kind, STATEMENTS)}")
    rest = Words(words[1:])
    if kind == "route":
        prefix, route = rest.take(f"{verb} route: a prefix"), read_route_words(rest)
        if as_announced and route.next_hop is None:
            raise _NO_NEXT_HOP
        _look_for_labels(words, route)
        if as_announced and route.family and not (route.is_labelled and (route.is_vpn or _RD.isdisjoint(words))):
            raise LineError(f"{route.family}: its label, or its route distinguisher, is missing")
        return _route(verb, prefix, route)
    route = read_route_words(rest, stop="nlri")
    prefixes = []
    while rest.peek():
        prefixes.append(_prefix(rest.take("nlri: a prefix")))
    if not prefixes:
        raise LineError("nlri: a prefix is missing at the end of the line")
    if len({each.version for each in prefixes}) > 1:
        raise LineError("nlri: IPv4 and IPv6 prefixes cannot share one line; say them on one line each")
    _look_for_labels(words, route)
    if is_multicast(_prefix(words[-1])):  # as in ExaBGP, the last prefix decides the family of the whole line
        route.family = route.family or "ipv4 multicast"
    return _events(verb, route, prefixes, split=True)


def _look_for_labels(words: list[str], route: RouteWords) -> None:
    """Set the family as ExaBGP does: by the mere presence of these words, even as the value of `name`."""
    if not _RD.isdisjoint(words):
        route.family = VPN
    elif "label" in words:
        route.family = LABELLED


def _route(verb: str, prefix_text: str, route: RouteWords) -> Iterator[Event]:
    prefix = _prefix(prefix_text)
    if is_multicast(prefix):
        route.family = route.family or "ipv4 multicast"
    return _events(verb, route, [prefix], split=True)


def _unicast(verb: str, family: str, text: list[str], end: str) -> Iterator[Event]:
    """Parse `ipv4 unicast P …`. `split` has no effect here: 5.0 accepts and ignores it, 6.0 refuses it."""
    words = Words(text)
    safi = words.take(f"{verb} {family}: 'unicast'")
    if safi in _OTHER_SAFI:
        raise _no_vpc_route(f"{family} {safi}")
    if safi != "unicast":
        raise LineError(f"{verb} {family}: 'unicast' expected, found {shown(safi)}")
    if end == "{":
        raise LineError(f"'{{' cannot stand behind '{family} unicast'")
    prefix = _prefix(words.take(f"{verb} {family} unicast: a prefix"))
    if prefix.is_ipv6 != (family == "ipv6"):
        raise LineError(f"{prefix} is no {family} prefix")
    return _events(verb, read_route_words(words, without=NOT_BEHIND_UNICAST), [prefix], split=False)


def is_multicast(prefix: Prefix) -> bool:
    """Whether ExaBGP's `IP.tosafi` calls it multicast: by the first octet of an IPv4 prefix, whatever its length."""
    return not prefix.is_ipv6 and 224 <= prefix.first >> 24 < 240


def _prefix(word: str) -> Prefix:
    try:
        return parse_prefix(word)
    except PrefixError as error:
        raise LineError(str(error)) from error


def _parts(prefix: Prefix, length: int) -> Iterable[Prefix]:
    """The more specific prefixes of `split /length`; the prefix itself if `length` is not longer than its own.

    Raises LineError for an impossible length or more than MAX_SPLIT prefixes.
    """
    if length <= prefix.prefixlen:
        return (prefix,)
    width = 128 if prefix.is_ipv6 else 32
    if length > width:
        raise LineError(f"split: /{length} is longer than an address of {prefix}; at most /{width}")
    count = _count(prefix, length)
    if count > MAX_SPLIT:
        raise LineError(f"split: {prefix} has {count} prefixes of length {length}; at most {MAX_SPLIT} are taken")
    step = 1 << width - length
    return (Prefix((prefix.first + step * at, length), version=prefix.version) for at in range(count))


def _count(prefix: Prefix, length: int) -> int:
    """The number of more specific prefixes of this length."""
    return int(1 << max(length - prefix.prefixlen, 0))


def _events(verb: str, route: RouteWords, prefixes: list[Prefix], *, split: bool) -> Iterator[Event]:
    """One event for each prefix. Of the attributes, a withdrawal carries only the path identifier. Raises LineError."""
    next_hop = route.next_hop
    if verb == "announce" and next_hop is None:
        raise _NO_NEXT_HOP
    if route.family:
        if split and route.split and sum(_count(prefix, route.split) for prefix in prefixes) > MAX_SPLIT_ELSEWHERE:
            raise LineError(f"split: more than {MAX_SPLIT_ELSEWHERE} prefixes would have ExaBGP stand still")
        raise _no_vpc_route(route.family)
    parts: Iterable[Prefix] = prefixes
    if split and route.split is not None:
        parts = (part for prefix in prefixes for part in _parts(prefix, route.split))
    if verb == "withdraw" or next_hop is None:
        yield from (Withdraw(prefix, route.path_id) for prefix in parts)
        return
    attributes = route.attributes()
    for prefix in parts:
        if getattr(next_hop, "version", prefix.version) != prefix.version:
            # ExaBGP answers `done` and sends nothing, unless the session has negotiated RFC 8950.
            raise LineError(
                f"{prefix}: the next hop {next_hop} is of the other family; no route is made of it",
                for_exabgp=True,
                answer=Answer.DONE,
            )
        yield Announce(Path(prefix, next_hop, attributes, route.path_id))


def _no_vpc_route(family: str) -> LineError:
    return LineError(f"{family} is no route a VPC can hold; for ExaBGP only", for_exabgp=True)
