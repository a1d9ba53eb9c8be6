"""Decodes `encoder json` of ExaBGP 4.2, 5.0 and 6.0: one JSON object a line (`reactor/api/response/json.py`).

Differences between the versions that matter here:
- in 4.2, `as-path`, `as-set` and two confederation lists are separate; from 5.0 on, `as-path` is an object of segments,
  which labels every confederation segment `as-sequence`;
- `router-id` (from 5.0) is our own, not the peer's, so it is ignored;
- some messages are invalid JSON and are corrected: all messages about a neighbor with `local-as auto` or `peer-as auto`
  (5.0 prints `"peer": None`, even after it has learnt the AS number); `down` of 4.2 after a NOTIFICATION with data
  (control characters and backslashes in the reason, or a line end, so that the rest is missing); `refresh` of 4.2
  (doubled quotes); AIGP of 4.2 (a bare hexadecimal number); the end-of-RIB of 6.0 (a key inside a list).

An IPv6 prefix with a global and a link-local next hop (RFC 2545 section 3) is printed once under each of them.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, TypeAlias, cast

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw
from bgp2vpc.bgp.path import (
    Aggregator,
    AsSegment,
    Attributes,
    Community,
    ExtendedCommunity,
    LargeCommunity,
    Origin,
    Path,
    SegmentKind,
)
from bgp2vpc.exabgp_api.messages import (
    FAMILIES,
    Acknowledgement,
    Direction,
    Ignored,
    Keepalive,
    Message,
    Notification,
    Opened,
    PeerState,
    Shutdown,
    StateChange,
    Update,
    next_hop_of,
    raw_attribute,
)
from bgp2vpc.prefix import IPAddress, Prefix, parse_address, parse_prefix

_JsonObject: TypeAlias = dict[str, object]

_MENDS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r'"reason": "(.*?)(?:" } })?$'), lambda said: f'"reason": {json.dumps(said[1])} }} }}'),
    (re.compile(r'"(local|peer)": None\b'), r'"\1": null'),
    (re.compile(r'\[ *("eor" *: *\{[^{}]*\}) *\]'), r"[ { \1 } ]"),
    (re.compile(r'""([^"]*)""'), r'"\1"'),
    (re.compile(r": *(0x[0-9a-fA-F]+)\b"), r': "\1"'),
)

_FLAT_SEGMENTS: Final = (
    ("confederation-path", SegmentKind.CONFED_SEQUENCE),
    ("confederation-set", SegmentKind.CONFED_SET),
    ("as-path", SegmentKind.SEQUENCE),
    ("as-set", SegmentKind.SET),
)
"""4.2's lists, in the order of segments on the wire: confederation segments come first (RFC 5065 section 4.1)."""


def decode_json(line: str) -> tuple[Message, ...]:
    """Decode one line. Raises ValueError if it is malformed."""
    message = _object(_load(line), "line")
    if "answer" in message:
        word = _text(message["answer"], "answer")
        reason = _text(message.get("message", ""), "message")
        if word in ("done", "error"):
            return (Acknowledgement(word == "done", reason if word == "error" else ""),)
        if word == "shutdown":
            return (Shutdown(),)
        return (Ignored("answer", f"answer '{word}' is neither done, error nor shutdown"),)
    if "type" not in message:
        return (Ignored("reply"),)  # to `show`, `version` and the like
    if message.get("notification") == "shutdown":
        return (Shutdown(),)
    return tuple(_event(_text(message["type"], "type"), _object(message.get("neighbor", {}), "neighbor")))


def _event(kind: str, neighbor: _JsonObject) -> Iterator[Message]:
    match kind:
        case "state":
            state = PeerState(_text(neighbor.get("state"), "state"))
            yield StateChange(parse_address(_peer(neighbor)), state, _text(neighbor.get("reason", ""), "reason"))
        case "update":
            yield from _update(neighbor)
        case "notification" if "notification" in neighbor:
            said = _object(neighbor["notification"], "notification")
            code, subcode = (_number(said.get(key), key, 8) for key in ("code", "subcode"))
            yield Notification(parse_address(_peer(neighbor)), _direction(neighbor), code, subcode)
        case "open" if "open" in neighbor and _direction(neighbor) is Direction.RECEIVE:
            said = _object(neighbor["open"], "open")
            yield Opened(parse_address(_peer(neighbor)), _number(said.get("hold_time"), "hold_time", 16))
        case "keepalive" if _direction(neighbor) is Direction.RECEIVE:
            yield Keepalive(parse_address(_peer(neighbor)))
        case _:
            yield Ignored(kind)


