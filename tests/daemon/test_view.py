"""The view, where a read is answered so late that more is known by then."""

import pytest

from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.place_state import Places
from bgp2vpc.policy.plan import Action, Change, Reason
from bgp2vpc.reconcile.view import View
from bgp2vpc.vpc.model import Instance, interface_target
from tests.values import OURS, P1, PEER, inputs_of, offer, route, rule, snapshot, table

KEY = ("rtb-1", P1)
SETTLE = 10.0
EMPTY, AT_PEER = table(), table(route(P1, PEER))


@pytest.fixture
def view() -> View:
    """Of a table that a poll at 0 s has shown as empty."""
    made = View(Instance("i-1", "us-east-1", "vpc-1"), [rule()], Policy(), Places(SETTLE, DampingLimits()))
    made.observed(snapshot(EMPTY), 0.0, 0.1)
    return made


def create(view: View, at: float) -> None:
    plan = view.plan(inputs_of([offer(P1)]))
    assert [(change.action, change.target.id) for change in plan.changes] == [(Action.CREATE, OURS)]
    view.wrote(plan.changes[0], at)


def test_a_late_poll_does_not_undo_what_was_read_since_it_began(view: View) -> None:
    view.reread(AT_PEER, 5.0, 5.1)
    view.observed(snapshot(EMPTY), 1.0, 60.0)
    assert (view.holder(KEY), view.asked_at("rtb-1")) == (PEER, 5.0)
    view.observed(snapshot(EMPTY), 61.0, 61.1)
    assert view.holder(KEY) == ""


def test_a_late_poll_that_began_before_our_write_is_older_than_it(view: View) -> None:
    create(view, at=3.0)
    view.observed(snapshot(EMPTY), 1.0, 60.0)
    assert view.holder(KEY) == OURS


def test_a_poll_that_began_when_our_write_had_settled_is_believed(view: View) -> None:
    create(view, at=3.0)
    view.observed(snapshot(EMPTY), 3.0 + SETTLE, 60.0)
    assert view.holder(KEY) == ""


def test_a_route_that_we_took_while_a_poll_was_late_is_not_reported_as_lost(view: View) -> None:
    view.reread(AT_PEER, 2.0, 2.1)
    taken = Change(Action.REPLACE, "rtb-1", P1, interface_target(OURS), Reason.OWNER_LOST, interface_target(PEER))
    view.wrote(taken, 3.0)
    view.observed(snapshot(AT_PEER), 1.0, 60.0)
    assert (view.holder(KEY), view.take_lost(None)) == (OURS, [])


def test_a_late_reread_does_not_undo_a_later_one(view: View) -> None:
    view.reread(AT_PEER, 5.0, 5.1)
    view.reread(EMPTY, 1.0, 60.0)
    assert (view.holder(KEY), view.asked_at("rtb-1")) == (PEER, 5.0)


def test_a_late_reread_does_not_give_a_route_back_that_we_have_taken(view: View) -> None:
    view.reread(AT_PEER, 2.0, 2.1)
    taken = Change(Action.REPLACE, "rtb-1", P1, interface_target(OURS), Reason.OWNER_LOST, interface_target(PEER))
    view.wrote(taken, 3.0)
    view.places.may_be_taken(KEY)  # from now on a read is believed that shows the peer
    view.reread(AT_PEER, 1.0, 60.0)
    assert (view.holder(KEY), view.take_lost(None)) == (OURS, [])
