import pytest

from bgp2vpc.vpc.model import interface_target
from bgp2vpc.vpc.settling import OwnWrite, corrected, own_write
from tests.values import OURS, OURS_TOO, P1, P2, PEER, route, table


def wrote(before, after, now, earlier=None) -> OwnWrite:
    """We turned one interface (None: no route) into another, and reads may be ten seconds old."""
    target = interface_target(before) if before else None
    return own_write(earlier, target, route(P1, after) if after else None, now, 10)


def shown(write, now, name):
    """What we believe at `now` when a read shows `name` (an interface, or None for no route)."""
    read = table(*([route(P1, name)] if name else []), route(P2, PEER))
    believed = corrected(read, [(P1, write)], now)
    assert believed.static_route(P2).target.id == PEER, "another prefix is never touched"
    found = believed.static_route(P1)
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
    write = wrote(before, after, 100)
    assert shown(write, 101, read) == believed
    assert shown(write, 110, read) == read, "after the settle time every read is the truth"


def test_a_read_older_than_two_writes_is_old_all_the_same():
    created = wrote(None, OURS, 100)
    deleted = wrote(OURS, None, 101, created)
    assert shown(deleted, 102, OURS) is None
    created_again = wrote(None, OURS, 103, deleted)
    assert shown(created_again, 104, None) == OURS
    assert shown(created_again, 104, OURS) == OURS


def test_a_read_that_shows_the_one_before_is_news_where_that_one_is_expected_to_write():
    assert shown(wrote(PEER, OURS, 100).expecting_others(), 101, PEER) == PEER


def test_a_read_that_shows_no_route_may_be_old_even_where_somebody_is_expected_to_write():
    assert shown(wrote(None, OURS, 100).expecting_others(), 101, None) == OURS


def test_a_read_may_be_older_than_all_our_writes_that_settle_still():
    first = wrote(PEER, OURS, 100)
    second = wrote(OURS, OURS_TOO, 109.9, first)
    assert shown(second, 112, PEER) == OURS_TOO
    third = wrote(OURS_TOO, OURS, 119.9, second)
    assert shown(third, 121, OURS_TOO) == OURS
    assert shown(third, 121, PEER) == PEER, "the write before the last had settled"
