"""Decodes the lines that ExaBGP writes to a helper's stdin into messages, each line by itself.

`decode` accepts both encodings. This file decodes `encoder text` of ExaBGP 4.2, 5.0 and 6.0
(`reactor/api/response/text.py`); `messages_json` decodes `encoder json`.

An update is a block: `neighbor A receive update start`, one line for each prefix, `… end`, an empty line. The line of
a prefix has all its attributes, so start, end and empty lines are ignored.

ExaBGP does not print all attributes in the form in which it reads them: `as-path ( 1 2 )` is a sequence in 5.0 and 6.0
(4.2 prints `[ 1 2 ]`), and two spaces follow `atomic-aggregate`. An attribute's value is therefore every word up to
the next attribute's name.
"""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from bgp2vpc.bgp.events import Announce, EndOfRib, Withdraw
from bgp2vpc.bgp.path import (
    NO_ATTRIBUTES,
    Aggregator,
    AsSegment,
    Attributes,
    ExtendedCommunity,
    Origin,
    Path,
    RawAttribute,
    SegmentKind,
)
from bgp2vpc.exabgp_api.command import LineError
from bgp2vpc.exabgp_api.communities import community, extended_community, large_community
from bgp2vpc.exabgp_api.messages import (
    FAMILIES,
    Acknowledgement,
    Direction,
    ErrorReason,
    Established,
    Held,
    Ignored,
    Message,
    NotEstablished,
    Notification,
    PeerState,
    Shutdown,
    StateChange,
    SummaryBegins,
    Update,
    next_hop_of,
    raw_attribute,
)
from bgp2vpc.exabgp_api.messages_json import decode_json
from bgp2vpc.exabgp_api.words import U32, U64, asn, ipv4, number
from bgp2vpc.prefix import IPAddress, Prefix, parse_address, parse_prefix

_SHUTDOWN: Final = re.compile(r"shutdown( \d+ \d+)?")
_STATE: Final = re.compile(r"(connected|up|down)(?: - (.*))?")
_NOTIFICATION: Final = re.compile(r"notification code (\d{1,3}) subcode (\d{1,3}) data 0x[0-9a-fA-F]*")
_EOR: Final = re.compile(r"route eor \d+/\d+ \(([a-z0-9]+ [a-z0-9-]+)\)")
# Address, AS, time up (`1 day, 2:03:04` too), state, updates sent and received.
_SESSION: Final = re.compile(r"([0-9a-fA-F.:]+) +\d+ +(?:\S.* (established)|down +[a-z]+) +\d+ +\d+")
_SUMMARY: Final = re.compile(r"Peer +AS +up/down state .*")
_HELD: Final = re.compile(
    r"local-ip \S+ local-as (\d+|auto) peer-as (\d+|auto) router-id \S+ family-allowed \S+ ([a-z0-9]+ [a-z0-9-]+) (.+)"
)
_DIRECTIONS: Final = {direction.value: direction for direction in Direction}


def decode(line: str) -> tuple[Message, ...]:
    """Decode one line, text or JSON, with or without its newline; an empty line has no messages. Never raises.

    Both encodings share one pipe: answers are plain words even if events are JSON. A line that cannot be decoded
    becomes Ignored with a `problem`, a valid one that is not used becomes Ignored without.
    """
    line = line.rstrip("\r\n")
    if not line:
        return ()
    decoder = decode_json if line.startswith("{") else _decode_text
    try:
        return decoder(line)
    except (ValueError, RecursionError) as error:  # RecursionError: json on thousands of nested brackets
        return (Ignored("unreadable", str(error)),)


def _decode_text(line: str) -> tuple[Message, ...]:
    """Decode one line of text. Raises ValueError if it is malformed."""
    if line in ("done", "error"):
        return (Acknowledgement(ok=line == "done"),)
    if _SHUTDOWN.fullmatch(line):
        return (Shutdown(),)
    if line.startswith("error: "):
        return (ErrorReason(line.removeprefix("error: ")),)
    if line.startswith("neighbor "):
        return _neighbor(line)
    if session := _SESSION.fullmatch(line):
        peer = parse_address(session[1])
        return (Established(peer) if session[2] else NotEstablished(peer),)
    # Else the reply to another `show` or to `help`, or the octets of a packet (` header 0x… body 0x…`).
    return (SummaryBegins() if _SUMMARY.fullmatch(line) else Ignored("text"),)


