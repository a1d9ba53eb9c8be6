"""Lines of the text protocol for hypothesis: correct ones, and correct ones with something done to them."""

from hypothesis import assume
from hypothesis import strategies as st

U16 = st.integers(0, 0xFFFF)
U32 = st.one_of(st.integers(0, 70000), st.integers(0, 0xFFFFFFFF))
ASN = st.one_of(U32.map(str), st.tuples(U16, U16).map(lambda pair: f"{pair[0]}.{pair[1]}"))
IPV4 = st.ip_addresses(v=4).map(str)
IPV6 = st.ip_addresses(v=6).map(str)


def _in_brackets(values: st.SearchStrategy[str], *, least: int = 0) -> st.SearchStrategy[str]:
    many = st.lists(values, min_size=least, max_size=4)
    return st.one_of(
        many.map(lambda words: f"[ {' '.join(words)} ]"), many.map(lambda words: f"[{' '.join(words)}]"), values
    )


def _segment(brackets: str) -> st.SearchStrategy[str]:
    joined = st.tuples(st.lists(ASN, max_size=4), st.sampled_from([" ", ", "]))
    return joined.map(lambda given: f"{brackets[0]} {given[1].join(given[0])} {brackets[1]}")


COMMUNITY = st.one_of(
    st.tuples(U16, U16).map(lambda pair: f"{pair[0]}:{pair[1]}"),
    st.sampled_from(
        ["no-export", "NO_ADVERTISE", "no-export-subconfed", "nopeer", "no-peer", "blackhole", "no_export"]
    ),
    U32.map(str),
    U32.map(hex),
)
LARGE_COMMUNITY = st.one_of(
    st.tuples(U32, U32, U32).map(lambda three: ":".join(map(str, three))), st.integers(0, (1 << 96) - 1).map(str)
)
EXTENDED_COMMUNITY = st.one_of(
    st.tuples(st.sampled_from(["target:", "origin:", ""]), U16, U32).map(lambda given: "{}{}:{}".format(*given)),
    st.tuples(st.sampled_from(["target:", "origin:"]), IPV4, U16).map(lambda given: "{}{}:{}".format(*given)),
    st.tuples(st.sampled_from(["target4:", "origin4:"]), U32, U16).map(lambda given: "{}{}:{}".format(*given)),
    st.tuples(U16, U32).map(lambda pair: f"redirect:{pair[0]}:{pair[1]}"),
    st.tuples(U16, U32).map(lambda pair: f"bandwidth:{pair[0]}:{pair[1]}"),
    st.tuples(U16, U32).map(lambda pair: f"mup:{pair[0]}:{pair[1]}"),
    st.tuples(st.integers(0, 255), st.integers(0, 255), U16, U16).map(lambda four: "l2info:{}:{}:{}:{}".format(*four)),
    st.tuples(U32, U16).map(lambda pair: f"target:{pair[0]}L:{pair[1]}"),
    st.just("redirect-to-nexthop"),
    st.binary(min_size=8, max_size=8).map(lambda octets: f"0x{octets.hex()}"),
)
ATTRIBUTE = st.one_of(
    U32.map("med {}".format),
    U32.map("local-preference {}".format),
    st.sampled_from(["igp", "EGP", "Incomplete"]).map("origin {}".format),
    st.lists(st.sampled_from(["[]", "()"]).flatmap(_segment), min_size=1, max_size=3).map(
        lambda parts: f"as-path {' '.join(parts)}"
    ),
    _in_brackets(COMMUNITY).map("community {}".format),
    _in_brackets(LARGE_COMMUNITY).map("large-community {}".format),
    _in_brackets(EXTENDED_COMMUNITY).map("extended-community {}".format),
    st.tuples(ASN, IPV4, st.sampled_from(["( {}:{} )", "({}:{})", "{}:{}"])).map(
        lambda given: "aggregator " + given[2].format(*given[:2])
    ),
    st.just("atomic-aggregate"),
    IPV4.map("originator-id {}".format),
    _in_brackets(IPV4, least=1).map("cluster-list {}".format),
    st.integers(0, (1 << 64) - 1).map("aigp {}".format),
    st.integers(0, (1 << 64) - 1).map("aigp {:#x}".format),
    U32.map("path-information {}".format),
    IPV4.map("path-information {}".format),
    st.tuples(st.integers(100, 255), st.integers(0, 255), st.binary(max_size=6)).map(
        lambda given: f"attribute [ {given[0]:#x} {given[1]:#x} 0x{given[2].hex()} ]"
    ),
    st.sampled_from(["name web", "watchdog dog", "withdraw"]),
)


