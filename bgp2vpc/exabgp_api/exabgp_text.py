"""`encoder text`: what ExaBGP 4.2, 5.0 and 6.0 print as words, events and answers.

An update is a block: `neighbor A receive update start`, one line for each prefix, `… end`, an empty line. Every line of
a prefix is complete in itself, so each is decoded alone, and start, end and empty lines mean nothing.
"""

import re
from typing import Final

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw
from bgp2vpc.bgp.path import Path
from bgp2vpc.exabgp_api.exabgp_text_attributes import read_attributes
from bgp2vpc.exabgp_api.message import (
    FAMILIES,
    Acknowledgement,
    Direction,
    Established,
    Held,
    Ignored,
    Message,
    Notification,
    PeerState,
    Reason,
    Shutdown,
    StateChange,
    SummaryBegins,
    Update,
)
from bgp2vpc.prefix import IPAddress, Prefix, parse_address, parse_prefix

_SHUTDOWN: Final = re.compile(r"shutdown( \d+ \d+)?")
_STATE: Final = re.compile(r"(connected|up|down)(?: - (.*))?")
_NOTIFICATION: Final = re.compile(r"notification code \d+ subcode \d+ data 0x[0-9a-fA-F]*")
_EOR: Final = re.compile(r"route eor \d+/\d+ \(([a-z0-9]+ [a-z0-9-]+)\)")
# Address, AS, time up (`1 day, 2:03:04` too), state, updates sent and received.
_ESTABLISHED: Final = re.compile(r"([0-9a-fA-F.:]+) +\d+ +\S.* established +\d+ +\d+")
_SUMMARY: Final = re.compile(r"Peer +AS +up/down state .*")
_HELD: Final = re.compile(
    r"local-ip \S+ local-as (\d+) peer-as (\d+) router-id \S+ family-allowed \S+ ([a-z0-9]+ [a-z0-9-]+) (.+)"
)
_DIRECTIONS: Final = {direction.value: direction for direction in Direction}


def decode_text(line: str) -> tuple[Message, ...]:
    """What one line says. Raises ValueError when it cannot be read."""
    if line in ("done", "error"):
        return (Acknowledgement(ok=line == "done"),)
    if _SHUTDOWN.fullmatch(line):
        return (Shutdown(),)
    if line.startswith("error: "):
        return (Reason(line.removeprefix("error: ")),)
    if line.startswith("neighbor "):
        return _neighbor(line)
    if established := _ESTABLISHED.fullmatch(line):
        return (Established(parse_address(established[1])),)
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
        return (Ignored("text"),)  # replies to `show` begin like events
    kind, _, what = said.partition(" ")
    if kind == "update":
        return (_update(parse_address(peer), direction, what),)
    if _NOTIFICATION.match(said):
        return (Notification(parse_address(peer), direction),)
    return (Ignored("packet" if kind.isdigit() else kind),)


def _held(peer: IPAddress, line: re.Match[str]) -> Message:
    local_as, peer_as, family, route = line.groups()
    if family not in FAMILIES:
        return Ignored(f"held {family}")
    prefix_text, path_id, words = _nlri(route.split())
    path = _path(parse_prefix(prefix_text), path_id, words)
    return Held(peer, path, int(peer_as) if peer_as != local_as else None)


def _update(peer: IPAddress, direction: Direction, what: str) -> Message:
    verb, _, nlri = what.partition(" ")
    match verb:
        case "start" | "end":
            return Ignored("update")
        case "route" if eor := _EOR.fullmatch(what):
            return _events(peer, direction, eor[1], EndOfRib(eor[1]))
        case "announced" | "withdrawn":
            return _route(peer, direction, verb, nlri.split())
    return Ignored("update of another family")  # `flow …` and the like stand without a verb


def _events(peer: IPAddress, direction: Direction, family: str, event: Event) -> Message:
    return Update(peer, direction, (event,)) if family in FAMILIES else Ignored(f"update {family}")


def _route(peer: IPAddress, direction: Direction, verb: str, words: list[str]) -> Message:
    """`P [path-information I] [next-hop H ATTRIBUTES]`.

    Other families begin with a name (`flow`, `vpls`), or have words of their own after the prefix (`label`, `rd`).
    """
    if not words or not (words[0][:1].isdigit() or ":" in words[0]):
        return Ignored("update of another family")
    prefix_text, path_id, words = _nlri(words)
    if words and words[0] != "next-hop":
        return Ignored("update of another family")
    prefix = parse_prefix(prefix_text)
    if verb == "withdrawn":
        return Update(peer, direction, (Withdraw(prefix, path_id),))
    return Update(peer, direction, (Announce(_path(prefix, path_id, words)),))


def _nlri(words: list[str]) -> tuple[str, int | None, list[str]]:
    """The prefix, its path identifier if it has one, and what follows."""
    prefix_text, *words = words
    if words[:1] != ["path-information"]:
        return prefix_text, None, words
    return prefix_text, int(parse_address(_word(words, 1))) or None, words[2:]


def _path(prefix: Prefix, path_id: int | None, words: list[str]) -> Path:
    """`words`: `next-hop H ATTRIBUTES`."""
    return Path(prefix, parse_address(_word(words, 1)), read_attributes(words[2:]), path_id)


def _word(words: list[str], index: int) -> str:
    if len(words) <= index:
        raise ValueError("the line ends too early")
    return words[index]
