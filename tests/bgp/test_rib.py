import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.bgp.events import Announce, EndOfRib, WithdrawAll
from bgp2vpc.bgp.rib import MaximumPrefixReached, Rib, Side
from bgp2vpc.prefix import IPAddress, parse_prefix
from tests.values import P1, P2, P3, P6, announce, offer, path, withdraw

P62 = parse_prefix("2001:db8:53::2/128")
A, B = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def rib() -> Rib:
    rib = Rib()
    rib.open("s")
    return rib


def sources_of(rib: Rib, prefix=P1) -> list[str]:
    return [each.source for each in rib.offers.get(prefix, ())]


def test_an_announcement_changes_its_prefix_and_a_repetition_changes_nothing(rib):
    assert rib.apply("s", announce(P1, med=100)) == {P1}
    assert rib.apply("s", announce(P1, med=100)) == frozenset()
    assert rib.apply("s", announce(P1, med=1000)) == {P1}
    assert [o.path.attributes.med for o in rib.offers[P1]] == [1000]


def test_a_withdrawal_of_what_is_not_there_changes_nothing(rib):
    assert rib.apply("s", withdraw(P1)) == frozenset()


def test_add_path_keeps_several_paths_of_one_prefix_apart(rib):
    rib.apply("s", announce(P1, path_id=1))
    rib.apply("s", announce(P1, path_id=2))
    rib.apply("s", announce(P1))
    assert len(rib.offers[P1]) == 3
    assert rib.apply("s", withdraw(P1)) == {P1}
    assert {o.path.path_id for o in rib.offers[P1]} == {1, 2}
    rib.apply("s", announce(P1, path_id=1, med=5))
    assert sorted((o.path.path_id, o.path.attributes.med) for o in rib.offers[P1]) == [(1, 5), (2, None)]
    rib.apply("s", withdraw(P1, path_id=1))
    assert [o.path.path_id for o in rib.offers[P1]] == [2]


def test_two_sources_offer_independently(rib):
    rib.open("t")
    rib.apply("s", announce(P1))
    rib.apply("t", announce(P1))
    rib.apply("s", withdraw(P1))
    assert sources_of(rib) == ["t"]


def test_withdraw_all_empties_one_source_and_leaves_it_open(rib):
    rib.open("t")
    rib.apply("t", announce(P2))
    rib.apply("s", announce(P1))
    rib.apply("s", announce(P2))
    assert rib.apply("s", WithdrawAll()) == {P1, P2}
    assert sources_of(rib, P2) == ["t"]
    assert rib.apply("s", announce(P1)) == {P1}


def test_a_source_that_ends_without_hold_takes_its_paths_along(rib):
    rib.apply("s", announce(P1))
    assert rib.close("s", now=0, hold=0) == {P1}
    assert dict(rib.offers) == {}
    assert list(rib.sources()) == []


def test_held_paths_go_when_the_hold_time_is_over_and_not_before(rib):
    rib.apply("s", announce(P1))
    assert rib.close("s", now=100, hold=10) == frozenset()
    assert rib.next_expiry() == 110
    assert rib.expire(109.9) == frozenset()
    assert sources_of(rib) == ["s"]
    assert rib.expire(110) == {P1}
    assert not rib.offers
    assert rib.next_expiry() is None
    assert list(rib.sources()) == []


def test_a_returning_source_keeps_what_it_says_again_and_loses_the_rest(rib):
    rib.apply("s", announce(P1))
    rib.apply("s", announce(P2))
    rib.close("s", now=0, hold=10)
    rib.open("s")
    assert rib.apply("s", announce(P1)) == frozenset(), "said again unchanged: no route moves"
    assert rib.expire(10) == {P2}
    assert sources_of(rib) == ["s"]


def test_a_source_that_comes_and_goes_without_a_word_does_not_keep_its_paths_alive(rib):
    rib.apply("s", announce(P1))
    for now in range(0, 10, 2):
        rib.close("s", now=now, hold=10)
        rib.open("s")
    assert rib.next_expiry() == 10
    assert rib.expire(10) == {P1}


def test_what_was_seen_can_be_forgotten_for_good(rib):
    rib.apply("s", withdraw(P1))
    rib.forget_seen()
    rib.apply("s", withdraw(P2))
    assert list(rib.seen) == []


def test_end_of_rib_removes_stale_paths_of_its_family_at_once(rib):
    for prefix in (P1, P2, P3, P6, P62):
        rib.apply("s", announce(prefix))
    rib.close("s", now=0, hold=10)
    rib.open("s")
    rib.apply("s", announce(P1))
    assert rib.apply("s", EndOfRib("ipv4 unicast")) == {P2, P3}
    rib.apply("s", announce(P6))
    assert rib.apply("s", EndOfRib("ipv6 unicast")) == {P62}
    assert rib.apply("s", EndOfRib()) == frozenset()
    assert set(rib.offers) == {P1, P6}


def test_end_of_rib_of_a_first_session_removes_nothing(rib):
    rib.apply("s", announce(P1))
    assert rib.apply("s", EndOfRib()) == frozenset()


