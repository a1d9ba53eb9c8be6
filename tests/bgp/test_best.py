import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.bgp.best import Best, Step, best_path
from bgp2vpc.bgp.path import GRACEFUL_SHUTDOWN, AsSegment, Origin, SegmentKind
from bgp2vpc.bgp.rib import Side
from tests.values import offer


def seq(*asns):
    return (AsSegment(SegmentKind.SEQUENCE, asns),)


def as_set(*asns):
    return (AsSegment(SegmentKind.SET, asns),)


def confed(*asns):
    return (AsSegment(SegmentKind.CONFED_SEQUENCE, asns),)


# better, worse, the step that decides
DUELS = [
    (dict(local_preference=200, as_path=seq(1, 2)), dict(local_preference=150), Step.LOCAL_PREFERENCE),
    (dict(med=9), dict(local_preference=99), Step.LOCAL_PREFERENCE),
    (dict(local_preference=1), dict(local_preference=200, communities=(GRACEFUL_SHUTDOWN,)), Step.LOCAL_PREFERENCE),
    (dict(as_path=seq(1), origin=Origin.INCOMPLETE), dict(as_path=seq(1, 2)), Step.AS_PATH),
    (dict(as_path=seq(1, 2)), dict(as_path=seq(1, 2) + as_set(3, 4)), Step.AS_PATH),
    (dict(as_path=as_set(1, 2, 3)), dict(as_path=seq(1, 2)), Step.AS_PATH),
    (dict(as_path=confed(1, 2, 3)), dict(as_path=seq(1)), Step.AS_PATH),
    (dict(origin=Origin.IGP, med=500), dict(origin=Origin.EGP, med=1), Step.ORIGIN),
    (dict(origin=Origin.EGP), dict(origin=Origin.INCOMPLETE), Step.ORIGIN),
    (dict(med=100), dict(med=1000), Step.MED),
    (dict(), dict(med=1), Step.MED),
    (dict(as_path=seq(1), med=1), dict(as_path=seq(2), med=2), Step.MED),
    (dict(side=Side.LOCAL, source="z"), dict(side=Side.PEER, router_id="10.0.0.1", source="a"), Step.ROUTER_ID),
    (dict(side=Side.LOCAL, source="z"), dict(side=Side.PEER, router_id="0.0.0.1", source="a"), Step.ROUTER_ID),
    (dict(router_id="10.0.0.9", source="z"), dict(router_id="10.0.0.10", source="a"), Step.ROUTER_ID),
    (dict(source="a"), dict(source="b"), Step.SOURCE),
    (dict(path_id=None), dict(path_id=0), Step.SOURCE),
]


@pytest.mark.parametrize(("better", "worse", "step"), DUELS)
def test_the_first_step_that_differs_decides_and_is_the_reason(better, worse, step):
    good, bad = offer(**better), offer(**worse)
    for order in ((good, bad), (bad, good)):
        best = best_path(order)
        assert (best.offer, best.reason, best.lost) == (good, step, ((bad, step),))


def test_every_other_path_tells_at_which_step_it_lost_and_the_best_won_by_the_last_of_these_steps():
    shorter, far, high, other = offer(med=1), offer(local_preference=50), offer(med=7), offer(med=1, source="z")
    best = best_path([far, shorter, other, high])
    assert (best.offer, best.reason) == (shorter, Step.SOURCE)
    assert best.lost == ((far, Step.LOCAL_PREFERENCE), (other, Step.SOURCE), (high, Step.MED))


def test_a_single_path_wins_as_the_only_one_and_no_path_wins_nothing():
    assert best_path([only := offer()]) == Best(only, Step.ONLY)
    assert best_path([]) is None


def test_the_incumbent_wins_ties_and_nothing_else():
    first, second = offer(source="a"), offer(source="b")
    best = best_path([first, second], lambda o: o is second)
    assert (best.offer, best.reason) == (second, Step.INCUMBENT)
    better = offer(source="c", med=0, local_preference=101)
    assert best_path([first, second, better], lambda o: o is second).offer is better


OFFERS = st.lists(
    st.builds(
        offer,
        source=st.sampled_from("abc"),
        med=st.sampled_from([None, 0, 5]),
        local_preference=st.sampled_from([None, 100, 200]),
        path_id=st.sampled_from([None, 1, 2]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda o: (o.source, o.path.path_id),
)


@given(OFFERS)
def test_the_order_of_arrival_never_matters(offers):
    assert len({best_path(order).offer for order in itertools.permutations(offers)}) == 1
