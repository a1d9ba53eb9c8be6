"""The inputs of decisions as JSON: what a daemon answers, and `bgp2vpc plan` plans with."""

import json
from math import inf

from bgp2vpc.bgp.export import PrefixSet
from bgp2vpc.bgp.rib import Side
from bgp2vpc.bgp.sessions import Neighbors
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.prefix import IPAddress
from tests.values import P1, P2, P6, PEER, offer

NINE = IPAddress("10.0.0.9")
HERE = ("rtb-1", P1)


def neighbors() -> Neighbors:
    known = Neighbors()
    known.up(NINE, 5.0)
    return known


ALL = DecisionInput(
    offers={
        P1: (offer(source="dns", med=50), offer(source="peer 10.0.0.9", side=Side.PEER, next_hop="10.0.0.9")),
        P2: (offer(P2, source="check web", side=Side.CHECK),),
    },
    leftovers_held=True,
    seen=frozenset({P1, P2}),
    unclaimed=frozenset({P6}),
    pending=frozenset({"check web"}),
    failing=frozenset({("alive", PEER)}),
    passing=frozenset({("alive", "eni-8")}),
    neighbors=neighbors(),
    neighbors_held=True,
    remembered={
        HERE: PlaceState(suppressed_until=inf, late={PEER: inf}),
        ("rtb-2", P1): PlaceState(unsettled_until=inf),
    },
    lost_sessions={P2: frozenset({NINE})},
    drained=PrefixSet(frozenset({P2})),
    held=frozenset({P6}),
    taken=frozenset({P1}),
)


def read_again(inputs: DecisionInput, *, checks=(), known=(), without=()) -> DecisionInput:
    told = json.loads(json.dumps(inputs.to_json(known)))
    return DecisionInput.from_json({key: value for key, value in told.items() if key not in without}, checks)


def test_all_of_it_is_the_same_when_it_is_read_again() -> None:
    again = read_again(ALL)
    assert again.neighbors.to_json() == ALL.neighbors.to_json()
    for name in DecisionInput.__dataclass_fields__:
        if name != "neighbors":
            assert getattr(again, name) == getattr(ALL, name), name


def test_everything_may_be_drained() -> None:
    assert ALL.to_json(())["withheld"] == [str(P2)]
    everything = DecisionInput(offers={}, drained=PrefixSet(everything=True))
    assert everything.to_json(())["withheld"] is None
    assert read_again(everything).drained == everything.drained


def test_a_check_that_the_daemon_does_not_know_yet_has_no_verdict() -> None:
    inputs = DecisionInput(offers={}, pending=frozenset({"a"}))
    assert inputs.to_json({"b": True, "a": None})["checked"] == ["a", "b"]
    assert read_again(inputs, known=("a", "b"), checks=("a", "b", "c")).pending == {"a", "c"}


def test_what_an_older_daemon_does_not_tell_is_nothing() -> None:
    older = read_again(ALL, without=("unsettled", "lost"))
    assert (set(older.remembered), older.lost_sessions) == ({HERE}, {})