def _neighbor(line: str) -> tuple[Message, ...]:
    _, peer, *rest = line.split(" ", 2)
    said = rest[0] if rest else ""
    if state := _STATE.fullmatch(said):
        return (StateChange(parse_address(peer), PeerState(state[1]), state[2] or ""),)
    if held := _HELD.fullmatch(said):
        return (_held(parse_address(peer), held),)
    word, _, said = said.partition(" ")
    direction = _DIRECTIONS.get(word)
    if direction is None:
        return (Ignored("text"),)  # replies to `show` also begin with `neighbor`
    kind, _, what = said.partition(" ")
    if kind == "update":
        return (_update(parse_address(peer), direction, what),)
    if notification := _NOTIFICATION.match(said):
        return (Notification(parse_address(peer), direction, int(notification[1]), int(notification[2])),)
    return (Ignored("packet" if kind.isdigit() else kind),)


def _held(peer: IPAddress, line: re.Match[str]) -> Message:
    local_as, peer_as, family, route = line.groups()
    if family not in FAMILIES:
        return Ignored(f"held {family}")
    prefix_text, path_id, words = _nlri(route.split())
    path = _path(parse_prefix(prefix_text), path_id, words, peer)
    return Held(peer, path, None if "auto" in (local_as, peer_as) or local_as == peer_as else int(peer_as))


def _update(peer: IPAddress, direction: Direction, what: str) -> Message:
    """Decode `start`, `end`, `route eor …`, or `announced|withdrawn P [path-information I] [next-hop H ATTRIBUTES]`."""
    verb, _, nlri = what.partition(" ")
    if verb in ("start", "end"):
        return Ignored("update")
    if eor := _EOR.fullmatch(what):
        family = eor[1]
        return Update(peer, direction, (EndOfRib(family),)) if family in FAMILIES else Ignored(f"update {family}")
    words = nlri.split()
    # Other families have no verb (`flow …`), begin with a name (`announced vpls …`), or have more words after the
    # prefix (`label`, `rd`).
    if verb not in ("announced", "withdrawn") or not words or not (words[0][:1].isdigit() or ":" in words[0]):
        return Ignored("update of another family")
    prefix_text, path_id, words = _nlri(words)
    if words and words[0] != "next-hop":
        return Ignored("update of another family")
    prefix = parse_prefix(prefix_text)
    event = Withdraw(prefix, path_id) if verb == "withdrawn" else Announce(_path(prefix, path_id, words, peer))
    return Update(peer, direction, (event,))


def _nlri(words: list[str]) -> tuple[str, int | None, list[str]]:
    """The prefix, its path identifier or None, and the words that follow."""
    prefix_text, *words = words
    if words[:1] != ["path-information"]:
        return prefix_text, None, words
    return prefix_text, int(parse_address(_word(words, 1))) or None, words[2:]


def _path(prefix: Prefix, path_id: int | None, words: list[str], peer: IPAddress) -> Path:
    """The Path of `next-hop H ATTRIBUTES`. Attributes that Attributes has no field for are left out.

    Raises ValueError, which names the malformed attribute.
    """
    next_hop, words = next_hop_of(_word(words, 1), peer), words[2:]
    values: dict[str, Any] = {}
    starts = [at for at, word in enumerate(words) if not at or word in _READERS or word in _LEFT_OUT]
    for start, end in pairwise([*starts, len(words)]):
        name, value = words[start], words[start + 1 : end]
        if name not in _READERS:
            continue
        field, read = _READERS[name]
        try:
            found = read(value)
        except (ValueError, IndexError) as error:
            raise ValueError(f"{name} '{' '.join(value)}': {error}") from None
        if field != "raw":
            values[field] = found
        elif found is not None:
            values["raw"] = (*values.get("raw", ()), found)
    return Path(prefix, next_hop, Attributes(**values) if values else NO_ATTRIBUTES, path_id)


def _word(words: list[str], index: int) -> str:
    if len(words) <= index:
        raise ValueError("the line ends too early")
    return words[index]


def _items(value: list[str]) -> list[str]:
    """The items of a value: ExaBGP prints a single item bare and several in brackets."""
    return value[1:-1] if value[0] in ("[", "(") else value


