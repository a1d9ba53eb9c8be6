"""Other accounts: whether their roles can be assumed and their tables read, and what mends it on which side."""

import pytest

from bgp2vpc.config.model import Config
from bgp2vpc.doctor import vpc as judge
from bgp2vpc.doctor.accounts import accounts
from bgp2vpc.doctor.model import MetadataAnswer, Rehearsal, State, Trouble, Vpc
from bgp2vpc.errors import Denied, Transient
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.model import Instance
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import INTERFACES, rule

SELF = Instance("i-1", "us-east-1", "vpc-1")
WHO = MetadataAnswer(SELF, "anycast")
ARN = "arn:aws:iam::222222222222:role/net/routes"
ROLE, FAR = Access(ARN, name="network"), Access(region="us-west-2")
GIVEN = Config(file="f.yaml", rules=(rule(access=ROLE), rule(name="far", vpc_id="vpc-2", access=FAR)))
NO = "is not authorized to perform: sts:AssumeRole"


def seen(found, unread=()) -> Vpc:
    snapshot = Snapshot({}, INTERFACES, {}, "i-1", unread=frozenset(unread))
    return Vpc(SELF, snapshot, table_policies(GIVEN.rules, snapshot, "vpc-1"), accounts=found)


REFUSED, DENIED = Denied("AssumeRole", "AccessDenied", NO), Denied("DescribeRouteTables", "UnauthorizedOperation", "no")
LATE = Transient("AssumeRole", "ConnectTimeoutError", "late")


@pytest.mark.parametrize(
    ("access", "found", "state", "words", "mend"),
    [
        (ROLE, 2, "ok", f"network (222222222222): {ARN} can be assumed, and 2 route tables read", ""),
        (ROLE, 0, "warn", "0 route tables read: is vpc_id right, and the region?", ""),
        (FAR, 1, "ok", "us-west-2: our own credentials are good there, and 1 route table read", ""),
        (ROLE, REFUSED, "fail", f"{ARN} cannot be assumed: AssumeRole: AccessDenied: {NO}",
         "--trust --instance-role arn:aws:iam::ACCOUNT:role/anycast > trust.json"),
        (ROLE, REFUSED, "fail", "cannot be assumed", "update-assume-role-policy --role-name routes "),
        (ROLE, LATE, "fail", "cannot be assumed", f"aws sts assume-role --role-arn {ARN} "),
        (ROLE, DENIED, "fail", "its tables may not be read", f"bgp2vpc iam-policy -f f.yaml --role {ARN} > policy."),
        (FAR, DENIED, "fail", "its tables could not be read", "aws ec2 describe-route-tables --region us-west-2"),
    ],
)  # fmt: skip
def test_each_account_and_region_is_judged_by_itself(access, found, state, words, mend) -> None:
    known = Trouble(str(found), found) if isinstance(found, Exception) else found
    (finding,) = accounts(GIVEN, seen({access: known}), WHO)
    assert (finding.check, finding.state) == ("account", State(state))
    assert words in finding.message
    assert mend in finding.mend
    assert bool(mend) is bool(finding.mend)


def test_a_rule_of_an_account_that_gives_no_answer_has_no_wrong_finder() -> None:
    network, far = judge.tables(GIVEN, seen({}, unread=[ROLE]))
    assert (network.state, far.state) == (State.WARN, State.FAIL)
    assert network.message == "rule private: its tables are not known, as network (222222222222) cannot be read"


def test_what_a_role_may_not_do_is_mended_in_its_account() -> None:
    calls = (
        Rehearsal("DescribeRouteTables"),
        Rehearsal("DescribeRouteTables", access=ROLE),
        Rehearsal("CreateRoute", "rtb-1", Denied("CreateRoute", "UnauthorizedOperation", "no"), ROLE),
    )
    found = list(judge.permissions(GIVEN, calls, WHO))
    assert [each.message for each in found] == [
        "ec2:DescribeRouteTables is allowed",
        "ec2:CreateRoute is not allowed on rtb-1 with network (222222222222)",
        "ec2:DescribeRouteTables is allowed with network (222222222222)",
    ]
    assert "--role-name routes --policy-name bgp2vpc" in found[1].mend
    assert found[1].mend.endswith("# in 222222222222")
