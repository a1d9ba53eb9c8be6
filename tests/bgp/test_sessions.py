import json

import pytest

from bgp2vpc.bgp.events import Announce, Withdraw
from bgp2vpc.bgp.path import AsSegment, SegmentKind
from bgp2vpc.bgp.sessions import REMEMBERED, Neighbors, Standing, as_if_internal
from bgp2vpc.prefix import IPAddress
from bgp2vpc.status import NeighborRow
from tests.values import P1, P2, P6, announce, path, withdraw

A, B = IPAddress("10.0.0.1"), IPAddress("10.0.0.2")


@pytest.fixture
def known() -> Neighbors:
    return Neighbors()


def test_of_a_stranger_nothing_is_known(known):
    assert known.standing(P1, {A}) is Standing.UNKNOWN


def test_what_it_withdraws_counts_at_once_but_in_the_next_session_it_may_say_it_again(known):
    known.up(A, 0.0)
    known.departed([(P1, A)], Standing.WITHDRAWN, 1.0)
    assert known.standing(P1, {A, B}) is Standing.WITHDRAWN
    assert known.standing(P2, {A}) is Standing.UNKNOWN
    known.down(A, 2.0)
    known.up(A, 3.0)
    assert known.standing(P1, {A}) is Standing.UNKNOWN
    known.waited_enough(13.0, 10.0)
    assert known.standing(P1, {A}) is Standing.WITHDRAWN
    assert known.standing(P2, {A}) is Standing.SILENT


def test_a_path_of_a_lost_session_is_lost_although_another_session_with_the_host_is_up(known):
    """As with one session for IPv4 and one for IPv6."""
    known.up(A, 0.0)
    known.up(B, 0.0)
    known.waited_enough(10.0, 10.0)
    known.down(A, 20.0)
    known.departed([(P1, A)], Standing.LOST, 20.0)
    assert known.standing(P1, {A, B}) is Standing.LOST
    known.up(A, 30.0)
    assert known.standing(P1, {A, B}) is Standing.UNKNOWN
    known.waited_enough(40.0, 10.0)
    assert known.standing(P1, {A, B}) is Standing.WITHDRAWN


def test_who_is_up_for_a_while_has_told_all_with_or_without_an_end_of_rib(known):
    known.up(A, 5.0)
    assert not known.waited_enough(14.9, 10.0)
    assert known.waited_enough(15.0, 10.0)
    assert not known.waited_enough(16.0, 10.0)
    assert known.standing(P6, {A}) is Standing.SILENT


def test_a_session_that_is_down_is_lost_whether_or_not_it_ever_was_up(known):
    assert known.down(A, 3.0)
    assert not known.down(A, 3.0)
    assert known.standing(P1, {A}) is Standing.LOST
    assert known.lost_at(P1, {A}) == 3.0
    known.up(A, 0.0)
    known.end_of_rib(A, None)
    assert known.down(A, 3.0)
    assert known.standing(P1, {A}) is Standing.LOST
    known.up(A, 1.0)
    assert known.standing(P1, {A}) is Standing.UNKNOWN, "what it told before counts no more"


def test_end_of_rib_without_a_session_says_nothing(known):
    assert not known.end_of_rib(A, None)
    known.down(A, 3.0)
    assert not known.end_of_rib(A, None)


@pytest.mark.parametrize("how", [Standing.WITHDRAWN, Standing.LOST])
def test_who_was_heard_of_through_others_has_gone_as_they_said(known, how):
    known.departed([(P1, B)], how, 7.0)
    assert known.lost_at(P1, {B}) == 7.0
    assert known.standing(P1, {B}) is how
    assert known.standing(P2, {B}) is Standing.UNKNOWN


def test_departures_do_not_grow_without_end(known):
    addresses = [IPAddress(number) for number in range(1, REMEMBERED + 2)]
    known.departed([(P1, each) for each in addresses], Standing.LOST, 0.0)
    assert known.standing(P1, {addresses[0]}) is Standing.UNKNOWN
    assert known.standing(P1, {addresses[1]}) is Standing.LOST
    known.departed([(P1, addresses[1]), (P1, addresses[0])], Standing.LOST, 0.0)
    assert known.standing(P1, {addresses[1]}) is Standing.LOST, "it was said again"
    assert known.standing(P1, {addresses[2]}) is Standing.UNKNOWN


