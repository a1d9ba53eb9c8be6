"""What a change is taken for, and the contract of the plan as JSON."""

import pytest

from bgp2vpc.policy.plan import Action, Change, Plan, Reason, Verdict, VerdictKind
from bgp2vpc.vpc.model import interface_target
from tests.values import IGW, OURS, OURS_TOO, P1, PEER, WITHOUT_INTERFACE

CREATE, REPLACE, DELETE = Action
US, US_TOO, THEM = map(interface_target, (OURS, OURS_TOO, PEER))

# what is done, target, reason, what was there; whether it takes a route from another instance, and from us
KINDS = [
    (CREATE, US, Reason.ABSENT, None, False, False),
    (REPLACE, US, Reason.BEST_PATH, THEM, True, False),
    (REPLACE, US, Reason.OWNER_BLACKHOLE, WITHOUT_INTERFACE[0], True, False),
    (REPLACE, US, Reason.OWNER_BLACKHOLE, WITHOUT_INTERFACE[1], True, False),
    (REPLACE, US, Reason.OTHER_INTERFACE, US_TOO, False, False),
    (REPLACE, US, Reason.FALLBACK, IGW, False, False),
    (REPLACE, IGW, Reason.FALLBACK, US, False, True),
    (DELETE, US, Reason.WITHDRAWN, US, False, True),
    (DELETE, THEM, Reason.OWNER_LOST, THEM, True, True),
]


@pytest.mark.parametrize(("action", "target", "reason", "old", "is_move", "is_withdrawal"), KINDS)
def test_a_change_is(action, target, reason, old, is_move, is_withdrawal):
    change = Change(action, "rtb-1", P1, target, reason, old)
    assert (change.is_move, change.is_withdrawal) == (is_move, is_withdrawal)
    assert change.needs_fresh_read is (action is not CREATE), "CreateRoute refuses by itself what is there"


def test_a_verdict_as_json_says_all_that_is_known():
    verdict = Verdict("rtb-1", P1, VerdictKind.YIELD, Reason.OWNER_HEALTHY, THEM, "private", "i-9", "words")
    assert verdict.to_json() == {
        "route_table_id": "rtb-1",
        "prefix": "192.0.2.1/32",
        "verdict": "yield",
        "reason": "owner-healthy",
        "target": "eni-9",
        "rule": "private",
        "owner": "i-9",
        "detail": "words",
    }
    assert Verdict("rtb-1", P1, VerdictKind.DELETE, Reason.WITHDRAWN).to_json()["target"] is None


def test_a_plan_without_changes_says_so():
    assert str(Plan()) == "nothing to change"
