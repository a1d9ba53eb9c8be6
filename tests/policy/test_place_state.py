from dataclasses import replace
from typing import Any

import pytest

from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.decision_input import states_from_json, states_to_json
from bgp2vpc.policy.place_state import (
    FORGIVEN,
    NEVER,
    PATIENCE,
    REMEMBERED,
    Expired,
    Failure,
    Places,
    PlaceState,
    Since,
)
from bgp2vpc.policy.plan import Reason, Verdict, VerdictKind
from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.model import RouteTable, interface_target
from tests.values import OURS, OURS_TOO, P1, P2, PEER, route, table

SETTLE = 10.0
UNIX = 1.8e9
NINE, EIGHT = IPAddress("10.0.0.9"), IPAddress("10.0.0.99")
HERE = ("rtb-1", P1)


def verdict(awaits: str | None) -> Verdict:
    return Verdict("rtb-1", P1, VerdictKind.KEEP, Reason.HANDOVER, interface_target(OURS), awaits=awaits)


def decided(places: Places, said: Verdict | None, holder: str, now: float, took_at: float = NEVER) -> None:
    places.decided(HERE, said, holder, now, unix_time=UNIX + now, took_at=took_at)


def late(places: Places) -> set[str]:
    return set(places.at(HERE).late)


def test_who_does_not_write_in_time_is_late_and_forgiven_later():
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 0.0)
    assert places.are_awaited
    assert places.next_expiry() == PATIENCE
    assert places.expire(PATIENCE - 0.1) == Expired()
    assert places.expire(PATIENCE) == Expired(to_read={HERE})
    assert late(places) == {PEER}
    assert not places.are_awaited
    assert places.next_expiry() == PATIENCE + SETTLE
    places.expire(PATIENCE + SETTLE)
    assert places.next_expiry() == PATIENCE + FORGIVEN
    assert places.expire(PATIENCE + FORGIVEN) == Expired(to_decide={P1})
    assert not late(places)


def test_waiting_for_the_same_one_does_not_begin_anew_but_for_another_it_does():
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 0.0)
    decided(places, verdict(PEER), OURS, 1.0)
    assert places.next_expiry() == PATIENCE
    decided(places, verdict("eni-8"), OURS, 1.0)
    assert places.next_expiry() == 1.0 + PATIENCE


def test_who_may_not_see_our_own_write_yet_is_not_late_before_it_does_but_looked_for():
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 4.0, took_at=1.0)
    assert places.expire(4.0 + PATIENCE) == Expired(to_read={HERE})
    assert not late(places)
    decided(places, verdict(PEER), OURS, 7.0, took_at=6.5)  # a write that was under way has ended
    assert places.expire(1.0 + SETTLE + PATIENCE) == Expired(to_read={HERE})
    assert not late(places)
    assert places.expire(6.5 + SETTLE + PATIENCE) == Expired(to_read={HERE})
    assert late(places) == {PEER}


def test_reads_settle_later_where_a_write_of_ours_ended_while_we_waited():
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 0.0)
    places.expire(PATIENCE)
    decided(places, verdict(None), OURS, 3.0, took_at=3.0)
    assert places.next_expiry() == 3.0 + SETTLE + PATIENCE + SETTLE


def test_who_may_not_see_our_own_write_yet_is_not_waited_for_when_there_is_no_time():
    places = Places(SETTLE, DampingLimits())
    places.hurry(1.0)
    decided(places, verdict(PEER), OURS, 4.0, took_at=3.0)
    assert places.next_expiry() == 4.0 + 1.0


def test_nobody_is_waited_for_where_nothing_is_expected():
    places = Places(SETTLE, DampingLimits())
    for after in (verdict(None), None):
        decided(places, verdict(PEER), OURS, 0.0)
        decided(places, after, OURS, 1.0)
        assert not places.are_awaited
        assert places.next_expiry() is None


def test_who_has_written_after_all_is_not_late():
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 0.0)
    places.expire(PATIENCE)
    decided(places, verdict(None), PEER, 3.0)
    assert not late(places)


def test_who_was_late_is_waited_for_again_when_there_is_news():
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 0.0)
    places.expire(PATIENCE)
    places.expire(PATIENCE + SETTLE)
    places.prefixes_changed([P2])
    assert late(places)
    assert places.next_expiry() == PATIENCE + FORGIVEN
    places.prefixes_changed([P1])
    assert not late(places)
    assert places.next_expiry() is None


