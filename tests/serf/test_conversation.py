"""What an agent says, byte by byte. The answers are those of Debian's serf 0.9.4 (it calls itself 0.8.2-dev)."""

from collections.abc import Callable
from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf.conversation import Conversation, Garbled
from bgp2vpc.serf.model import CommandRefused, Introduced, Members, MembersChanged, SerfMember, Told, UserEvent

HANDSHAKE, STATS, STREAM, MEMBERS = 1, 2, 3, 4


def old(*objects: object) -> bytes:
    """In msgpack of before 2013, as some builds of the agent write it."""
    return b"".join(msgpack.packb(each, use_bin_type=False) for each in objects)


def new(*objects: object) -> bytes:
    """As Debian's agent writes it: bytes are no text."""
    return b"".join(map(msgpack.packb, objects))


def answer(seq: int, error: str = "") -> dict:
    return {"Error": error, "Seq": seq}


def person(name: str, address: bytes, status: str = "alive") -> dict:
    more = {"Port": 7946, "Tags": {"role": "nat"}, "ProtocolCur": 2}
    return {"Addr": address, "Name": name, "Status": status, **more}


def user(payload: str | bytes, **more: object) -> dict:
    return {"Coalesce": False, "Event": "user", "LTime": 7, "Name": "bgp2vpc", "Payload": payload, **more}


def opened() -> Conversation:
    conversation = Conversation()
    conversation.opening()
    return conversation


def tell(conversation: Conversation, *objects: object) -> list[Told]:
    return list(conversation.receive(old(*objects)))


GREETING = (answer(HANDSHAKE), answer(STATS), {"agent": {"name": "nat-a"}, "serf": {"members": "1"}}, answer(STREAM))


def test_the_opening_says_all_at_once_in_old_msgpack() -> None:
    unpacker = msgpack.Unpacker(raw=True)
    unpacker.feed(Conversation("secret").opening())
    said = list(unpacker)
    assert [each[b"Command"] for each in said if b"Command" in each] == [
        b"handshake", b"auth", b"stats", b"stream", b"members",
    ]  # fmt: skip
    assert [each[b"Seq"] for each in said if b"Seq" in each] == [1, 2, 3, 4, 5]
    assert [each for each in said if b"Seq" not in each] == [
        {b"Version": 1},
        {b"AuthKey": b"secret"},
        {b"Type": b"member-join,member-failed,member-leave,member-reap,member-update,user:bgp2vpc"},
    ]


def test_an_event_is_not_coalesced_and_long_ones_use_no_type_that_the_agent_does_not_know() -> None:
    unpacker = msgpack.Unpacker(raw=True)
    data = opened().send_event("x" * 200)
    unpacker.feed(data)
    assert list(unpacker)[1] == {b"Name": b"bgp2vpc", b"Payload": b"x" * 200, b"Coalesce": False}
    assert b"\xda\x00\xc8" + b"x" * 200 in data  # raw 16, and not str 8 (0xd9) or bin 8 (0xc4)


@pytest.mark.parametrize("pack", [old, new])
def test_the_answers_to_the_opening(pack: Callable[..., bytes]) -> None:
    members = [person("nat-a", b"\x7f\0\0\x0b"), person("nat-b", b" \x01\r\xb8" + bytes(11) + b"\x0b", "failed")]
    assert list(opened().receive(pack(*GREETING, answer(MEMBERS), {"Members": members}))) == [
        Introduced("nat-a"),
        Members(
            (
                SerfMember("nat-a", IPAddress("127.0.0.11"), "alive"),
                SerfMember("nat-b", IPAddress("2001:db8::b"), "failed"),
            )
        ),
    ]


