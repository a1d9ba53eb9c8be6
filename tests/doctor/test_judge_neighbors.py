"""What is said of BGP neighbors: their ports, and the rules of security groups, for every state they can be in."""

from dataclasses import replace

import pytest

from bgp2vpc.bgp.mesh import Neighbor
from bgp2vpc.config.model import Bgp, Config, Tag
from bgp2vpc.doctor.model import BgpSessions, Finding, MetadataAnswer, TcpAnswer, Trouble, Vpc
from bgp2vpc.doctor.neighbors import answers, members, security_groups
from bgp2vpc.errors import Denied
from bgp2vpc.prefix import Prefix, parse_address, parse_prefix
from bgp2vpc.vpc.model import Instance, Interface, SecurityGroupRule, TaggedInstance
from bgp2vpc.vpc.snapshot import Snapshot

SELF = Instance("i-1", "us-east-1", "vpc-1")
WHO = MetadataAnswer(SELF, "anycast-role")
AWAY = Trouble("away")
OURS, LOWER, HIGHER, ROUTER = map(parse_address, ("10.0.1.5", "10.0.1.1", "10.0.2.9", "192.168.0.1"))
OURS6, HIGHER6 = map(parse_address, ("2001:db8::5", "2001:db8::9"))
PORT = 1790
ANYWHERE = (SecurityGroupRule("sg-a", True, "-1", -1, -1, parse_prefix("0.0.0.0/0")),
            SecurityGroupRule("sg-b", True, "-1", -1, -1, parse_prefix("0.0.0.0/0")))  # fmt: skip


def interface(name: str, address, *groups: str) -> Interface:
    return Interface(f"eni-{name}", "vpc-1", f"subnet-{name}", 0, frozenset({address}), security_groups=groups)


def neighbor(address, passive: bool, port: int = PORT, internal: bool = True, local=OURS) -> Neighbor:
    return Neighbor(address, local, 64513, internal, passive, port, "i-2" if internal else "")


WE_CONNECT, CONNECTS = neighbor(HIGHER, passive=False), neighbor(LOWER, passive=True)
INTERFACES = {
    OURS: interface("a", OURS, "sg-a"),
    HIGHER: interface("b", HIGHER, "sg-b"),
    LOWER: interface("b", LOWER, "sg-b"),
}


def ingress(group: str, peer: Prefix | str, low: int = PORT, high: int = PORT, protocol="tcp") -> SecurityGroupRule:
    return SecurityGroupRule(group, False, protocol, low, high, peer)


def told(findings) -> list[str]:
    return [f"{each.state.value} {each.message}" for each in findings]


def silent(*neighbors: Neighbor, rules=ANYWHERE, interfaces=INTERFACES, **more) -> BgpSessions:
    nothing = {each.address: TcpAnswer.NONE for each in neighbors}
    return BgpSessions(neighbors, nothing, interfaces, rules, **more)


SILENCE = "no answer from TCP port 1790"
MISSING = "a rule of a security group is missing (see security-group)"


@pytest.mark.parametrize(
    ("one", "answer", "said"),
    [
        (WE_CONNECT, TcpAnswer.ACCEPTED, "ok 10.0.2.9 (i-2): TCP port 1790 accepts connections"),
        (WE_CONNECT, TcpAnswer.REFUSED,
         "warn 10.0.2.9 (i-2): reachable, but TCP port 1790 refuses connections: no BGP speaker listens there"),
        (WE_CONNECT, TcpAnswer.NONE, f"fail 10.0.2.9 (i-2): {SILENCE}: {MISSING}"),
        (WE_CONNECT, Trouble("no such address"),
         "fail 10.0.2.9 (i-2): TCP port 1790 cannot be reached from 10.0.1.5: no such address"),
        (CONNECTS, TcpAnswer.ACCEPTED, "ok 10.0.1.1 (i-2): TCP port 1790 accepts connections"),
        (CONNECTS, TcpAnswer.REFUSED,
         "ok 10.0.1.1 (i-2): reachable; nobody listens at TCP port 1790, but it is the neighbor that connects"),
        (CONNECTS, TcpAnswer.NONE,
         f"warn 10.0.1.1 (i-2): {SILENCE}: {MISSING}; as it is the neighbor that connects, there may be a session all "
         "the same"),
    ],
)  # fmt: skip
def test_what_a_port_answers(one: Neighbor, answer, said: str) -> None:
    assert told(answers(replace(silent(one), answers={one.address: answer}))) == [said]