@st.composite
def prefixes(draw: st.DrawFn, version: int) -> str:
    """A prefix without host bits; a host route often without its length."""
    width = 128 if version == 6 else 32
    length = draw(st.integers(0, width))
    address = draw(st.ip_addresses(v=version))
    network = type(address)(int(address) >> width - length << width - length)
    # 224.0.0.0 and up is another family, with a test of its own.
    assume(not network.is_multicast or version == 6)
    return str(network) if length == width and draw(st.booleans()) else f"{network}/{length}"


@st.composite
def statements(draw: st.DrawFn) -> str:
    """`route P …`, `ipv4 unicast P …`, `attributes … nlri P …`: what follows announce or withdraw, in any order."""
    version = draw(st.sampled_from([4, 6]))
    hop = draw(st.one_of(st.just("self"), IPV4 if version == 4 else IPV6, st.just('"self"')))
    words = draw(st.permutations([f"next-hop {hop}", *draw(st.lists(ATTRIBUTE, max_size=5))]))
    kind = draw(st.sampled_from(["route", "unicast", "attributes", "attribute", "split", "braces"]))
    prefix = draw(prefixes(version))
    match kind:
        case "unicast":
            return f"ipv{version} unicast {prefix} {' '.join(words)}"
        case "attributes" | "attribute":
            more = draw(st.lists(prefixes(version), max_size=3))
            return f"{kind} {' '.join(words)} nlri {' '.join([prefix, *more])}"
        case "split":
            length = int(prefix.partition("/")[2] or (128 if version == 6 else 32))
            cut = min(length + draw(st.integers(0, 5)), 128 if version == 6 else 32)
            return f"route {prefix} split /{cut} {' '.join(words)}"
        case "braces":
            return f"route {prefix} {{ {'; '.join(words)}; }}"
    return f"route {prefix} {' '.join(words)}{draw(st.sampled_from(['', ';', ' ;', '  ']))}"


JUNK = st.one_of(
    st.sampled_from(
        ["[", "]", "(", ")", ",", ";", "{", "}", "next-hop", "self", "nlri", "/25", "med", "-1", "0x", "x"]
    ),
    st.sampled_from(["4294967296", "65536:1", "1:65536", "1:2", "1.2.3", "10.0.0.1/24", "2001:db8::1/64", "target:"]),
    st.text("0123456789.:/abcdefx-", min_size=1, max_size=12),
)


@st.composite
def damage(draw: st.DrawFn, whole: st.SearchStrategy[str]) -> str:
    """A line with a few of its words taken away, doubled, exchanged, put in capitals or replaced by junk."""
    words = draw(whole).split()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "junk", "insert", "upper"])):
            case "drop" if len(words) > 1:
                del words[at]
            case "double":
                words.insert(at, words[at])
            case "swap":
                other = draw(st.integers(0, len(words) - 1))
                words[at], words[other] = words[other], words[at]
            case "insert":
                words.insert(at, draw(JUNK))
            case "upper":
                words[at] = words[at].upper()
            case _:
                words[at] = draw(JUNK)
    return " ".join(words)


def damaged() -> st.SearchStrategy[str]:
    """A statement with something done to it."""
    return damage(statements())


WORD = st.one_of(
    JUNK,
    st.sampled_from(
        ["announce", "withdraw", "neighbor", "peer", "*", "route", "ipv4", "unicast", "attributes", "group"]
    ),
    st.sampled_from(
        ["192.0.2.1", "::1", '"', "'", "\\", "#", "json", "sync", "eor", "split", "as-path", "label", "rd"]
    ),
    st.sampled_from(
        ["show", "reset", "session", "watchdog", "clear", "adj-rib", "out", "flush", "name", "bgp-prefix-sid", "debug"]
    ),
)
"""Any word of the protocol, and some of none."""
