"""Captured sessions, and decoded messages as one short line each, so that tests compare text."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw
from bgp2vpc.bgp.path import Attributes
from bgp2vpc.exabgp_api.messages import (
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
    Update,
)

CAPTURES = Path(__file__).parent / "data" / "captures"
_RECORD = re.compile(r" *[\d.]+ < ?(.*)")


def heard(capture: Path) -> Iterator[str]:
    """The lines ExaBGP wrote to the helper's stdin."""
    for record in capture.read_text(encoding="ascii").splitlines():
        if match := _RECORD.fullmatch(record):
            yield match[1]


def describe(messages: Iterable[Message]) -> Iterator[str]:
    """One line for each message; an update gives one for each event. Ignored messages are left out."""
    for message in messages:
        match message:
            case Update(peer, direction, events):
                sent = "send " if direction is Direction.SEND else ""
                yield from (f"{peer} {sent}{_event(event)}" for event in events)
            case Established() | NotEstablished() | Held():
                yield _answer(message)
            case StateChange(peer, state, reason):
                yield f"{peer} {state.value}{f' ({reason})' if reason else ''}"
            case Notification(peer, direction):
                yield f"{peer} {direction.value} notification"
            case Acknowledgement(ok):
                yield "done" if ok else "error"
            case ErrorReason(text):
                yield f"because {text}"
            case Shutdown():
                yield "shutdown"
            case Ignored():
                pass


def _answer(message: Established | NotEstablished | Held) -> str:
    if not isinstance(message, Held):
        return f"{message.peer} {'established' if isinstance(message, Established) else 'not established'}"
    outside = f" from {message.external_as}" if message.external_as else ""
    return f"{message.peer} holds {_event(Announce(message.path))}{outside}"


def what_counts(messages: Iterable[Message]) -> Iterator[Message]:
    """Received updates, and the ups and downs that mean something.

    Left out: answers, what we sent, keepalives; `connected`; a `down` without an `up` before it.
    """
    up = set()
    for message in messages:
        match message:
            case Update(direction=Direction.RECEIVE):
                yield message
            case StateChange(peer, PeerState.UP):
                up.add(peer)
                yield StateChange(peer, PeerState.UP)
            case StateChange(peer, PeerState.DOWN) if peer in up:
                up.remove(peer)
                yield StateChange(peer, PeerState.DOWN)


def _event(event: Event) -> str:
    match event:
        case Announce(path):
            identifier = "" if path.path_id is None else f" id {path.path_id}"
            return f"+ {path.prefix}{identifier} via {path.next_hop}{_attributes(path.attributes)}"
        case Withdraw(prefix, path_id):
            return f"- {prefix}{'' if path_id is None else f' id {path_id}'}"
        case EndOfRib(family):
            return f"end-of-rib {family}"
    raise AssertionError(f"no {event} comes from ExaBGP")


def _attributes(attributes: Attributes) -> str:
    words = []
    if attributes.origin:
        words.append(str(attributes.origin))
    if attributes.med is not None:
        words.append(f"med {attributes.med}")
    if attributes.local_preference is not None:
        words.append(f"lp {attributes.local_preference}")
    for segment in attributes.as_path:
        words.append(f"{segment.kind.value.removesuffix('-sequence')} {' '.join(map(str, segment.asns))}")
    for name, values in (
        ("community", attributes.communities),
        ("large", attributes.large_communities),
        ("extended", attributes.extended_communities),
    ):
        if values:
            words.append(f"{name} {' '.join(map(str, values))}")
    return "".join(f" {word}" for word in words)
