"""Renders paths as lines that every ExaBGP from 3.4 to 5.0 accepts and that `line` parses back to the same path.

The exception: unicast paths within 224.0.0.0 to 239.255.255.255, which 3.4 and 4.2 cannot express.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from bgp2vpc.bgp.path import Attributes, Origin, Path, SegmentKind
from bgp2vpc.exabgp_api.communities import WELL_KNOWN
from bgp2vpc.exabgp_api.routes import is_multicast

_NAMES: Final = {value: name for name, value in WELL_KNOWN.items()}
_SEGMENTS: Final = {SegmentKind.SEQUENCE: "[ {} ]", SegmentKind.SET: "( {} )"}


def announce_line(path: Path, selector: str = "") -> str:
    """`[selector] announce route …` with every attribute, for example to announce a path again after a reconnect.

    Confederation segments of the AS path are left out, as at the confederation's border (RFC 5065 section 5.3),
    because no version's API accepts them.
    """
    words = [*_head("announce", path, selector), *_attributes(path.attributes)]
    return " ".join(words)


def withdraw_line(path: Path, selector: str = "") -> str:
    """`[selector] withdraw route P next-hop H [path-information N]`: withdraws `path`."""
    return " ".join(_head("withdraw", path, selector))


def _head(verb: str, path: Path, selector: str) -> Iterator[str]:
    if selector:
        yield selector
    # After `route`, ExaBGP would assign such a prefix to the multicast family.
    statement = "ipv4 unicast" if is_multicast(path.prefix) else "route"
    yield f"{verb} {statement} {path.prefix} next-hop {path.next_hop}"
    if path.path_id is not None:
        yield f"path-information {path.path_id}"


def _attributes(attributes: Attributes) -> Iterator[str]:
    if attributes.origin is not Origin.IGP:
        yield f"origin {attributes.origin}"
    numbers = {"med": attributes.med, "local-preference": attributes.local_preference, "aigp": attributes.aigp}
    yield from (f"{word} {value}" for word, value in numbers.items() if value is not None)
    segments = [
        _SEGMENTS[kind].format(" ".join(map(str, asns))) for kind, asns in attributes.as_path if kind in _SEGMENTS
    ]
    if segments:
        yield f"as-path {' '.join(segments)}"
    yield from _group("community", (_NAMES.get(value, str(value)) for value in attributes.communities))
    yield from _group("large-community", map(str, attributes.large_communities))
    yield from _group("extended-community", map(str, attributes.extended_communities))
    if attributes.aggregator is not None:
        yield f"aggregator ( {attributes.aggregator.asn}:{attributes.aggregator.address} )"
    if attributes.atomic_aggregate:
        yield "atomic-aggregate"
    if attributes.originator_id is not None:
        yield f"originator-id {attributes.originator_id}"
    yield from _group("cluster-list", map(str, attributes.cluster_list))
    if attributes.prefix_sid:
        yield attributes.prefix_sid
    for raw in attributes.raw:
        yield f"attribute [ 0x{raw.code:02x} 0x{raw.flags:02x} 0x{raw.value.hex()} ]"


def _group(word: str, values: Iterable[str]) -> Iterator[str]:
    text = " ".join(values)
    if text:
        yield f"{word} [ {text} ]"
