"""What peers say before there is a daemon."""

from dataclasses import replace

from bgp2vpc.exabgp_api.messages import Message, Opened, Update
from bgp2vpc.exabgp_api.messages_text import decode
from bgp2vpc.prefix import parse_address
from bgp2vpc.speaker.startup_buffer import StartupBuffer

UP_A, DOWN_A, UP_B = "neighbor 10.0.0.1 up", "neighbor 10.0.0.1 down - peer reset", "neighbor 10.0.0.2 up"


def messages(*lines: str) -> list[Message]:
    return [message for line in lines for message in decode(line)]


def update(peer: str, prefix: str, verb: str = "announce") -> str:
    family = f'{{"10.0.0.9": [{{"nlri": "{prefix}"}}]}}' if verb == "announce" else f'[{{"nlri": "{prefix}"}}]'
    return (
        f'{{"exabgp": "5.0.0", "type": "update", "neighbor": {{"address": {{"local": "10.0.0.9", "peer": "{peer}"}}, '
        f'"asn": {{"local": 1, "peer": 2}}, "direction": "receive", '
        f'"message": {{"update": {{"{verb}": {{"ipv4 unicast": {family}}}}}}}}}}}'
    )


def updates(*lines: str) -> list[Update]:
    return [each for each in messages(*lines) if isinstance(each, Update)]


def left_of(*said: Message, limit: int = 10) -> list[Message]:
    buffer = StartupBuffer(limit)
    for message in said:
        buffer.note(message)
    return buffer.take()


def test_what_was_said_is_handed_over_in_order() -> None:
    said = messages(UP_A, update("10.0.0.1", "192.0.2.1/32"), update("10.0.0.1", "192.0.2.1/32", "withdraw"))
    assert len(said) == 3
    assert left_of(*said) == said


def test_a_neighbor_that_has_no_session_is_handed_over() -> None:
    said = messages("10.0.0.1       64513        down idle                  0          0")
    assert left_of(*said) == said != []


def test_the_hold_time_that_a_peer_has_proposed_is_handed_over() -> None:
    opened = messages(
        '{"exabgp": "5.0.0", "type": "open", "neighbor": {"address": {"local": "10.0.0.9", "peer": "10.0.0.1"}, '
        '"asn": {"local": 1, "peer": 1}, "direction": "receive", "open": {"version": 4, "asn": 1, "hold_time": 3}}}'
    )
    assert left_of(*opened, *messages(UP_A)) == [Opened(parse_address("10.0.0.1"), 3), *messages(UP_A)]


def test_a_peer_that_went_down_has_said_nothing() -> None:
    said = messages(UP_A, update("10.0.0.1", "192.0.2.1/32"), UP_B, DOWN_A)
    assert left_of(*said) == messages(UP_B)
    assert left_of(*said, *messages(UP_A)) == messages(UP_B, UP_A)


def test_answers_and_refused_connects_are_not_kept() -> None:
    assert left_of(*messages("done", "error", "neighbor 10.0.0.1 connected", DOWN_A)) == []


def test_the_oldest_goes_first_when_a_peer_says_too_much() -> None:
    said = updates(*(update("10.0.0.1", f"192.0.2.{n}/32") for n in range(5)))
    assert left_of(*said, *messages(UP_B), limit=3) == [*said[2:], *messages(UP_B)]


def test_a_prefix_that_flaps_for_days_costs_no_other_one_its_announcement() -> None:
    stable, again = updates(update("10.0.0.1", "192.0.2.1/32"), update("10.0.0.1", "192.0.2.2/32"))
    gone = messages(update("10.0.0.1", "192.0.2.2/32", "withdraw"))
    up, eor = messages(UP_A, "neighbor 10.0.0.1 receive update route eor 1/1 (ipv4 unicast)")
    flaps = [*gone, again] * 1000
    assert left_of(up, stable, eor, *flaps) == [up, stable, eor, again]
    assert left_of(up, stable, eor, *flaps, *gone) == [up, stable, eor, *gone]
    both = replace(stable, events=(*stable.events, *again.events))
    assert left_of(up, both, *gone * 10) == [up, stable, *gone]


def test_it_is_handed_over_once() -> None:
    buffer = StartupBuffer()
    for message in messages(UP_A):
        buffer.note(message)
    assert buffer.take() == messages(UP_A)
    assert buffer.take() == []
