"""ExaBGP's own way to print an update's attributes, so that captures and paths can be compared."""

from bgp2vpc.bgp.path import Attributes, Path, SegmentKind
from bgp2vpc.exabgp_api.communities import community, extended_community

SPEAKER = "10.99.0.1"
"""The address that `next-hop self` stood for in the captured sessions."""
_BARE = frozenset({"atomic-aggregate"})


def attributes_of_capture(text: str) -> dict[str, str]:
    """`next-hop 10.99.0.1 origin igp …` as one entry for each attribute, the values in one spelling."""
    found: dict[str, str] = {}
    words = text.split()
    while words:
        name = words.pop(0)
        value: list[str] = []
        depth = 0
        while name not in _BARE and words:
            word = words.pop(0)
            value.append(word)
            depth += (word in "[(") - (word in ")]")
            if depth == 0:
                break
        spelled = _SPELLINGS.get(name, " ".join)(value)
        found[f"{name} {value[1]}" if name == "attribute" else name] = spelled
    return found


def attributes_of_path(path: Path, *, lists_are_sets: bool) -> dict[str, str]:
    """The same, for a path. `lists_are_sets`: square brackets print a set (from 5.0), not a sequence (4.2)."""
    given = path.attributes
    found = {
        "next-hop": SPEAKER if str(path.next_hop) == "self" else str(path.next_hop),
        "origin": str(given.origin),
        "local-preference": str(100 if given.local_preference is None else given.local_preference),
        "as-path": _as_path(given, lists_are_sets=lists_are_sets),
        "med": "" if given.med is None else str(given.med),
        "community": " ".join(map(str, given.communities)),
        "large-community": " ".join(map(str, given.large_communities)),
        "extended-community": " ".join(map(str, given.extended_communities)),
        "aggregator": f"( {given.aggregator.asn}:{given.aggregator.address} )" if given.aggregator else "",
        "originator-id": str(given.originator_id or ""),
        "cluster-list": " ".join(map(str, given.cluster_list)),
    }
    found |= {f"attribute {raw.code:#04x}": f"0x{raw.value.hex()}" for raw in given.raw}
    shown = {name: value for name, value in found.items() if value}
    return shown | {"atomic-aggregate": ""} if given.atomic_aggregate else shown


def _as_path(given: Attributes, *, lists_are_sets: bool) -> str:
    if not lists_are_sets:
        segments = [" ".join(map(str, segment.asns)) for segment in given.as_path]
        inner = " ".join(f"( {text} )" if at else text for at, text in enumerate(segments))
        return f"[ {inner} ]" if inner else ""
    brackets = {SegmentKind.SEQUENCE: "( %s )", SegmentKind.SET: "[ %s ]"}
    return " ".join(brackets[segment.kind] % " ".join(map(str, segment.asns)) for segment in given.as_path)


def _without_brackets(value: list[str]) -> list[str]:
    return [word for word in value if word not in ("[", "]")]


_SPELLINGS = {
    "community": lambda value: " ".join(str(community(word)) for word in _without_brackets(value)),
    "extended-community": lambda value: " ".join(
        str(extended_community(word)) for word in sorted(_without_brackets(value), key=extended_community)
    ),
    "large-community": lambda value: " ".join(_without_brackets(value)),
    "cluster-list": lambda value: " ".join(_without_brackets(value)),
    # ExaBGP sets the partial bit in the flags by itself, so only code and value are compared.
    "attribute": lambda value: value[3].lower(),
}