BOTH = (*ANYWHERE, ingress("sg-b", "sg-a"), ingress("sg-a", "sg-b"))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (silent(WE_CONNECT, rules=BOTH),
         "the security groups permit it, so a network ACL of subnet-a or subnet-b, a firewall of that host, or the "
         "host is down"),
        (silent(WE_CONNECT, rules=BOTH,
                interfaces=INTERFACES | {HIGHER: replace(INTERFACES[HIGHER], subnet_id="subnet-a")}),
         "the security groups permit it, so a firewall of that host, or the host is down"),
        (silent(WE_CONNECT, rules=AWAY),
         "a security group, a network ACL or a firewall lets nothing through, or the host is down"),
        (silent(WE_CONNECT, interfaces={}),
         "a security group, a network ACL or a firewall lets nothing through, or the host is down"),
        (silent(neighbor(ROUTER, passive=False), rules=()),
         "a security group lets nothing through, or the host is down"),
    ],
)  # fmt: skip
def test_why_a_port_may_be_silent(found: BgpSessions, why: str) -> None:
    (finding,) = answers(found)
    assert finding.message.endswith(f": {SILENCE}: {why}")


def test_neighbors_of_whom_the_same_is_to_be_said_share_a_line() -> None:
    many = [neighbor(parse_address(f"10.0.3.{number}"), passive=False) for number in range(1, 8)]
    found = BgpSessions(tuple(many), dict.fromkeys([each.address for each in many], TcpAnswer.ACCEPTED))
    (line,) = told(answers(found))
    assert line.startswith("ok 10.0.3.1 (i-2), 10.0.3.2 (i-2), ")
    assert line.endswith("10.0.3.5 (i-2) and 2 more: TCP port 1790 accepts connections")


def test_the_rule_that_is_missing_at_the_neighbor_whom_we_connect_to() -> None:
    first, second = security_groups(silent(WE_CONNECT), WHO)
    assert told([first, second]) == [
        "fail no ingress rule of sg-b permits TCP port 1790 from sg-a: we cannot connect to 10.0.2.9 (i-2)",
        "warn no ingress rule of sg-a permits TCP port 1790 from sg-b: after a restart the session with 10.0.2.9 (i-2) "
        "may come back a minute later",
    ]
    command = "aws ec2 authorize-security-group-ingress --group-id {} --protocol tcp --port 1790 --source-group {}"
    assert (first.mend, second.mend) == (command.format("sg-b", "sg-a"), command.format("sg-a", "sg-b"))


def test_the_rule_that_is_missing_here_for_who_connects_to_us_also_while_its_port_answers() -> None:
    found = replace(silent(CONNECTS), answers={LOWER: TcpAnswer.REFUSED})
    assert told(security_groups(found, WHO)) == [
        "fail no ingress rule of sg-a permits TCP port 1790 from sg-b: 10.0.1.1 (i-2) cannot connect to us"
    ]


def test_what_one_rule_mends_is_one_finding() -> None:
    shared = {address: replace(each, security_groups=("sg-a",)) for address, each in INTERFACES.items()}
    found = silent(WE_CONNECT, CONNECTS, interfaces=shared)
    assert told(security_groups(found, WHO)) == [
        "fail no ingress rule of sg-a permits TCP port 1790 from sg-a: we cannot connect to 10.0.2.9 (i-2), "
        "10.0.1.1 (i-2) cannot connect to us"
    ]
    assert told(security_groups(replace(found, rules=(*ANYWHERE, ingress("sg-a", "sg-a"))), WHO)) == [
        "ok they permit the sessions in both directions"
    ]


