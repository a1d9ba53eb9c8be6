"""Which calls a configuration can ever make."""

import pytest

from bgp2vpc.config.load import parse
from bgp2vpc.iam.least import least_policy
from bgp2vpc.iam.policy import IamPolicy
from bgp2vpc.iam.tables import AccountScope

HERE = AccountScope("eu-west-1", "123456789012", "vpc-1")
PRIVATE = "{type: by_tag, config: {key: type, value: private}}"
PUBLIC = "{type: by_tag, config: {key: type, value: public}}"
CHECKS = "healthchecks: {c: {type: ping, destination: 127.0.0.1, every: 1}}\n"
WEB = "web: {listen: '127.0.0.1:1'}"
CREATE, REPLACE, DELETE = "CreateRoute", "ReplaceRoute", "DeleteRoute"


def least(text: str, around: AccountScope = HERE) -> IamPolicy:
    return least_policy(parse(text, "f.yaml"), around)


def actions(policy: IamPolicy) -> list[list[str]]:
    return [[each.removeprefix("ec2:") for each in statement.actions] for statement in policy.statements]


def rule(more: str, find: str = PRIVATE, name: str = "private") -> str:
    return f"  {name}: {{find: {find}, {more}}}\n"


def rules(*texts: str, checks: str = CHECKS) -> str:
    return f"{checks}routetables:\n{''.join(texts)}"


STATIC = "manage_routes: [{cidr: 192.0.2.1/32}]"
MANAGED = "manage_routes: [{cidr: 192.0.2.1/32, healthcheck: c%s}]"


@pytest.mark.parametrize(
    ("text", "verbs"),
    [
        (rules(rule("accept: [192.0.2.0/24 le 32]"), checks=""), [CREATE, REPLACE, DELETE]),
        (rules(rule(MANAGED % "")), [CREATE, REPLACE, DELETE]),
        (rules(rule(MANAGED % ", never_delete: true")), [CREATE, REPLACE]),
        (rules(rule(MANAGED % ", fallback: nat-0123456789abcdef0")), [CREATE, REPLACE]),
        (rules(rule(f"{MANAGED % ', never_delete: true'}, accept: [192.0.2.1/32]")), [CREATE, REPLACE, DELETE]),
        ("on_exit: withdraw\n" + rules(rule(MANAGED % ", never_delete: true")), [CREATE, REPLACE]),
        (rules(rule("accept: [{prefix: 192.0.2.1/32, never_delete: true}]"), checks=""), [CREATE, REPLACE]),
        (rules(rule("accept: [192.0.2.1/32], fallback: nat-0123456789abcdef0"), checks=""), [CREATE, REPLACE]),
        (rules(rule("accept: [{prefix: 192.0.2.1/32, never_delete: true}, 192.0.2.2/32]"), checks=""),
         [CREATE, REPLACE, DELETE]),
        # Without a check, a managed route is withdrawn by a drain or at the end, or not at all.
        (rules(rule(STATIC)), [CREATE, REPLACE, DELETE]),
        ("socket: none\n" + rules(rule(STATIC)), [CREATE, REPLACE]),
        ("socket: none\non_exit: keep\n" + rules(rule(STATIC)), [CREATE, REPLACE]),
        ("socket: none\non_exit: withdraw\n" + rules(rule(STATIC)), [CREATE, REPLACE, DELETE]),
        ("socket: none\non_exit: drain\n" + rules(rule(STATIC)), [CREATE, REPLACE, DELETE]),
        ("socket: none\nlifecycle: true\n" + rules(rule(STATIC)), [CREATE, REPLACE, DELETE]),
        ("socket: none\ntags: {drain: 'x:drain'}\n" + rules(rule(STATIC)), [CREATE, REPLACE, DELETE]),
        (f"socket: none\n{WEB[:-1]}, token_file: {__file__}}}\n{rules(rule(STATIC))}", [CREATE, REPLACE, DELETE]),
        (f"socket: none\n{WEB}\n" + rules(rule(STATIC)), [CREATE, REPLACE]),
        ("socket: none\ntags: {avoid_zone: 'x:avoid'}\n" + rules(rule(STATIC)), [CREATE, REPLACE]),
        # Who writes for others removes what they leave behind.
        ("socket: none\n" + rules(rule(f"takeover: best_path, write: any, {STATIC}")), [CREATE, REPLACE, DELETE]),
    ],
)  # fmt: skip
def test_only_verbs_that_can_ever_be_needed_are_allowed(text: str, verbs: list[str]) -> None:
    assert actions(least(text))[1:] == [verbs]