def test_reads_are_too_old_to_show_what_somebody_late_has_written_for_the_settle_time() -> None:
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 0.0)
    assert not places.at(HERE).is_unsettled
    places.expire(PATIENCE)
    assert places.states[HERE].is_unsettled
    assert places.expire(PATIENCE + SETTLE - 0.1) == Expired()
    assert places.expire(PATIENCE + SETTLE) == Expired(to_read={HERE})
    assert not places.at(HERE).is_unsettled


def test_who_is_in_a_hurry_waits_for_nobody_longer_than_that() -> None:
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 0.0)
    places.expire(PATIENCE)
    places.hurry(1.0)
    assert not places.at(HERE).is_unsettled
    decided(places, verdict("eni-8"), OURS, 3.0)
    assert places.expire(4.0) == Expired(to_read={HERE})
    assert not places.at(HERE).is_unsettled


def test_who_was_lost_of_late_has_the_handover_time_to_write_and_reads_the_settle_time_to_show_it() -> None:
    places = Places(SETTLE, DampingLimits())
    places.session_lost([(P1, NINE), (P2, NINE)], 0.0)
    places.session_lost([(P1, EIGHT)], 5.0)
    assert places.next_expiry() == PATIENCE + SETTLE
    assert places.expire(PATIENCE + SETTLE - 0.1) == Expired()
    assert places.expire(PATIENCE + SETTLE) == Expired(to_decide={P1, P2})
    assert {prefix: set(next_hops) for prefix, next_hops in places.lost_sessions.items()} == {P1: {EIGHT}}
    assert places.expire(PATIENCE + SETTLE + 5.0) == Expired(to_decide={P1})
    assert not places.lost_sessions
    assert places.next_expiry() is None


def test_without_a_settle_time_reads_are_believed() -> None:
    places = Places(0.0, DampingLimits())
    places.session_lost([(P1, NINE)], 0.0)
    assert not places.lost_sessions
    decided(places, verdict(PEER), OURS, 0.0)
    places.expire(PATIENCE)
    assert not places.lost_sessions
    assert not places.at(HERE).is_unsettled


def corrected(places: Places, now: float, *tables: RouteTable) -> list[str]:
    return [str(route) for table in places.corrected(tables, now) for route in table.routes]


def test_reads_are_corrected_by_our_own_writes_each_in_its_table_until_they_settle() -> None:
    places = Places(SETTLE, DampingLimits())
    places.wrote(HERE, None, route(P1, OURS), 100.0)
    both = table(table_id="rtb-1"), table(table_id="rtb-2")
    assert corrected(places, 101.0, *both) == [str(route(P1, OURS))]
    assert not corrected(places, 100.0 + SETTLE, *both)


def test_a_read_may_be_older_than_two_writes() -> None:
    places = Places(SETTLE, DampingLimits())
    places.wrote(HERE, interface_target(PEER), route(P1, OURS), 100.0)
    places.wrote(HERE, interface_target(OURS), route(P1, OURS_TOO), 101.0)
    assert corrected(places, 102.0, table(route(P1, PEER))) == [str(route(P1, OURS_TOO))]


def test_that_another_may_have_written_does_not_make_us_forget_when_we_did() -> None:
    places = Places(SETTLE, DampingLimits())
    places.wrote(HERE, interface_target(PEER), route(P1, OURS), 100.0)
    places.may_be_taken(HERE)
    places.found_moved(HERE, known_at=90.0, was_empty=True, now=105.0)
    assert places.states[HERE].moved_at == 100.0


@pytest.mark.parametrize("expected", [True, False], ids=["expected", "possible"])
def test_where_another_is_expected_or_may_have_written_a_read_that_shows_it_is_no_old_one(expected: bool) -> None:
    places = Places(SETTLE, DampingLimits())
    places.wrote(HERE, interface_target(PEER), route(P1, OURS), 100.0)
    assert corrected(places, 101.0, table(route(P1, PEER))) == [str(route(P1, OURS))]
    if expected:
        decided(places, verdict(PEER), OURS, 101.0)
    else:
        places.may_be_taken(HERE)
        places.may_be_taken(("rtb-2", P1))
    assert corrected(places, 101.0, table(route(P1, PEER))) == [str(route(P1, PEER))]


# when we knew it elsewhere, expected another to write, and wrote; was there no route before?; as of when it counts
MOVES = [
    (140.0, None, None, False, 150.0),
    (140.0, None, None, True, 140.0),
    (140.0, 141.0, None, False, 140.0),
    (140.0, 139.0, None, False, 150.0),
    (140.0, 141.0, 142.0, False, 150.0),
    (140.0, 143.0, 142.0, False, 142.0),
    (140.0, None, 142.0, True, 142.0),
    (NEVER, None, None, True, 150.0 - REMEMBERED),
]