def _origin(value: list[str]) -> Origin:
    try:
        return Origin[value[0].upper()]
    except KeyError:
        raise ValueError("none of igp, egp, incomplete") from None


def _as_path(value: list[str]) -> tuple[AsSegment, ...]:
    """Decode an AS path. 5.0 and 6.0 print brackets around each segment, 4.2 one pair: `[ 1 2 ( 3 4 ) ]`.

    A second pair of 4.2 has the confederation's segments, which come first on the wire (RFC 5065 section 4.1). A lone
    `[ 1 2 ]` is decoded as 4.2's sequence. From 5.0 it would be a path of only a set, which RFC 9774 forbids.
    """
    if pairs := _PATH_OF_42.fullmatch(" ".join(value)):
        parts = zip(_KINDS_OF_42, (asns.split() for asns in pairs.groups(default="")), strict=True)
        found = [AsSegment(kind, tuple(asn("as-path", word) for word in words)) for kind, words in parts if words]
        return tuple(sorted(found, key=lambda segment: segment.kind not in _CONFEDERATION))
    segments: list[AsSegment] = []
    kind, asns = SegmentKind.SEQUENCE, list[int]()
    for word in value:
        if word in _OPENING:
            kind, asns = _OPENING[word], []
        elif word in _CLOSING:
            segments.append(AsSegment(kind, tuple(asns)))
        else:
            asns.append(asn("as-path", word))
    return tuple(segments)


_PAIR: Final = r"\[ ([^][()]*)(?:\( ([^][()]*)\) ?)?\]"
_PATH_OF_42: Final = re.compile(f"{_PAIR}(?:{_PAIR})?")
_CONFEDERATION: Final = (SegmentKind.CONFED_SEQUENCE, SegmentKind.CONFED_SET)
_KINDS_OF_42: Final = (SegmentKind.SEQUENCE, SegmentKind.SET, *_CONFEDERATION)
_OPENING: Final = {
    "(": SegmentKind.SEQUENCE,
    "[": SegmentKind.SET,
    "{(": SegmentKind.CONFED_SEQUENCE,
    "{[": SegmentKind.CONFED_SET,
}
_CLOSING: Final = frozenset({")", "]", ")}", "]}"})


def _extended(value: list[str]) -> tuple[ExtendedCommunity, ...]:
    """Decode extended communities. Tunnels and flow actions are left out: their text cannot be turned into octets."""
    found = []
    for word in _items(value):
        try:
            octets = extended_community(word)
        except LineError:
            continue
        # In ExaBGP's output, unlike its input, type 2 (RFC 5668) is a four-octet AS number and type 1 an address.
        if octets[0] == 0x01 and "." not in word and not word.startswith("0x"):
            octets = ExtendedCommunity(b"\x02" + octets[1:])
        found.append(octets)
    return tuple(found)


def _aggregator(value: list[str]) -> Aggregator:
    number_text, _, speaker = _items(value)[0].partition(":")
    return Aggregator(asn("asn", number_text), ipv4("speaker", speaker))


def _raw(value: list[str]) -> RawAttribute | None:
    code, flags, *octets = _items(value)
    return raw_attribute(code, flags, " ".join(octets))


_READERS: Final[dict[str, tuple[str, Callable[[list[str]], object]]]] = {
    "origin": ("origin", _origin),
    "as-path": ("as_path", _as_path),
    "med": ("med", lambda value: number("med", value[0], U32)),
    "local-preference": ("local_preference", lambda value: number("local-preference", value[0], U32)),
    "community": ("communities", lambda value: tuple(map(community, _items(value)))),
    "large-community": ("large_communities", lambda value: tuple(map(large_community, _items(value)))),
    "extended-community": ("extended_communities", _extended),
    "aggregator": ("aggregator", _aggregator),
    "atomic-aggregate": ("atomic_aggregate", lambda _: True),
    "originator-id": ("originator_id", lambda value: ipv4("originator-id", value[0])),
    "cluster-list": ("cluster_list", lambda value: tuple(ipv4("cluster-list", word) for word in _items(value))),
    "aigp": ("aigp", lambda value: number("aigp", value[0], U64, hexadecimal=True)),
    "attribute": ("raw", _raw),
}
_LEFT_OUT: Final = frozenset({"extended-community-ipv6", "pmsi", "bgp-ls", "bgp-prefix-sid", "name", "error"})