@pytest.mark.parametrize(
    ("more", "find", "reads"),
    [
        ("accept: [192.0.2.0/24 le 32]", PRIVATE, False),
        ("accept: [192.0.2.0/24 le 32]", "{type: by_az, config: {az: SELF}}", True),
        ("accept: [192.0.2.0/24 le 32]", "{type: subnet, config: {subnet_id: subnet-00000001}}", True),
        ("accept: [192.0.2.0/24 le 32], takeover: best_path, affinity: az", PRIVATE, True),
        (MANAGED % "", PRIVATE, False),
        ("manage_routes: [{cidr: 10.0.1.0/24}]", PRIVATE, True),
        ("manage_routes: [{cidr: 0.0.0.0/0}]", PRIVATE, False),
    ],
)
def test_subnets_are_read_only_where_they_matter(more: str, find: str, reads: bool) -> None:
    read, *_ = actions(least(rules(rule(more, find))))
    assert ("DescribeSubnets" in read) is reads
    assert read[:3] == ["DescribeRouteTables", "DescribeNetworkInterfaces", "DescribeInstanceStatus"]


def test_rules_share_a_statement_or_have_the_rest_of_what_a_wider_one_allows() -> None:
    policy = least(
        rules(
            rule(MANAGED % ", never_delete: true", "{type: main}", "everywhere"),
            rule("accept: [192.0.2.2/32]", PRIVATE, "a"),
            rule("accept: [192.0.2.3/32]", PUBLIC, "b"),
            rule("accept: [192.0.2.4/32], dead_routes: delete", PUBLIC, "c"),
        )
    )
    assert actions(policy)[1:] == [[CREATE, REPLACE], [DELETE]]
    everywhere, tagged = policy.statements[1:]
    assert everywhere.to_json()["Condition"] == {
        "ArnEquals": {"ec2:Vpc": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"}
    }
    assert tagged.to_json()["Condition"] == {
        "ArnEquals": {"ec2:Vpc": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"},
        "StringEquals": {"aws:ResourceTag/type": ["private", "public"]},
    }
    assert tagged.why == (
        "DeleteRoute: a prefix that is no longer announced (a, b)",
        "DeleteRoute: a prefix that is no longer announced, or a black hole that nobody offers (dead_routes) (c)",
    )
    assert "whether the interface of a black hole is gone (dead_routes)" in policy.statements[0].why[1]
    assert everywhere.why[0] == "CreateRoute: a prefix that a table does not have (everywhere, a, b, c)"
    assert "no key tells which table is the main one" in everywhere.wider


def test_a_rule_of_another_vpc_has_that_vpc_as_its_condition() -> None:
    policy = least(rules(rule("accept: [192.0.2.2/32], vpc_id: vpc-00000002")))
    assert policy.statements[1].conditions["ArnEquals"] == {"ec2:Vpc": (HERE.arn("vpc/vpc-00000002"),)}


def test_ids_become_resources() -> None:
    policy = least(rules(rule("accept: [192.0.2.2/32]", "{type: ids, config: {ids: [rtb-00000002, rtb-00000001]}}")))
    assert policy.to_json()["Statement"][1]["Resource"] == [
        HERE.arn("route-table/rtb-00000001"),
        HERE.arn("route-table/rtb-00000002"),
    ]


def test_a_rule_that_can_find_no_table_needs_nothing() -> None:
    policy = least(rules(rule("accept: [192.0.2.2/32]", f"{{type: and, config: [{PRIVATE}, {PUBLIC}]}}")))
    assert len(policy.statements) == 1


def test_what_is_not_known_stays_open_and_is_told() -> None:
    policy = least(rules(rule("accept: [192.0.2.2/32]")), AccountScope())
    read, write = policy.statements
    assert read.to_json()["Resource"] == "*"
    assert "Condition" not in read.to_json()
    assert write.resources == ("arn:aws:ec2:*:*:route-table/*",)
    assert any("--region" in each for each in read.wider)
    assert {word for word in ("--account", "--vpc") if any(word in each for each in write.wider)} == {
        "--account",
        "--vpc",
    }


def test_every_allowed_call_says_what_it_is_for() -> None:
    for statement in least(rules(rule("accept: [192.0.2.2/32], takeover: best_path, affinity: az"))).statements:
        for action in statement.actions:
            assert any(why.startswith(f"{action.removeprefix('ec2:')}: ") for why in statement.why), action


def test_the_calls_that_tell_of_fallbacks_are_allowed() -> None:
    more = (
        "accept: [{prefix: 192.0.2.1/32, fallback: nat-00000001}, {prefix: 192.0.2.2/32, fallback: eni-00000001},"
        " {prefix: 2001:db8::/32, fallback: eigw-00000001}], fallback: pcx-00000001,"
        " manage_routes: [{cidr: 192.0.2.3, fallback: "
        "'arn:aws:networkmanager::123456789012:core-network/core-network-1'}]"
    )
    (read, *_) = least(rules(rule(more), rule("accept: [192.0.2.9/32], fallback: nat-00000001", name="b"))).statements
    assert [each.removeprefix("ec2:") for each in read.actions] == [
        "DescribeRouteTables", "DescribeNetworkInterfaces", "DescribeInstanceStatus", "DescribeVpcPeeringConnections",
        "DescribeNatGateways", "DescribeEgressOnlyInternetGateways",
    ]  # fmt: skip
    assert "DescribeNatGateways: whether the fallback nat-00000001 can be used (private, b)" in read.why
    assert any("whether the fallback eni-00000001 can be used (private)" in each for each in read.why)


@pytest.mark.parametrize(("tags", "asks"), [("{drain: 'x:drain'}", True), ("{avoid_zone: 'x:avoid'}", False)])
def test_tags_of_the_instance_may_be_read_where_they_drain_it(tags: str, *, asks: bool) -> None:
    policy = least(f"tags: {tags}\n" + rules(rule("accept: [192.0.2.0/24 le 32]"), checks=""))
    assert ("DescribeTags" in actions(policy)[0]) is asks


def test_the_hook_of_a_group_that_is_named_can_be_completed_and_nothing_else_of_auto_scaling() -> None:
    policy = least("lifecycle: {complete: gone, group: any}\n" + rules(rule("accept: [192.0.2.0/24 le 32]"), checks=""))
    leave = policy.statements[-1]
    assert leave.actions == ("autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat")
    arn = "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:*:autoScalingGroupName/any"
    assert (leave.resources, leave.wider) == ((arn,), ())
    assert [each.sid for each in policy.statements] == ["Read", "Write", "Leave"]


def test_a_group_that_is_not_named_may_be_asked_for() -> None:
    policy = least("lifecycle: {complete: gone}\n" + rules(rule("accept: [192.0.2.0/24 le 32]"), checks=""))
    assert [each.sid for each in policy.statements] == ["Read", "Write", "ReadGroup", "Leave"]
    assert policy.statements[2].actions == ("autoscaling:DescribeAutoScalingInstances",)
    assert policy.statements[3].resources[0].endswith(":autoScalingGroupName/*")
    assert policy.statements[3].wider


@pytest.mark.parametrize(
    ("ref", "resource", "condition"),
    [
        ("pl-0123456789abcdef0", "prefix-list/pl-0123456789abcdef0", None),
        ("{name: anycast}", "prefix-list/*", None),
        (
            "{find: {type: by_tag, config: {key: a, value: b}}}",
            "prefix-list/*",
            {"StringEquals": {"aws:ResourceTag/a": "b"}},
        ),
    ],
)
def test_the_entries_of_a_prefix_list_are_written_as_far_as_iam_can_tell_which(ref, resource, condition) -> None:
    policy = least(rules(rule(f"accept: [192.0.2.0/24 le 32], prefix_list: {ref}", PRIVATE)))
    read, write, entries = actions(policy)
    assert {"DescribeManagedPrefixLists", "GetManagedPrefixListEntries"} <= set(read)
    assert (write, entries) == ([CREATE, REPLACE, DELETE], ["ModifyManagedPrefixList"])
    written = policy.statements[-1].to_json()
    assert written["Resource"] == f"arn:aws:ec2:eu-west-1:123456789012:{resource}"
    assert written.get("Condition") == condition
    assert any("name" in each for each in policy.statements[-1].wider) is ("name" in ref)


TRANSIT = "transit_gateway_route_tables: {find: {type: by_tag, config: {key: type, value: anycast}}}"


def test_tables_of_transit_gateways_are_written_by_statements_of_their_own() -> None:
    policy = least(rules(rule(f"accept: [192.0.2.0/24 le 32], {TRANSIT}"), checks=""))
    read, write, transit, attachments = policy.statements
    assert set(read.actions) >= {
        "ec2:DescribeTransitGatewayAttachments", "ec2:DescribeTransitGatewayRouteTables",
        "ec2:SearchTransitGatewayRoutes",
    }  # fmt: skip
    assert write.resources == ("arn:aws:ec2:eu-west-1:123456789012:route-table/*",)
    verbs = ("CreateTransitGatewayRoute", "ReplaceTransitGatewayRoute", "DeleteTransitGatewayRoute")
    assert transit.actions == tuple(f"ec2:{verb}" for verb in verbs)
    assert transit.resources == ("arn:aws:ec2:eu-west-1:123456789012:transit-gateway-route-table/*",)
    assert transit.conditions == {"StringEquals": {"aws:ResourceTag/type": ("anycast",)}}, "no ec2:Vpc: it has none"
    assert attachments.actions == tuple(f"ec2:{verb}" for verb in verbs[:2])
    assert attachments.resources == ("arn:aws:ec2:eu-west-1:123456789012:transit-gateway-attachment/*",)


def test_what_is_never_deleted_needs_no_permission_for_it_there() -> None:
    policy = least(rules(rule(f"accept: [192.0.2.0/24 le 32], never_delete: true, {TRANSIT}"), checks=""))
    assert "DeleteTransitGatewayRoute" not in str(policy.to_json())