@pytest.mark.parametrize(("known_at", "expected_at", "wrote_at", "was_empty", "moved_at"), MOVES)
def test_a_move_counts_as_of_when_it_may_have_been_made(known_at, expected_at, wrote_at, was_empty, moved_at):
    places = Places(SETTLE, DampingLimits())
    if expected_at is not None:
        decided(places, verdict(PEER), OURS, expected_at)
    if wrote_at is not None:
        places.wrote(HERE, None, route(P1, OURS), wrote_at)
    places.found_moved(HERE, known_at=known_at, was_empty=was_empty, now=150.0)
    assert places.states[HERE].moved_at == moved_at


KEEP, YIELD = (Verdict("rtb-1", P1, kind, Reason.HANDOVER) for kind in (VerdictKind.KEEP, VerdictKind.YIELD))


def test_it_is_known_since_when_a_place_has_its_verdict_and_its_route_its_target() -> None:
    places = Places(SETTLE, DampingLimits())
    decided(places, KEEP, OURS, 0.0)
    for said, holder, now, since in (
        (KEEP, OURS, 1.0, (0.0, 0.0, True)),
        (replace(KEEP, detail="med"), OURS, 2.0, (0.0, 0.0, True)),
        (YIELD, OURS, 3.0, (3.0, 0.0, True)),
        (YIELD, PEER, 4.0, (3.0, 4.0, False)),
        (KEEP, OURS, 5.0, (5.0, 5.0, False)),
    ):
        decided(places, said, holder, now)
        assert places.states[HERE].since == Since(UNIX + since[0], UNIX + since[1], since[2])
        assert places.verdicts() == [said]
    decided(places, None, OURS, 6.0)
    assert places.states[HERE].since is None
    assert not places.verdicts()
    decided(places, KEEP, "", 7.0)
    assert places.states[HERE].since == Since(UNIX + 7.0, UNIX + 7.0, False)


def test_nothing_is_written_at_a_place_while_a_write_is_under_way() -> None:
    places = Places(SETTLE, DampingLimits())
    assert places.at(HERE).may_be_written(0.0)
    places.at(HERE).is_written = True
    assert not places.at(HERE).may_be_written(0.0)
    assert places.written == [HERE]
    assert places.at(("rtb-2", P1)).may_be_written(0.0)


@pytest.mark.parametrize(
    "field", [{"is_written": True}, {"is_rechecked": True}, {"verdict": KEEP}, {"failure": Failure(None, 1, 0.0, 0.0)}]
)
def test_what_is_not_over_is_never_forgotten(field: dict[str, Any]) -> None:
    places = Places(SETTLE, DampingLimits())
    places.states[HERE] = PlaceState(**field)
    places.states["rtb-2", P1] = PlaceState()
    places.forget_old(1000.0)
    assert list(places.states) == [HERE]


@pytest.mark.parametrize(
    "happens",
    [
        lambda places: places.wrote(HERE, None, None, 0.0),
        lambda places: decided(places, verdict(PEER), OURS, 0.0),
        lambda places: places.found_moved(HERE, known_at=0.0, was_empty=True, now=0.0),
        lambda places: [places.took(HERE, 0.0) for _ in range(3)],
    ],
    ids=["a write", "a wait", "a move", "damping"],
)
def test_a_place_is_forgotten_when_nothing_of_it_matters_any_more(happens) -> None:
    places = Places(SETTLE, DampingLimits())
    happens(places)
    for now in (1.0, 290.0):
        places.expire(now)
        places.forget_old(now)
        assert HERE in places.states
    decided(places, None, "", 290.0)
    places.expire(1000.0)
    places.forget_old(1000.0)
    assert not places.states


def test_what_a_decision_needs_of_it_can_be_told_to_another_process() -> None:
    places = Places(SETTLE, DampingLimits())
    decided(places, verdict(PEER), OURS, 0.0)
    places.expire(PATIENCE)
    for _ in range(3):
        places.took(("rtb-2", P2), 0.0)
    told = states_to_json(places.states)
    assert told == {
        "damped": [["rtb-2", str(P2)]],
        "overdue": [["rtb-1", str(P1), PEER]],
        "unsettled": [["rtb-1", str(P1)]],
    }
    assert states_to_json(states_from_json(told)) == told
    del told["unsettled"]  # an older daemon does not say it
    assert not any(state.is_unsettled for state in states_from_json(told).values())