def _load(line: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error}"
    for pattern, replacement in _MENDS:
        line, count = pattern.subn(replacement, line)
        if count:
            with suppress(json.JSONDecodeError):
                return json.loads(line)
    raise ValueError(problem)


def _update(neighbor: _JsonObject) -> Iterator[Message]:
    message = _object(neighbor.get("message"), "message")
    peer = parse_address(_peer(neighbor))
    if "eor" in message:
        events, ignored = _end_of_rib(message)
    elif "update" in message:
        update = _object(message["update"], "update")
        withdrawn = _object(update.get("withdraw", {}), "withdraw")
        announced = _object(update.get("announce", {}), "announce")
        # Withdrawals first: a prefix in both lists of one UPDATE counts as announced (RFC 4271 section 4.3).
        events = []
        for family in FAMILIES:
            for item in _list(withdrawn.get(family, []), "withdraw"):
                events.append(Withdraw(*_nlri(item, "withdraw")))
        if any(family in announced for family in FAMILIES):
            attributes = _attributes(_object(update.get("attribute", {}), "attribute"))
            for family in FAMILIES:
                events += _announcements(_object(announced.get(family, {}), family), attributes, peer)
        ignored = sorted((withdrawn.keys() | announced.keys()) - set(FAMILIES))
    else:
        yield Ignored("packet")  # `receive { packets; }` without `parsed`: octets only
        return
    if events:
        direction = _direction(neighbor)
        # With `peer-as auto`, an AS number is missing.
        asn = _object(neighbor.get("asn", {}), "asn")
        ours, peers = (
            None if asn.get(side) is None else _number(asn[side], f"asn.{side}", 32) for side in ("local", "peer")
        )
        yield Update(peer, direction, tuple(events), None if ours is None or ours == peers else peers)
    yield from (Ignored(f"update {family}") for family in ignored)


def _announcements(by_next_hop: _JsonObject, attributes: Attributes, peer: IPAddress) -> Iterator[Event]:
    told: set[object] = set()
    # ExaBGP prints the global next hop before the link-local one.
    for next_hop, nlris in by_next_hop.items():
        for item in _list(nlris, next_hop):
            if isinstance(item, dict) and "eor" in item:
                yield from _end_of_rib(item)[0]
                continue
            prefix, path_id = _nlri(item, next_hop)
            if (prefix, path_id) not in told:
                told.add((prefix, path_id))
                yield Announce(Path(prefix, next_hop_of(next_hop, peer), attributes, path_id))


def _end_of_rib(message: _JsonObject) -> tuple[list[Event], list[str]]:
    eor = _object(message["eor"], "eor")
    family = f"{_text(eor.get('afi'), 'afi')} {_text(eor.get('safi'), 'safi')}"
    return ([EndOfRib(family)], []) if family in FAMILIES else ([], [family])


def _nlri(item: object, field: str) -> tuple[Prefix, int | None]:
    """The prefix and the path identifier or None; with `exabgp.api.compact`, a prefix without one is bare text.

    ExaBGP prints `path-information` as an address; 0.0.0.0 on an ADD-PATH session (RFC 7911) means none.
    """
    nlri = _object({"nlri": item} if isinstance(item, str) else item, field)
    prefix, path_id = parse_prefix(_text(nlri.get("nlri"), "nlri")), None
    if "path-information" in nlri:
        path_id = int(parse_address(_text(nlri["path-information"], "path-information"))) or None
    return prefix, path_id


def _peer(neighbor: _JsonObject) -> str:
    return _text(_object(neighbor.get("address"), "address").get("peer"), "address.peer")


def _direction(neighbor: _JsonObject) -> Direction:
    return Direction(_text(neighbor.get("direction"), "direction"))


