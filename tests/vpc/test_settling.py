import pytest

from bgp2vpc.vpc.model import interface_target
from bgp2vpc.vpc.settling import Settling
from tests.values import OURS, OURS_TOO, P1, P2, PEER, route, table


def target(name):
    return interface_target(name) if name else None


def shown(settling, now, name):
    """What we believe at `now` when a read shows `name` (an interface, or None for no route)."""
    read = table(*([route(P1, name)] if name else []), route(P2, PEER))
    (corrected,) = settling.corrected([read], now)
    assert corrected.static_route(P2).target.id == PEER, "another prefix is never touched"
    found = corrected.static_route(P1)
    return found.target.id if found else None


# before and after our write, what a read shows soon after it, what we believe
READS = [
    (None, OURS, None, OURS),
    (None, OURS, OURS, OURS),
    (None, OURS, PEER, PEER),
    (PEER, OURS, PEER, OURS),
    (PEER, OURS, None, None),
    (OURS, None, OURS, None),
    (OURS, None, PEER, PEER),
    (OURS, OURS_TOO, OURS, OURS_TOO),
]


@pytest.mark.parametrize(("before", "after", "read", "believed"), READS)
def test_an_old_read_is_corrected_and_news_is_believed(before, after, read, believed):
    settling = Settling(10)
    settling.wrote("rtb-1", P1, target(before), route(P1, after) if after else None, now=100)
    assert shown(settling, 101, read) == believed
    assert shown(settling, 110, read) == read, "after the settle time every read is the truth"


def test_a_read_older_than_two_writes_is_old_all_the_same():
    settling = Settling(10)
    settling.wrote("rtb-1", P1, None, route(P1, OURS), now=100)
    settling.wrote("rtb-1", P1, target(OURS), None, now=101)
    assert shown(settling, 102, OURS) is None
    settling.wrote("rtb-1", P1, None, route(P1, OURS), now=103)
    assert shown(settling, 104, None) == OURS
    assert shown(settling, 104, OURS) == OURS


def test_tables_we_wrote_nothing_to_stay_as_read():
    settling = Settling(10)
    settling.wrote("rtb-2", P1, None, route(P1, OURS), now=100)
    assert shown(settling, 101, None) is None


def test_a_read_that_shows_the_one_before_is_news_where_that_one_is_expected_to_write():
    settling = Settling(10)
    settling.wrote("rtb-1", P1, target(PEER), route(P1, OURS), now=100)
    settling.expect_others("rtb-1", P1)
    assert shown(settling, 101, PEER) == PEER


def test_a_read_that_shows_no_route_may_be_old_even_where_somebody_is_expected_to_write():
    settling = Settling(10)
    settling.wrote("rtb-1", P1, None, route(P1, OURS), now=100)
    settling.expect_others("rtb-1", P1)
    settling.expect_others("rtb-1", P2)
    assert shown(settling, 101, None) == OURS
    settling.expect_others("rtb-2", P1)


def test_a_read_may_be_older_than_all_our_writes_that_settle_still():
    settling = Settling(10)
    settling.wrote("rtb-1", P1, target(PEER), route(P1, OURS), now=100)
    settling.wrote("rtb-1", P1, target(OURS), route(P1, OURS_TOO), now=109.9)
    assert shown(settling, 112, PEER) == OURS_TOO
    settling.wrote("rtb-1", P1, target(OURS_TOO), route(P1, OURS), now=119.9)
    assert shown(settling, 121, OURS_TOO) == OURS
    assert shown(settling, 121, PEER) == PEER, "the write before the last had settled"