def test_an_ipv4_address_may_come_in_16_bytes_and_one_that_is_missing_is_nobodys() -> None:
    members = [person("a", bytes(10) + b"\xff\xff\x0a\0\0\x01"), person("b", b""), person("c", b"\xff\xfe\0\x01")]
    (told,) = tell(opened(), answer(MEMBERS), {"Members": members})
    assert told == Members(
        (SerfMember("a", IPAddress("10.0.0.1"), "alive"), SerfMember("c", IPAddress("255.254.0.1"), "alive"))
    )


@pytest.mark.parametrize("pack", [old, new])
def test_what_the_stream_tells(pack: Callable[..., bytes]) -> None:
    gone = {"Event": "member-failed", "Members": [person("b", b"\x7f\0\0\x0c", "failed")]}
    event = user("withdraw …".encode(), Coalesce=True)
    told = list(opened().receive(pack(*GREETING, answer(STREAM), gone, answer(STREAM), event)))
    assert told[1:] == [
        MembersChanged("member-failed", (SerfMember("b", IPAddress("127.0.0.12"), "failed"),)),
        UserEvent("withdraw …", 7, coalesced=True),
    ]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    (_, told) = tell(opened(), *GREETING, answer(STREAM), user(b"\xff\x00"))
    assert isinstance(told, UserEvent)


def test_it_may_arrive_in_any_pieces() -> None:
    data = old(*GREETING, answer(STREAM), user("hello"), answer(MEMBERS), {"Members": [person("a", b"\x7f\0\0\x0b")]})
    for size in (1, 2, 7, 64):
        conversation = opened()
        told = [each for at in range(0, len(data), size) for each in conversation.receive(data[at : at + size])]
        assert [type(each) for each in told] == [Introduced, UserEvent, Members]


def test_what_is_refused_is_told_with_what_was_asked() -> None:
    conversation = Conversation("wrong")
    conversation.opening()
    assert tell(conversation, answer(1), answer(2, "Invalid authentication token")) == [
        CommandRefused("auth", "Invalid authentication token")
    ]


def test_a_refused_event_ends_nothing() -> None:
    conversation = opened()
    conversation.send_event("x" * 600)
    told = tell(conversation, *GREETING, answer(MEMBERS), {"Members": None}, answer(5, "user event exceeds …"))
    assert told[1:] == [Members(()), CommandRefused("event", "user event exceeds …")]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"-ERR unknown command\r\n",
        b"\xc1",
        b"\xdf\xff\xff\xff\xff",
        old([1, 2]),
        old({1: 2}),
        old({"Seq": 1}),
        old({"Seq": "1", "Error": ""}),
        old(answer(99)),
        old(answer(MEMBERS), {"Members": [{"Name": "a"}]}),
        old(answer(MEMBERS), {"Members": [person("a", b"\x01\x02\x03")]}),
        old(answer(MEMBERS), {"Members": [7]}),
        old(answer(MEMBERS), {"Members": 7}),
        old(answer(STATS), {"agent": 7}),
        old(answer(STATS), {"agent": {"name": 7}}),
        old(*GREETING, answer(STREAM), {"Event": "member-join"}),
        old(*GREETING, answer(STREAM), {"Event": "user", "Payload": 1, "LTime": 1, "Coalesce": False}),
        old(*GREETING, answer(STREAM), user("x", LTime="soon")),
        old(*GREETING, answer(STREAM), user("x", LTime=float("inf"))),
    ],
)
def test_what_no_agent_says_is_garbled(data: bytes) -> None:
    with pytest.raises(Garbled):
        list(opened().receive(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_told_or_garbled(data: bytes) -> None:
    with suppress(Garbled):
        list(opened().receive(data))


KEYS = ["Seq", "Error", "Members", "Event", "Payload", "LTime", "Coalesce", "agent", "name", "Addr"]
SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.sampled_from([*KEYS, "user", "member-join", ""])
)
OBJECTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)


@given(st.lists(OBJECTS, max_size=3))
def test_any_objects_are_told_or_garbled(objects: list[object]) -> None:
    with suppress(Garbled):
        tell(opened(), *GREETING, answer(STREAM), *objects)