def _attributes(attribute: _JsonObject) -> Attributes:
    """Decode the `attribute` object of an update. Attributes that Attributes has no field for are left out."""
    origin = _text(attribute.get("origin", "igp"), "origin")
    if origin.upper() not in Origin.__members__:
        raise ValueError(f"origin: '{origin}' is none of igp, egp, incomplete")
    aggregator = None
    if (given := attribute.get("aggregator")) is not None:
        asn, _, speaker = _text(given, "aggregator").partition(":")
        aggregator = Aggregator(_number(int(asn), "aggregator", 32), parse_address(speaker))
    originator = attribute.get("originator-id")
    aigp = attribute.get("aigp")
    if aigp is not None and not isinstance(aigp, int):
        # Hexadecimal text in every version (bare, so no JSON, in 4.2).
        aigp = _number(int(_text(aigp, "aigp"), 16), "aigp", 64)
    return Attributes(
        origin=Origin[origin.upper()],
        as_path=tuple(_as_path(attribute)),
        med=_optional_number(attribute, "med"),
        local_preference=_optional_number(attribute, "local-preference"),
        communities=tuple(Community(*_numbers(item, "community", 2, 16)) for item in _items(attribute, "community")),
        large_communities=tuple(
            LargeCommunity(*_numbers(item, "large-community", 3, 32)) for item in _items(attribute, "large-community")
        ),
        extended_communities=tuple(
            ExtendedCommunity(
                _number(_object(item, "extended-community").get("value"), "extended-community", 64).to_bytes(8)
            )
            for item in _items(attribute, "extended-community")
        ),
        aggregator=aggregator,
        atomic_aggregate=attribute.get("atomic-aggregate") is True,
        originator_id=parse_address(_text(originator, "originator-id")) if originator is not None else None,
        cluster_list=tuple(parse_address(_text(item, "cluster-list")) for item in _items(attribute, "cluster-list")),
        aigp=aigp,
        raw=tuple(
            raw
            for name, value in attribute.items()
            if name.startswith("attribute-")  # `"attribute-0xCODE-0xFLAGS": "0xVALUE"`
            for code, _, flags in [name.removeprefix("attribute-").partition("-")]
            if (raw := raw_attribute(code, flags, _text(value, name)))
        ),
    )


def _items(attribute: _JsonObject, name: str) -> list[object]:
    return _list(attribute.get(name, []), name)


def _optional_number(attribute: _JsonObject, name: str) -> int | None:
    return _number(attribute[name], name, 32) if name in attribute else None


def _numbers(value: object, name: str, count: int, bits: int) -> tuple[int, ...]:
    items = _list(value, name)
    if len(items) != count:
        raise ValueError(f"{name}: {len(items)} numbers instead of {count}")
    return tuple(_number(item, name, bits) for item in items)


def _as_path(attribute: _JsonObject) -> Iterator[AsSegment]:
    segments = attribute.get("as-path", [])
    if isinstance(segments, dict):
        for key in sorted(segments, key=int):
            segment = _object(segments[key], "as-path")
            kind = SegmentKind(_text(segment.get("element"), "as-path element"))
            yield AsSegment(kind, _asns(segment.get("value"), "as-path value"))
        return
    for name, kind in _FLAT_SEGMENTS:
        if asns := _asns(attribute.get(name, []), name):
            yield AsSegment(kind, asns)


def _asns(value: object, name: str) -> tuple[int, ...]:
    return tuple(_number(item, name, 32) for item in _list(value, name))


# Type checks of decoded JSON: a value of the wrong type raises a ValueError that names the field.


def _object(value: object, field: str) -> _JsonObject:
    if not isinstance(value, dict):
        raise ValueError(f"{field}: {_short(value)} is not an object")
    return cast(_JsonObject, value)


def _list(value: object, field: str) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{field}: {_short(value)} is not a list")
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{field}: {_short(value)} is not a string")
    return value


def _number(value: object, field: str, bits: int) -> int:
    """`value`, if it is an unsigned number of at most `bits` bits; else ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise ValueError(f"{field}: {_short(value)} is not a number from 0 to 2^{bits}-1")
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
