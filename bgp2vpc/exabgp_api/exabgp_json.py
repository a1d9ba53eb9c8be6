"""`encoder json`: one JSON object a line, as ExaBGP 4.2, 5.0 and 6.0 print it.

Differences that matter here:
- `as-path` is a list, beside `as-set` and two confederation lists, in 4.2; from 5.0 on an object of segments, which
  calls every confederation segment `as-sequence`;
- `router-id` (from 5.0) is our own, not the peer's, so nothing is made of it;
- three things are no JSON at all and are mended before reading: doubled quotes in 4.2's `refresh`, 4.2's bare
  hexadecimal AIGP, and the end-of-RIB of 6.0, a key inside a list.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw
from bgp2vpc.bgp.path import Attributes, Path
from bgp2vpc.exabgp_api.exabgp_json_attributes import read_attributes
from bgp2vpc.exabgp_api.json_value import JsonObject, as_list, as_number, as_object, as_text
from bgp2vpc.exabgp_api.message import (
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
)
from bgp2vpc.prefix import parse_address, parse_prefix

_MENDS: Final = (
    (re.compile(r'\[ *("eor" *: *\{[^{}]*\}) *\]'), r"[ { \1 } ]"),
    (re.compile(r'""([^"]*)""'), r'"\1"'),
    (re.compile(r": *(0x[0-9a-fA-F]+)\b"), r': "\1"'),
)


def decode_json(line: str) -> tuple[Message, ...]:
    """What one line says. Raises ValueError when it cannot be read."""
    message = as_object(_load(line), "line")
    if "answer" in message:
        return (_answer(message),)
    if "type" not in message:
        return (Ignored("reply"),)  # of `show`, `version` and the like
    if message.get("notification") == "shutdown":
        return (Shutdown(),)
    return tuple(_event(as_text(message["type"], "type"), as_object(message.get("neighbor", {}), "neighbor")))


def _event(kind: str, neighbor: JsonObject) -> Iterator[Message]:
    match kind:
        case "state":
            yield _state(neighbor)
        case "update":
            yield from _update(neighbor)
        case "notification" if "notification" in neighbor:
            yield Notification(parse_address(_peer(neighbor)), _direction(neighbor))
        case "open" if "open" in neighbor and _direction(neighbor) is Direction.RECEIVE:
            said = as_object(neighbor["open"], "open")
            yield Opened(parse_address(_peer(neighbor)), as_number(said.get("hold_time"), "hold_time", 16))
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


def _answer(message: JsonObject) -> Message:
    word = as_text(message["answer"], "answer")
    text = as_text(message.get("message", ""), "message")
    if word == "shutdown":
        return Shutdown()
    if word in {"done", "error"}:
        return Acknowledgement(word == "done", text if word == "error" else "")
    return Ignored("answer", f"answer '{word}' is neither done, error nor shutdown")


def _state(neighbor: JsonObject) -> StateChange:
    return StateChange(
        peer=parse_address(_peer(neighbor)),
        state=PeerState(as_text(neighbor.get("state"), "state")),
        reason=as_text(neighbor.get("reason", ""), "reason"),
    )


def _update(neighbor: JsonObject) -> Iterator[Message]:
    message = as_object(neighbor.get("message"), "message")
    if "eor" in message:
        events, ignored = _end_of_rib(message)
    elif "update" in message:
        events, ignored = _routes(as_object(message["update"], "update"))
    else:
        yield Ignored("packet")  # `receive { packets; }` without `parsed`: octets only
        return
    if events:
        yield Update(parse_address(_peer(neighbor)), _direction(neighbor), tuple(events), _external_as(neighbor))
    yield from (Ignored(f"update {family}") for family in ignored)


def _routes(update: JsonObject) -> tuple[list[Event], list[str]]:
    """The events of an UPDATE and the families left out of it.

    Withdrawals first: a prefix in both lists of one UPDATE counts as announced (RFC 4271 section 4.3).
    """
    withdrawn = as_object(update.get("withdraw", {}), "withdraw")
    announced = as_object(update.get("announce", {}), "announce")
    events: list[Event] = []
    for family in FAMILIES:
        events += _withdrawals(withdrawn.get(family, []))
    if any(family in announced for family in FAMILIES):
        attributes = read_attributes(as_object(update.get("attribute", {}), "attribute"))
        for family in FAMILIES:
            events += _announcements(as_object(announced.get(family, {}), family), attributes)
    return events, sorted((withdrawn.keys() | announced.keys()) - set(FAMILIES))


def _withdrawals(nlris: object) -> Iterator[Event]:
    for item in as_list(nlris, "withdraw"):
        nlri = as_object(item, "withdraw")
        yield Withdraw(parse_prefix(as_text(nlri.get("nlri"), "nlri")), _path_id(nlri))


def _announcements(by_next_hop: JsonObject, attributes: Attributes) -> Iterator[Event]:
    for next_hop, nlris in by_next_hop.items():
        for item in as_list(nlris, next_hop):
            nlri = as_object(item, next_hop)
            if "eor" in nlri:
                yield from _end_of_rib(nlri)[0]
            else:
                prefix = parse_prefix(as_text(nlri.get("nlri"), "nlri"))
                yield Announce(Path(prefix, parse_address(next_hop), attributes, _path_id(nlri)))


def _end_of_rib(message: JsonObject) -> tuple[list[Event], list[str]]:
    eor = as_object(message["eor"], "eor")
    family = f"{as_text(eor.get('afi'), 'afi')} {as_text(eor.get('safi'), 'safi')}"
    return ([EndOfRib(family)], []) if family in FAMILIES else ([], [family])


def _path_id(nlri: JsonObject) -> int | None:
    """`path-information`, printed like an address; 0.0.0.0 is none where ADD-PATH is spoken (RFC 7911)."""
    if "path-information" not in nlri:
        return None
    return int(parse_address(as_text(nlri["path-information"], "path-information"))) or None


def _peer(neighbor: JsonObject) -> str:
    return as_text(as_object(neighbor.get("address"), "address").get("peer"), "address.peer")


def _external_as(neighbor: JsonObject) -> int | None:
    """The peer's AS where it is not ours. With `peer-as auto` one may be missing until the session is negotiated."""
    numbers = as_object(neighbor.get("asn", {}), "asn")
    ours, peers = (_asn(numbers, side) for side in ("local", "peer"))
    return None if ours is None or ours == peers else peers


def _asn(numbers: JsonObject, side: str) -> int | None:
    value = numbers.get(side)
    return None if value is None else as_number(value, f"asn.{side}", bits=32)


def _direction(neighbor: JsonObject) -> Direction:
    return Direction(as_text(neighbor.get("direction"), "direction"))