def test_another_witness_counts_as_a_lost_session(known):
    known.up(A, 0.0)
    known.waited_enough(10.0, 10.0)
    known.failed(A, 4.0)
    assert known.lost_at(P1, {A}) == 4.0
    assert known.is_failed({A, B})
    assert known.standing(P1, {A}) is Standing.LOST
    known.recovered(A)
    known.recovered(B)
    assert not known.is_failed({A, B})
    assert known.standing(P1, {A}) is Standing.SILENT


def test_who_was_lost_lately_and_who_has_been_up_for_longer(known):
    known.up(A, 3.0)
    assert (known.up_before(3.0), known.up_before(3.1)) == ([], [A])
    assert not known.any_lost_since(0.0)
    known.failed(B, 4.0)
    assert (known.any_lost_since(4.0), known.any_lost_since(4.1)) == (True, False)
    known.recovered(B)
    known.down(A, 5.0)
    assert known.up_before(9.0) == []
    assert (known.any_lost_since(5.0), known.any_lost_since(5.1)) == (True, False)


def test_all_have_told_when_everybody_who_is_expected_has(known):
    assert not known.all_have_told
    known.expect([A, B])
    assert known.standing(P1, {B}) is Standing.LOST
    known.up(A, 0.0)
    known.end_of_rib(A, "ipv4 unicast")
    assert not known.all_have_told
    known.up(B, 0.0)
    assert not known.all_have_told
    known.waited_enough(10.0, 10.0)
    assert known.all_have_told


def sequence(*asns):
    return (AsSegment(SegmentKind.SEQUENCE, asns),)


def test_the_as_of_an_external_neighbor_alone_does_not_lengthen_its_path():
    said = (announce(as_path=sequence(65001), med=7), announce(P2, as_path=sequence(65001, 65001)), withdraw(P6))
    first, second, third = as_if_internal(said, 65001)
    assert first == Announce(path(med=7))
    assert (second, third) == said[1:]
    assert isinstance(third, Withdraw)
    assert as_if_internal(said, 65002) == said
    assert as_if_internal(said, None) == said


def test_it_survives_the_way_to_another_process(known):
    known.up(A, 1.0)
    known.end_of_rib(A, "ipv4 unicast")
    known.down(B, 2.0)
    known.departed([(P1, A), (P2, B)], Standing.WITHDRAWN, 3.0)
    known.failed(B, 4.0)
    known.expect([A])
    told = json.loads(json.dumps(known.to_json()))
    assert Neighbors.from_json(told).to_json() == told
    assert Neighbors.from_json(told).standing(P1, {A}) is Standing.WITHDRAWN


def test_while_our_own_exabgp_hangs_nothing_is_known_but_who_failed_by_another_sign(known):
    known.up(A, 0.0)
    known.departed([(P1, A)], Standing.WITHDRAWN, 1.0)
    known.down(B, 2.0)
    known.unheard = True
    again = Neighbors.from_json(json.loads(json.dumps(known.to_json())))
    for each in (known, again):
        assert [each.standing(P1, {address}) for address in (A, B)] == [Standing.UNKNOWN] * 2
        each.failed(B, 3.0)
        assert each.standing(P1, {B}) is Standing.LOST
        each.unheard = False
        assert each.standing(P1, {A}) is Standing.WITHDRAWN


def test_which_sessions_are_up(known):
    known.down(A, 0.0)
    assert (known.have_sessions, known.is_up(A), known.is_up(B)) == (False, False, False)
    known.up(B, 1.0)
    assert known.have_sessions
    assert (known.is_up(A), known.is_up(B)) == (False, True)