def test_egress_is_needed_as_well_by_who_connects() -> None:
    found = silent(WE_CONNECT, CONNECTS, rules=BOTH[2:])
    ours, theirs = [each for each in security_groups(found, WHO) if each.state.value == "fail"]
    assert ours.message == "no egress rule of sg-a permits TCP port 1790 to sg-b: we cannot connect to 10.0.2.9 (i-2)"
    assert theirs.message == "no egress rule of sg-b permits TCP port 1790 to sg-a: 10.0.1.1 (i-2) cannot connect to us"
    permission = "'IpProtocol=tcp,FromPort=1790,ToPort=1790,UserIdGroupPairs=[{GroupId=sg-b}]'"
    assert ours.mend == f"aws ec2 authorize-security-group-egress --group-id sg-a --ip-permissions {permission}"


def is_well(*rules: SecurityGroupRule, interfaces=INTERFACES, one=WE_CONNECT, **more) -> bool:
    found = silent(one, rules=(*ANYWHERE, *rules), interfaces=interfaces, **more)
    return not any(each.state.value == "fail" for each in security_groups(found, WHO))


PERMITTING = [
    (ingress("sg-b", "sg-a"), True),
    (ingress("sg-b", "sg-a", 1024, 65535), True),
    (ingress("sg-b", "sg-a", protocol="6"), True),
    (ingress("sg-b", "sg-a", -1, -1, "-1"), True),
    (ingress("sg-b", parse_prefix("10.0.1.5/32")), True),
    (ingress("sg-b", parse_prefix("0.0.0.0/0")), True),
    (ingress("sg-b", parse_prefix("::/0")), False),
    (ingress("sg-b", parse_prefix("10.0.2.0/24")), False),
    (ingress("sg-b", "sg-b"), False),
    (ingress("sg-a", "sg-a"), False),
    (ingress("sg-b", "sg-a", 179, 179), False),
    (ingress("sg-b", "sg-a", 1791, 65535), False),
    (ingress("sg-b", "sg-a", protocol="udp"), False),
    (replace(ingress("sg-b", "sg-a"), egress=True), False),
]


@pytest.mark.parametrize(("rule", "permits"), PERMITTING, ids=str)
def test_what_a_rule_permits(rule: SecurityGroupRule, permits: bool) -> None:
    assert is_well(rule) is permits


@pytest.mark.parametrize(
    ("entries", "permits"),
    [(("10.0.2.0/24", "10.0.1.0/24"), True), (("10.0.2.0/24",), False), ((), False)],
)
def test_a_rule_with_a_prefix_list(entries: tuple[str, ...], permits: bool) -> None:
    lists = {"pl-1": tuple(map(parse_prefix, entries))}
    assert is_well(ingress("sg-b", "pl-1"), lists=lists) is permits


def test_a_prefix_list_that_may_not_be_read_is_given_the_benefit_of_the_doubt() -> None:
    refused = Denied("GetManagedPrefixListEntries", "UnauthorizedOperation", "no")
    lists = {"pl-1": Trouble("not allowed", refused)}
    found = silent(WE_CONNECT, rules=(*ANYWHERE, ingress("sg-b", "pl-1"), ingress("sg-a", "sg-b")), lists=lists)
    unknown, well = security_groups(found, WHO)
    assert (unknown.state.value, well.state.value) == ("warn", "ok")
    assert unknown.message == "what pl-1 permits, which a rule names, is not known: not allowed"
    assert "--role-name anycast-role --policy-name bgp2vpc-doctor" in unknown.mend


def test_one_of_several_groups_is_enough_and_the_first_is_mended() -> None:
    two = INTERFACES | {HIGHER: interface("b", HIGHER, "sg-b", "sg-c")}
    assert is_well(ingress("sg-c", "sg-a"), interfaces=two)
    first, _ = security_groups(silent(WE_CONNECT, interfaces=two), WHO)
    assert first.message.startswith("no ingress rule of sg-b or sg-c permits")
    assert " --group-id sg-b " in first.mend


def test_ipv6() -> None:
    ends = {OURS6: interface("a", OURS6, "sg-a"), HIGHER6: interface("b", HIGHER6, "sg-b")}
    six = neighbor(HIGHER6, passive=False, local=OURS6)
    everywhere = SecurityGroupRule("sg-a", True, "-1", -1, -1, parse_prefix("::/0"))
    assert not is_well(ingress("sg-b", parse_prefix("2001:db8::/64")), interfaces=ends, one=six)  # IPv4 egress only
    assert is_well(everywhere, ingress("sg-b", parse_prefix("2001:db8::/64")), interfaces=ends, one=six)
    assert is_well(everywhere, ingress("sg-b", "sg-a"), interfaces=ends, one=six)


