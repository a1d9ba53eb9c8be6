"""Both sides of another account: the instance's role, the role that it assumes, and whom that one trusts."""

from bgp2vpc.config.load import parse
from bgp2vpc.iam.accounts import accesses, instance_policy, named, role_policy, trust_policy
from bgp2vpc.iam.policy import IamPolicy
from bgp2vpc.iam.tables import AccountScope

OURS, ROLE = "arn:aws:iam::123456789012:role/anycast", "arn:aws:iam::111122223333:role/routes"
FAR = "arn:aws:iam::444455556666:role/far"
FIND = "find: {type: by_tag, config: {key: type, value: private}}"
HERE = AccountScope("eu-west-1", "123456789012", "vpc-1")
SHARED = f"""
accounts: {{network: {{role_arn: '{ROLE}', external_id: b7c1}}}}
routetables:
  shared: {{{FIND}, accept: [192.0.2.0/24 le 32], account: network}}
"""
SEVERAL = f"""
routetables:
  here: {{{FIND}, accept: [192.0.2.0/24 le 32]}}
  there: {{{FIND}, accept: [192.0.2.0/24 le 32], role_arn: '{ROLE}', vpc_id: vpc-22222222}}
  far: {{{FIND}, accept: [192.0.2.0/24 le 32], role_arn: '{FAR}', region: us-east-1, vpc_id: vpc-33333333}}
  ours: {{{FIND}, accept: [192.0.2.0/24 le 32], region: us-west-2, vpc_id: vpc-44444444}}
"""


def shown(policy: IamPolicy) -> list[str]:
    """`Sid: actions on resources if conditions`, without the names of the services."""
    lines = []
    for each in policy.statements:
        actions = ",".join(action.partition(":")[2] for action in each.actions)
        keys = (pair for keys in each.conditions.values() for pair in keys.items())
        wanted = " ".join(sorted(f"{key}={value}" for key, values in keys for value in values))
        lines.append(f"{each.sid}: {actions} on {','.join(each.resources)} if {wanted}".removesuffix(" if "))
    return lines


READS = "DescribeRouteTables,DescribeNetworkInterfaces,DescribeInstanceStatus"
WRITES = "CreateRoute,ReplaceRoute,DeleteRoute"


def test_in_a_shared_vpc_the_owners_role_writes_and_ours_assumes_it() -> None:
    config = parse(SHARED, "f.yaml")
    assert shown(instance_policy(config, HERE)) == [
        f"Read: {READS} on * if ec2:Region=eu-west-1",
        f"AssumeRole: AssumeRole on {ROLE}",
    ]
    (network,) = accesses(config)
    there = "arn:aws:ec2:eu-west-1:111122223333"
    assert shown(role_policy(config, network, HERE)) == [
        f"Read: {READS} on * if ec2:Region=eu-west-1",
        f"Write: {WRITES} on {there}:route-table/* if aws:ResourceTag/type=private ec2:Vpc={there}:vpc/vpc-1",
    ]


def test_each_role_may_write_its_own_tables_only() -> None:
    config = parse(SEVERAL, "f.yaml")
    own, west = "arn:aws:ec2:eu-west-1:123456789012", "arn:aws:ec2:us-west-2:123456789012"
    tagged = "aws:ResourceTag/type=private"
    assert shown(instance_policy(config, HERE)) == [
        f"Read: {READS} on * if ec2:Region=eu-west-1",
        f"Write: {WRITES} on {own}:route-table/* if {tagged} ec2:Vpc={own}:vpc/vpc-1",
        f"ReadUsWest2: {READS} on * if ec2:Region=us-west-2",
        f"WriteUsWest2: {WRITES} on {west}:route-table/* if {tagged} ec2:Vpc={west}:vpc/vpc-44444444",
        f"AssumeRole: AssumeRole on {ROLE},{FAR}",
    ]
    far = "arn:aws:ec2:us-east-1:444455556666"
    assert shown(role_policy(config, next(named(config, FAR)), HERE)) == [
        f"Read: {READS} on * if ec2:Region=us-east-1",
        f"Write: {WRITES} on {far}:route-table/* if {tagged} ec2:Vpc={far}:vpc/vpc-33333333",
    ]


def test_a_role_is_called_by_its_name_its_account_or_its_arn() -> None:
    config = parse(SHARED, "f.yaml")
    assert [[each.role_arn for each in named(config, name)] for name in ("network", "111122223333", ROLE, "x")] == [
        [ROLE], [ROLE], [ROLE], [],
    ]  # fmt: skip


def test_the_role_trusts_the_instances_role_and_nobody_else() -> None:
    (network,) = accesses(parse(SHARED, "f.yaml"))
    assert trust_policy(network, OURS) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Instance",
                "Effect": "Allow",
                "Principal": {"AWS": OURS},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "b7c1"}},
            }
        ],
    }
    plain = next(named(parse(SEVERAL, "f.yaml"), FAR))
    assert "Condition" not in trust_policy(plain, OURS)["Statement"][0]


def test_what_is_about_the_instance_itself_is_no_business_of_the_other_role() -> None:
    more = "tags: {drain: 'bgp2vpc:drain'}\nlifecycle: {complete: leave}\n"
    more += "bgp: {as: 64512, peers_by_tag: {key: a, value: b}}\n"
    plain, config = parse(SHARED, "f.yaml"), parse(more + SHARED, "f.yaml")
    (network,) = accesses(config)
    assert shown(role_policy(config, network, HERE)) == shown(role_policy(plain, network, HERE))
    ours = {action for each in instance_policy(config, HERE).statements for action in each.actions}
    assert {"ec2:DescribeTags", "ec2:DescribeInstances", "autoscaling:CompleteLifecycleAction", "sts:AssumeRole"} < ours
