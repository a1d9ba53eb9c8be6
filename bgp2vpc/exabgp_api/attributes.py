"""The words behind a prefix: next hop, path identifier, path attributes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bgp2vpc.bgp.path import (
    NO_ATTRIBUTES,
    SELF,
    Aggregator,
    Attributes,
    Community,
    ExtendedCommunity,
    LargeCommunity,
    NextHop,
    Origin,
    RawAttribute,
)
from bgp2vpc.exabgp_api.as_path import read_as_path
from bgp2vpc.exabgp_api.communities import community, extended_community, large_community
from bgp2vpc.exabgp_api.numbers import U32, U64, address, asn, ipv4, number
from bgp2vpc.exabgp_api.words import LineError, Words, nearest, shown
from bgp2vpc.prefix import IPAddress

__all__ = ["Offer", "read_offer"]


@dataclass(slots=True)
class Offer:
    """What is said of one or several prefixes. `family` is set when the words make it no unicast route."""

    next_hop: NextHop | None = None
    path_id: int | None = None
    split: int | None = None
    family: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    def attributes(self) -> Attributes:
        """The path attributes among the words."""
        return Attributes(**self.fields) if self.fields else NO_ATTRIBUTES


def read_offer(words: Words, *, stop: str = "", separator: str = "") -> Offer:
    """Read to the end, or to the word `stop`, which is taken too; `separator` must follow every attribute.

    A value given twice counts the first time, as in ExaBGP; path identifiers the last time, extended communities
    add up, also as in ExaBGP. Raises LineError.
    """
    offer = Offer()
    while words:
        word = words.take("a word")
        if word == stop:
            return offer
        reader = _READERS.get(word)
        if reader is None:
            raise LineError(f"unknown word {shown(word)}{nearest(word, _KNOWN)}")
        reader(words, offer)
        if separator:
            words.expect(separator, f"behind {word}")
    if stop:
        raise LineError(f"the word '{stop}' and the prefixes behind it are missing")
    return offer


def _next_hop(words: Words, offer: Offer) -> None:
    word = words.take("next-hop: an address or 'self'")
    value = SELF if word.lower() == "self" else address("next-hop", word)
    if offer.next_hop is None:
        offer.next_hop = value


def _path_information(words: Words, offer: Offer) -> None:
    what = "path-information"
    word = words.take(f"{what}: a number or four numbers with dots")
    value = int(ipv4(what, word)) if "." in word else number(what, word, U32)
    # A path without identifier is sent with 0 where add-path is spoken (RFC 7911), so 0 is none.
    offer.path_id = value or None


def _split(words: Words, offer: Offer) -> None:
    word = words.take("split: a length such as /25")
    if word[:1] != "/":
        raise LineError(f"split: {shown(word)} is not a length such as /25")
    value = number("split", word[1:], 128)
    if offer.split is None:
        offer.split = value


def _label(words: Words, offer: Offer) -> None:
    labels = words.group("label")
    if not labels:
        raise LineError("label: nothing stands between '[' and ']'")
    for label in labels:
        number("label", label, (1 << 20) - 1)
    offer.family = offer.family or "nlri-mpls (a label)"


def _route_distinguisher(words: Words, offer: Offer) -> None:
    administrator, colon, assigned = words.take("rd").partition(":")
    if not colon:
        raise LineError(f"rd: {shown(administrator)} is not ASN:NUMBER or ADDRESS:NUMBER")
    if "." in administrator:
        ipv4("rd", administrator)
    else:
        number("rd", administrator, U32)
    number("rd", assigned, U32)
    offer.family = "mpls-vpn (a route distinguisher)"


def _name(words: Words, _offer: Offer) -> None:
    if words:
        words.take("name")


def _watchdog(words: Words, _offer: Offer) -> None:
    name = words.take("watchdog") if words else ""
    if name.lower() in ("announce", "withdraw"):
        raise LineError("watchdog: its name is missing")


def _withdraw(words: Words, _offer: Offer) -> None:
    """`withdraw` inside a route: ExaBGP announces it all the same."""
    if words.peek() == "attribute":
        raise LineError("ExaBGP takes 'withdraw attribute' for a command, wherever it stands; say 'attribute' first")


def _segment_identifier(words: Words, _offer: Offer) -> None:
    words.skip_group("bgp-prefix-sid")


def _srv6_segment_identifier(words: Words, _offer: Offer) -> None:
    words.expect("(", "bgp-prefix-sid-srv6")
    while words.take("bgp-prefix-sid-srv6: the closing ')'") != ")":
        pass


def _attribute(name: str, read: Callable[[Words], object]) -> Callable[[Words, Offer], None]:
    def reader(words: Words, offer: Offer) -> None:
        offer.fields.setdefault(name, read(words))

    return reader


def _origin(words: Words) -> Origin:
    word = words.take("origin")
    try:
        return _ORIGINS[word.lower()]
    except KeyError:
        raise LineError(f"origin: {shown(word)} is not igp, egp or incomplete") from None


_ORIGINS: Final = {str(origin): origin for origin in Origin}


def _med(words: Words) -> int:
    return number("med", words.take("med: a number"), U32)


def _local_preference(words: Words) -> int:
    return number("local-preference", words.take("local-preference: a number"), U32)


def _aigp(words: Words) -> int:
    return number("aigp", words.take("aigp: a number"), U64, hexadecimal=True)


def _atomic_aggregate(_words: Words) -> bool:
    return True


def _communities(words: Words) -> tuple[Community, ...]:
    # A set in BGP: sorted and single, so that the same communities in another order are the same path.
    return tuple(sorted({community(word) for word in words.group("community")}))


def _large_communities(words: Words) -> tuple[LargeCommunity, ...]:
    return tuple(sorted({large_community(word) for word in words.group("large-community")}))


def _extended_communities(words: Words, offer: Offer) -> None:
    given = {extended_community(word) for word in words.group("extended-community")}
    before: tuple[ExtendedCommunity, ...] = offer.fields.get("extended_communities", ())
    offer.fields["extended_communities"] = tuple(sorted(given.union(before)))


def _aggregator(words: Words) -> Aggregator:
    bracket = words.peek() == "("
    if bracket:
        words.take("aggregator")
    word = words.take("aggregator")
    number_text, colon, address_text = word.partition(":")
    if not colon:
        raise LineError(f"aggregator: {shown(word)} is not ASN:ADDRESS")
    value = Aggregator(asn("aggregator", number_text), ipv4("aggregator", address_text))
    if bracket:
        words.expect(")", "aggregator")
    return value


def _originator_id(words: Words) -> IPAddress:
    return ipv4("originator-id", words.take("originator-id"))


def _cluster_list(words: Words) -> tuple[IPAddress, ...]:
    identifiers = tuple(ipv4("cluster-list", word) for word in words.group("cluster-list"))
    if not identifiers:
        raise LineError("cluster-list: at least one identifier is needed")
    return identifiers


def _raw_attribute(words: Words, offer: Offer) -> None:
    what = "attribute"
    words.expect("[", what)
    code = _octet(words.take(f"{what}: the code"))
    flags = _octet(words.take(f"{what}: the flags"))
    value = RawAttribute(code, flags, _octets(words.take(f"{what}: the value")))
    words.expect("]", what)
    given: tuple[RawAttribute, ...] = offer.fields.get("raw", ())
    if all(other.code != code for other in given):
        offer.fields["raw"] = (*given, value)


def _octet(word: str) -> int:
    if word[:2].lower() != "0x":
        raise LineError(f"attribute: {shown(word)} is not hexadecimal behind 0x")
    return number("attribute", word, 0xFF, hexadecimal=True)


def _octets(word: str) -> bytes:
    try:
        if word[:2].lower() == "0x":
            return bytes.fromhex(word[2:])
    except ValueError:
        pass
    raise LineError(f"attribute: {shown(word)} is not an even number of hexadecimal digits behind 0x")


_READERS: Final[dict[str, Callable[[Words, Offer], None]]] = {
    "next-hop": _next_hop,
    "path-information": _path_information,
    "split": _split,
    "label": _label,
    "rd": _route_distinguisher,
    "route-distinguisher": _route_distinguisher,
    "name": _name,
    "watchdog": _watchdog,
    "withdraw": _withdraw,
    "bgp-prefix-sid": _segment_identifier,
    "bgp-prefix-sid-srv6": _srv6_segment_identifier,
    "origin": _attribute("origin", _origin),
    "as-path": _attribute("as_path", read_as_path),
    "med": _attribute("med", _med),
    "local-preference": _attribute("local_preference", _local_preference),
    "community": _attribute("communities", _communities),
    "large-community": _attribute("large_communities", _large_communities),
    "extended-community": _extended_communities,
    "aggregator": _attribute("aggregator", _aggregator),
    "atomic-aggregate": _attribute("atomic_aggregate", _atomic_aggregate),
    "originator-id": _attribute("originator_id", _originator_id),
    "cluster-list": _attribute("cluster_list", _cluster_list),
    "aigp": _attribute("aigp", _aigp),
    "attribute": _raw_attribute,
}
_KNOWN: Final = frozenset(_READERS)