def test_a_source_may_not_offer_more_than_its_limit_but_may_go_on_changing_what_it_has():
    rib = Rib()
    rib.open("s", max_prefixes=1)
    rib.apply("s", announce(P1))
    with pytest.raises(MaximumPrefixReached):
        rib.apply("s", announce(P2))
    assert rib.apply("s", announce(P1, med=5)) == {P1}
    rib.apply("s", withdraw(P1))
    assert rib.apply("s", announce(P2)) == {P2}


def test_what_any_source_spoke_of_is_known_even_if_it_was_only_a_withdrawal(rib):
    rib.apply("s", withdraw(P1))
    rib.apply("s", announce(P2))
    assert P1 in rib.seen
    assert P2 in rib.seen
    assert P6 not in rib.seen


def test_a_peers_offers_carry_its_router_id():
    rib = Rib()
    peer = offer(P1, router_id="10.0.0.9", side=Side.PEER)
    rib.open("p", Side.PEER, router_id=peer.router_id)
    rib.apply("p", announce(P1))
    assert (rib.offers[P1][0].side, rib.offers[P1][0].router_id) == (Side.PEER, peer.router_id)


def test_the_paths_of_all_sources_that_did_not_come_back_go_together(rib):
    rib.open("t")
    rib.apply("s", announce(P1))
    rib.apply("t", announce(P2))
    rib.close("s", now=0, hold=0.5)
    rib.close("t", now=0, hold=0.5)
    assert rib.expire(0.5) == {P1, P2}


def test_a_source_that_is_back_stays_open_without_a_path_and_may_say_something_new(rib):
    rib.apply("s", announce(P1))
    rib.close("s", now=0, hold=10)
    rib.open("s")
    assert rib.apply("s", announce(P2)) == {P2}
    assert rib.apply("s", withdraw(P1)) == {P1}
    assert rib.next_expiry() is None
    rib.apply("s", withdraw(P2))
    rib.expire(10)
    assert [name for name, _ in rib.sources()] == ["s"]


def test_the_paths_of_a_source_are_counted(rib):
    assert rib.count("s") == rib.count("t") == 0
    rib.apply("s", announce(P1))
    rib.apply("s", announce(P1, path_id=1))
    assert rib.count("s") == 2


# what is said, of which prefixes of the source the next hops are asked for
NEXT_HOPS = [
    (None, {(P1, A), (P2, B), (P2, A)}),
    ([], set()),
    ([announce(P1, next_hop=B), withdraw(P2, path_id=7), withdraw(P3), withdraw(P6)], {(P1, A), (P2, A)}),
    ([announce(P1), WithdrawAll()], {(P1, A), (P2, B), (P2, A)}),
    ([EndOfRib("ipv4 unicast")], {(P1, A), (P2, B), (P2, A)}),
]


@pytest.mark.parametrize(("events", "expected"), NEXT_HOPS)
def test_next_hops_are_those_of_the_paths_that_the_events_are_about(rib, events, expected):
    for said in (path(P1, A), path(P2, B), path(P2, A, path_id=7), path(P3)):
        rib.apply("s", Announce(said))
    assert rib.next_hops("s", events) == {(prefix, IPAddress(next_hop)) for prefix, next_hop in expected}
    assert rib.next_hops("t", events) == set()


# what a source that offers P1, and may offer three paths, says at once; whether there is room
ROOM = [
    ([], True),
    ([announce(P2), announce(P3)], True),
    ([announce(P2), announce(P3), announce(P6)], False),
    ([announce(P2), announce(P3), withdraw(P1)], True),
    ([announce(P2), announce(P3), announce(P1, med=5), announce(P2, med=5)], True),
    ([announce(P2), announce(P3), announce(P1, path_id=1)], False),
]


@pytest.mark.parametrize(("events", "has_room"), ROOM)
def test_there_is_room_for_what_would_not_be_stopped_half_way(events, has_room):
    rib = Rib()
    rib.open("s", max_prefixes=3)
    rib.apply("s", announce(P1))
    assert rib.has_room("s", events) is has_room


def test_a_full_source_has_room_for_what_is_not_new():
    rib = Rib()
    rib.open("s", max_prefixes=2)
    rib.apply("s", announce(P1))
    rib.apply("s", announce(P2))
    rib.open("s", max_prefixes=1)
    assert rib.has_room("s", [announce(P1, med=5)])
    assert not rib.has_room("s", [announce(P3)])


EVENTS = st.one_of(
    st.builds(lambda p, m, i: announce(p, med=m, path_id=i), st.sampled_from([P1, P2, P6]), st.sampled_from([None, 1]),
              st.sampled_from([None, 7])),
    st.builds(withdraw, st.sampled_from([P1, P2, P6]), st.sampled_from([None, 7])),
    st.just(WithdrawAll()),
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("ab"), EVENTS)))
def test_a_change_is_reported_exactly_when_the_offers_of_a_prefix_differ(script):
    rib = Rib()
    rib.open("a")
    rib.open("b")
    for source, event in script:
        before = {prefix: frozenset(offers) for prefix, offers in rib.offers.items()}
        changed = rib.apply(source, event)
        after = {prefix: frozenset(offers) for prefix, offers in rib.offers.items()}
        assert changed == {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
        assert all(rib.offers.values()), "a prefix without offers is not there at all"
