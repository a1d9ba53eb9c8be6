"""A helper that is started beside a running ExaBGP learns what was said before its time."""

from bgp2vpc.bgp.events import Announce, EndOfRib
from bgp2vpc.exabgp_api.messages import NotEstablished, StateChange, SummaryBegins, Update
from bgp2vpc.exabgp_api.messages_text import decode
from bgp2vpc.speaker.resync import PeerResync

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def not_up(peer: str) -> str:
    return f"{peer}  64512        down idle                  0          0"


def up(peer: str) -> str:
    return f"{peer}  64512     0:00:13 established           2          8"


def holds(peer: str, prefix: str, peer_as: int = 64512) -> str:
    return (
        f"neighbor {peer} local-ip 10.0.0.9 local-as 64512 peer-as {peer_as} router-id 10.0.0.9 family-allowed in-open "
        f"ipv4 unicast {prefix} next-hop {peer} origin igp med 100"
    )


def says(peer: str, what: str) -> str:
    return f"neighbor {peer} receive update {what}"


def recalled(*lines: str) -> str:
    """What comes of these lines, one word for each event."""
    resync = PeerResync()
    for line in lines:
        for message in decode(line):
            resync.note(message)
    return " ".join(word for message in resync.messages() for word in told(message))


def told(message: object) -> list[str]:
    match message:
        case StateChange(peer, state):
            return [f"{str(peer)[-1]}:{state.value}"]
        case NotEstablished(peer):
            return [f"{str(peer)[-1]}:none"]
        case Update(events=events, external_as=external):
            outside = f"@{external}" if external else ""
            names = {EndOfRib("ipv4 unicast"): "eor4", EndOfRib("ipv6 unicast"): "eor6"}
            return [f"{e.path.prefix}{outside}" if isinstance(e, Announce) else names[e] for e in events]
    raise AssertionError(message)


ANSWERED = ("done", "done")


def test_sessions_that_stand_have_told_what_exabgp_holds_of_them_and_that_is_all() -> None:
    lines = [up(A), up(B), "done", holds(B, "192.0.2.1/32", 65000), holds(B, "192.0.2.2/32", 65000), "done"]
    assert recalled(*lines) == "1:up eor4 eor6 2:up 192.0.2.1/32@65000 192.0.2.2/32@65000 eor4 eor6"


def test_what_is_held_of_a_session_that_is_over_does_not_count() -> None:
    assert recalled(up(A), "done", holds(B, "192.0.2.1/32"), "done") == "1:up eor4 eor6"


def test_a_fresh_exabgp_has_nothing_to_tell() -> None:
    assert recalled(*ANSWERED) == ""


def test_what_a_peer_says_meanwhile_is_newer() -> None:
    lines = [
        up(A),
        says(A, "withdrawn 192.0.2.1/32"),
        "done",
        says(A, "announced 192.0.2.2/32 next-hop 10.0.0.1 med 7"),
    ]
    held = [holds(A, f"192.0.2.{number}/32") for number in (1, 2, 3)]
    assert recalled(*lines, *held, "done") == "1:up 192.0.2.3/32 eor4 eor6"


def test_a_session_that_comes_or_goes_meanwhile_speaks_for_itself() -> None:
    lines = [up(A), up(B), "done", f"neighbor {A} down - closing", holds(A, "192.0.2.1/32"), holds(B, "192.0.2.2/32")]
    assert recalled(*lines, f"neighbor {C} up", holds(C, "192.0.2.3/32"), "done") == "2:up 192.0.2.2/32 eor4 eor6"
    notification = f"neighbor {A} receive notification code 6 subcode 2 data 0x00"
    assert recalled(up(A), "done", notification, holds(A, "192.0.2.1/32"), "done") == ""


def test_neighbors_without_a_session_are_mentioned() -> None:
    lines = [not_up(C), up(A), not_up(B), "done", f"neighbor {C} up", "done"]
    assert recalled(*lines) == "2:none 1:up eor4 eor6"


def test_refused_connects_of_others_change_nothing() -> None:
    assert recalled(up(A), f"neighbor {B} connected", f"neighbor {B} down - x", *ANSWERED) == "1:up eor4 eor6"


def test_without_acknowledgements_nobody_knows_whether_that_was_all() -> None:
    assert recalled(up(A), up(B), holds(B, "192.0.2.2/32")) == "1:up 2:up 192.0.2.2/32"


def test_only_the_answers_are_kept_from_others() -> None:
    resync = PeerResync()
    lines = ["done", up(A), holds(A, "192.0.2.1/32"), f"neighbor {A} up", says(A, "withdrawn 192.0.2.1/32")]
    assert [resync.note(message) for line in lines for message in decode(line)] == [True, True, True, False, False]
    assert not resync.is_answered


def test_the_header_of_a_second_summary_answers_somebody_else() -> None:
    resync, header = PeerResync(), SummaryBegins()
    assert [resync.note(header), resync.note(header)] == [True, False]