@pytest.mark.parametrize(
    ("one", "end", "command"),
    [
        (neighbor(ROUTER, passive=False, port=179, internal=False), interface("a", OURS, "sg-a"),
         "egress --group-id sg-a --ip-permissions "
         "'IpProtocol=tcp,FromPort=179,ToPort=179,IpRanges=[{{CidrIp={}/32}}]'"),
        (neighbor(ROUTER, passive=True, port=179, internal=False), interface("a", OURS, "sg-a"),
         "ingress --group-id sg-a --protocol tcp --port 179 --cidr {}/32"),
        (neighbor(HIGHER6, passive=True, local=OURS6), interface("a", OURS6, "sg-a"),
         "ingress --group-id sg-a --ip-permissions "
         "'IpProtocol=tcp,FromPort=1790,ToPort=1790,Ipv6Ranges=[{{CidrIpv6={}/128}}]'"),
    ],
)  # fmt: skip
def test_of_who_is_not_in_the_vpc_only_our_side_is_judged(one: Neighbor, end: Interface, command: str) -> None:
    found = silent(one, rules=(), interfaces={one.local_address: end})
    (cut,) = [each for each in security_groups(found, WHO) if each.state.value == "fail"]
    assert cut.mend == f"aws ec2 authorize-security-group-{command.format(one.address)}"


def test_security_groups_that_may_not_be_read_are_no_failure() -> None:
    refused = Denied("DescribeSecurityGroupRules", "UnauthorizedOperation", "no")
    (finding,) = security_groups(silent(WE_CONNECT, rules=Trouble("not allowed", refused)), WHO)
    assert finding == Finding("security-group", finding.state, finding.message, finding.mend)
    assert told([finding]) == ["warn whether they permit the sessions is not known: not allowed"]
    assert "--role-name anycast-role " in finding.mend
    assert '"ec2:DescribeSecurityGroupRules"' in finding.mend
    (finding,) = security_groups(silent(WE_CONNECT, rules=AWAY), AWAY)
    assert (finding.state.value, finding.mend) == ("warn", "")


NOBODY = BgpSessions()


def mesh(*ids: str, found=NOBODY, known=None) -> list[Finding]:
    config = Config(file="/f", bgp=Bgp(asn=64513, peers_by_tag=Tag("role", "any cast")))
    tagged = tuple(TaggedInstance(each, ()) for each in ids)
    vpc = Vpc(SELF, Snapshot({}, (), {}, "i-1"), {}, members=tagged if known is None else known)
    return list(members(config, found, vpc))


def test_an_instance_without_the_tag_is_not_found_by_the_others() -> None:
    nobody, untagged = mesh("i-2")
    assert told([nobody]) == ["warn there is nobody to peer with besides this instance"]
    assert told([untagged]) == ["warn this instance does not have the tag role=any cast: the others do not find it"]
    assert untagged.mend == "aws ec2 create-tags --resources i-1 --tags 'Key=role,Value=any cast'"
    assert mesh("i-1", "i-2", found=silent(WE_CONNECT)) == []


def test_who_is_not_known() -> None:
    assert told(mesh(found=silent(WE_CONNECT), known=AWAY)) == [
        "warn the instances with the tag role=any cast are not known: away"
    ]
    assert told(mesh("i-1", found=Trouble("set bgp.router_id"))) == [
        "fail whom ExaBGP is to peer with is not known: set bgp.router_id"
    ]
    config = Config(file="/f", bgp=Bgp(asn=64513))
    assert told(members(config, AWAY, AWAY)) == ["warn whom ExaBGP is to peer with is not known: away"]
    by_tag = Config(file="/f", bgp=Bgp(asn=64513, peers_by_tag=Tag("role", "x")))
    assert told(members(by_tag, AWAY, AWAY)) == ["warn whom ExaBGP is to peer with is not known: away"]
    assert told(members(by_tag, NOBODY, AWAY)) == ["warn the instances with the tag role=x are not known: away"]