def test_an_end_of_rib_alone_does_not_make_it_silent_since_scripts_announce_after_it(known):
    known.up(A, 0.0)
    known.end_of_rib(A, None)
    assert known.standing(P1, {A}) is Standing.UNKNOWN
    assert known.waited_enough(10.0, 10.0)
    assert known.standing(P1, {A}) is Standing.SILENT
    assert Neighbors.from_json(known.to_json()).standing(P1, {A}) is Standing.SILENT
    known.down(A, 11.0)
    known.up(A, 12.0)
    known.end_of_rib(A, None)
    assert known.standing(P1, {A}) is Standing.UNKNOWN


def test_the_end_of_rib_of_each_family_is_news_once_a_session(known):
    known.up(A, 0.0)
    assert known.end_of_rib(A, "ipv4 unicast")
    assert not known.end_of_rib(A, "ipv4 unicast")
    assert known.end_of_rib(A, "ipv6 unicast")
    known.down(A, 1.0)
    known.up(A, 2.0)
    assert known.end_of_rib(A, None)
    assert not known.end_of_rib(A, None)
    assert not Neighbors.from_json(json.loads(json.dumps(known.to_json()))).end_of_rib(A, None)


def test_who_is_not_expected_any_more_is_forgotten_when_its_session_is_down_and_only_then(known):
    known.expect([A, B])
    known.up(A, 0.0)
    known.down(B, 1.0)
    known.expect([])
    assert [row.address for row in known.rows(2.0)] == [str(A)]
    assert known.standing(P1, {A}) is Standing.UNKNOWN
    assert known.standing(P1, {B}) is Standing.UNKNOWN


def test_what_a_neighbor_withdrew_is_lost_with_its_next_session_and_what_others_withdrew_is_not(known):
    known.expect([A])
    known.up(A, 0.0)
    known.up(B, 0.0)
    known.departed([(P1, A), (P2, B)], Standing.WITHDRAWN, 1.0)
    known.down(A, 2.0)
    known.up(A, 3.0)
    assert known.standing(P2, {B}) is Standing.WITHDRAWN
    assert known.lost_at(P1, {A}) == 3.0
    known.down(A, 4.0)
    known.expect([])
    assert known.standing(P1, {A}) is Standing.LOST, "as far as those know that have heard of it"


def test_nobody_is_known_at_first_and_nobody_was_lost(known):
    assert not known.are_known
    assert known.lost_at(P1, {A}) == 0.0
    known.down(A, 3.0)
    assert known.are_known


def test_rows_show_every_neighbor_also_one_that_is_only_expected(known):
    known.expect([A, IPAddress("10.0.0.10")])
    known.down(A, 2.5)
    known.up(B, 1.0)
    known.end_of_rib(B, None)
    assert known.rows(4.04) == [
        NeighborRow("10.0.0.1", up=False, seconds=1.5, has_told_all=False),
        NeighborRow("10.0.0.10", up=False, seconds=None, has_told_all=False),
        NeighborRow("10.0.0.2", up=True, seconds=3.0, has_told_all=True),
    ]


def test_who_is_only_mentioned_is_listed_and_nothing_is_concluded_from_that(known):
    known.mention(A)
    assert known.rows(4.0) == [NeighborRow("10.0.0.1", up=False, seconds=None, has_told_all=False)]
    assert known.standing(P1, {A}) is Standing.UNKNOWN
    assert (known.are_known, known.addresses) == (False, frozenset())
    known.up(A, 5.0)
    assert [(row.address, row.up) for row in known.rows(6.0)] == [("10.0.0.1", True)]
    known.mention(B)
    known.expect([A])
    assert [row.address for row in known.rows(6.0)] == ["10.0.0.1"], "the new configuration has it no more"
    known.mention(B)
    known.forget()
    assert known.rows(6.0) == []


def test_who_was_gone_before_its_session_ended_is_lost_since_then(known):
    known.up(A, 0.0)
    known.failed(A, 3.0)
    since = known.lost_since(A, 4.0)
    known.down(A, since)
    known.departed([(P1, A)], Standing.LOST, since)
    known.recovered(A)
    assert known.lost_at(P1, {A}) == 3.0
    assert known.lost_since(B, 4.0) == 4.0
