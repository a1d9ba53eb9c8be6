"""What is said of a VPC, for every state it can be in."""

from dataclasses import replace

import pytest

from bgp2vpc.config.model import Config
from bgp2vpc.doctor import routes as judge_routes
from bgp2vpc.doctor import vpc as judge
from bgp2vpc.doctor.model import PREFIX_LISTS, TRANSIT, Endpoint, MetadataAnswer, Rehearsal, Running, Trouble, Vpc
from bgp2vpc.errors import (
    Credentials,
    Denied,
    OperatorError,
    QuotaReached,
    Refused,
    RouteExists,
    RouteMissing,
    TableGone,
    Throttled,
    Transient,
)
from bgp2vpc.policy.rule import ManagedRoute, Rule
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.prefix import IPAddress, Prefix, PrefixListId, parse_prefix
from bgp2vpc.vpc.finders import ByTag
from bgp2vpc.vpc.model import (
    Instance,
    Interface,
    ManagedPrefixList,
    Route,
    RouteTable,
    Subnet,
    TaggedInstance,
    Target,
    TargetKind,
    attachment,
    parse_target,
)
from bgp2vpc.vpc.prefix_lists import PrefixListRef
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import IGW, INTERFACES, LOCAL, P1, route, rule, table

SELF = Instance("i-1", "us-east-1", "vpc-1")
AWAY = Trouble("away")
WHO = MetadataAnswer(SELF, "nat-role")
DEFAULT = parse_prefix("0.0.0.0/0")
CIDR = route(parse_prefix("10.0.0.0/16"), LOCAL)
VGW = Target(TargetKind.GATEWAY, "vgw-1")


def config(*rules: Rule, **kwargs) -> Config:
    return Config(**{"file": "f.yaml", "rules": rules} | kwargs)


def seen(given: Config, *tables: RouteTable, interfaces=INTERFACES, instance: Instance = SELF) -> Vpc:
    subnets = {"subnet-7": Subnet("subnet-7", "vpc-1", "us-east-1a", (parse_prefix("10.0.9.0/24"),))}
    snapshot = Snapshot({each.id: each for each in tables}, interfaces, {}, instance.id, subnets=subnets)
    return Vpc(instance, snapshot, table_policies(given.rules, snapshot, instance.vpc_id))


def manages(*prefixes: Prefix) -> Rule:
    routes = {prefix: ManagedRoute(prefix=prefix, source="check x") for prefix in prefixes}
    return Rule("m", ByTag("type", "private"), manages=routes)


def told(findings) -> list[str]:
    return [f"{each.state.value} {each.message}" for each in findings]


CREDENTIALS = [
    (Credentials("DescribeRouteTables", "NoCredentialsError", "none"), "associate-iam-instance-profile"),
    (Credentials("DescribeRouteTables", "RequestExpired", "late"), "chronyc makestep"),
    (Denied("DescribeRouteTables", "UnauthorizedOperation", "no"), "--role-name nat-role"),
    (OperatorError("DescribeRouteTables", "OptInRequired", "no"), "get-caller-identity"),
    (Transient("DescribeRouteTables", "ConnectTimeoutError", "no"), "get-caller-identity"),
]


@pytest.mark.parametrize(("error", "mend"), CREDENTIALS)
def test_credentials_and_what_mends_them(error, mend: str) -> None:
    (finding,) = judge.credentials(config(), Trouble(str(error), error), WHO)
    assert finding.state.value == "fail"
    assert mend in finding.mend


NAT, ENI = parse_target("nat-00000001"), parse_target("eni-00000001")
CORE = parse_target("arn:aws:networkmanager::123456789012:core-network/core-network-1")
NAT_MEND = "aws ec2 describe-nat-gateways --filter Name=nat-gateway-id,Values=nat-00000001"


def test_a_fallback_that_cannot_be_used_is_found_before_it_is_needed() -> None:
    one = rule("192.0.2.0/24", fallback=NAT)
    given = config(
        one, rule("203.0.113.0/24", name="b", fallback=NAT), rule("198.51.100.0/24", name="c", fallback=CORE)
    )
    vpc = seen(given, table())

    def found(problem) -> list[tuple[str, str]]:
        looked = replace(vpc, fallbacks={} if problem is None else {("vpc-1", NAT): problem})
        return [(told([each])[0], each.mend) for each in judge_routes.fallbacks(given, looked)]

    of_other = (
        f"warn {CORE} of rule c is of another service than EC2, which tells nothing of it: not looked at", ""
    )  # fmt: skip
    name = "nat-00000001 of rule private, b"
    assert found("") == [of_other, (f"ok {name} can be used", "")]
    gone = f"fail {name} does not exist: EC2 would refuse the route when it is needed"
    assert found("does not exist") == [of_other, (gone, NAT_MEND)]
    assert found(Trouble("no answer")) == [of_other, (f"warn {name} could not be looked at: no answer", NAT_MEND)]
    assert found(None) == [of_other, (f"warn {name} could not be looked at", NAT_MEND)]


def test_an_interface_of_this_instance_is_no_fallback() -> None:
    own = parse_target(INTERFACES[0].id)
    given = config(rule("192.0.2.0/24", fallback=own))
    (finding,) = judge_routes.fallbacks(given, replace(seen(given, table()), fallbacks={("vpc-1", own): ""}))
    assert told([finding]) == ["fail eni-1 of rule private is an interface of this instance"]
    other = config(rule("192.0.2.0/24", fallback=ENI, vpc_id="vpc-2"))
    (finding,) = judge_routes.fallbacks(other, replace(seen(other, table()), fallbacks={("vpc-2", ENI): ""}))
    assert told([finding]) == ["ok eni-00000001 of rule private can be used"]


def test_permissions_one_finding_for_each_action() -> None:
    denied = Denied("CreateRoute", "UnauthorizedOperation", "no")
    found = (
        Rehearsal("CreateRoute", "rtb-1"),
        Rehearsal("CreateRoute", "rtb-2", denied),
        Rehearsal("DeleteRoute", "rtb-1"),
        Rehearsal("DeleteRoute", "rtb-2"),
        Rehearsal("DescribeSubnets", "", Throttled("DescribeSubnets", "RequestLimitExceeded", "later")),
        Rehearsal("ReplaceRoute", "rtb-1", RouteMissing("ReplaceRoute", "InvalidParameterValue", "no such route")),
        Rehearsal("ReplaceRoute", "rtb-2"),
    )
    findings = list(judge.permissions(config(), found, WHO))
    assert told(findings) == [
        "fail ec2:CreateRoute is not allowed on rtb-2",
        "ok ec2:DeleteRoute is allowed on 2 tables",
        "warn ec2:DescribeSubnets: not known: DescribeSubnets: RequestLimitExceeded: later",
        "ok ec2:ReplaceRoute is allowed on 2 tables",
    ]
    assert findings[0].mend == (
        "bgp2vpc iam-policy -f f.yaml > policy.json && aws iam put-role-policy --role-name nat-role "
        "--policy-name bgp2vpc --policy-document file://policy.json"
    )


ANSWERS = [
    (RouteExists("CreateRoute", "RouteAlreadyExists", "x"), "ok ec2:CreateRoute is allowed on 1 table"),
    (RouteMissing("CreateRoute", "InvalidRoute.NotFound", "x"), "ok ec2:CreateRoute is allowed on 1 table"),
    (Refused("CreateRoute", "InvalidParameterValue", "x"), "warn ec2:CreateRoute: not known for rtb-1: "),
    (Refused("CreateRoute", "DryRunIgnored", "x"), "warn ec2:CreateRoute: not known for rtb-1: "),
    (QuotaReached("CreateRoute", "RouteLimitExceeded", "x"), "warn ec2:CreateRoute: not known for rtb-1: "),
    (TableGone("CreateRoute", "InvalidRouteTableID.NotFound", "x"), "warn ec2:CreateRoute: not known for rtb-1: "),
]


@pytest.mark.parametrize(("error", "said"), ANSWERS)
def test_what_else_ec2_says_to_a_rehearsal_tells_nothing_of_the_permission(error, said: str) -> None:
    (finding,) = told(judge.permissions(config(), (Rehearsal("CreateRoute", "rtb-1", error),), WHO))
    assert finding.startswith(said)


def test_rules_find_tables_or_do_not() -> None:
    other = rule(name="other", find=ByTag("type", "public"))
    fine = rule(name="fine", find=ByTag("type", "public"), no_results_ok=True)
    given = config(rule(), other, fine)
    assert told(judge.tables(given, seen(given, table(CIDR)))) == [
        "ok rule private finds rtb-1",
        "fail rule other finds no route table; compare its `find` with their tags",
        "ok rule fine finds no route table, which is allowed (no_results_ok)",
    ]


def test_tables_of_another_account_are_those_of_a_shared_vpc() -> None:
    of = lambda account: (replace(INTERFACES[0], owner_id=account),)  # noqa: E731
    given = config(rule())
    shared = table(CIDR, owner_id="111111111111")
    found, warning = judge.tables(given, seen(given, shared, interfaces=of("222222222222")))
    assert found.message == "rule private finds rtb-1"
    assert warning.state.value == "warn"
    assert "rtb-1 belong to account 111111111111, and this instance to 222222222222" in warning.message
    assert "arn:aws:iam::111111111111:role/" in warning.mend
    assert len(list(judge.tables(given, seen(given, shared, interfaces=of("111111111111"))))) == 1
    assert len(list(judge.tables(given, seen(given, shared)))) == 1, "EC2 did not say whose the interface is"
    bare = table(CIDR, owner_id="111111111111", tags=())  # nobody but the owner is shown tags
    (missing,) = told(judge.tables(given, seen(given, bare, interfaces=of("222222222222"))))
    assert missing == (
        "fail rule private finds no route table; compare its `find` with their tags; account 111111111111 shares this "
        "VPC, and EC2 shows the tags of its tables to nobody else"
    )


def test_interfaces_that_exist_and_may_forward() -> None:
    given = config(rule(), rule(name="second", interface=1), rule(name="third", interface=7))
    assert told(judge.interfaces(given, seen(given, table(CIDR)))) == [
        "ok rule private points at eni-1 (device 0, subnet-1)",
        "ok rule second points at eni-2 (device 1, subnet-2)",
        "fail rule third: this instance has no interface with interface: 7 in vpc-1; "
        "set `interface:` to one that exists",
        "ok off on eni-1",
        "ok off on eni-2",
    ]


@pytest.mark.parametrize(("skip", "state"), [(False, "fail"), (True, "warn")])
def test_the_source_destination_check(skip: bool, state: str) -> None:
    given = config(rule(), skip_source_dest_check=skip)
    checked = (Interface("eni-1", "vpc-1", "subnet-1", 0, source_dest_check=True),)
    *_, finding = judge.interfaces(given, seen(given, table(CIDR), interfaces=checked))
    assert finding.state.value == state
    assert finding.mend == (
        "aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --no-source-dest-check"
    )


def test_prefixes_inside_the_vpc_and_propagated_ones() -> None:
    twin = route(P1, VGW, propagated=True)
    given = config(rule("10.0.7.0/24", "10.0.9.0/24", "192.0.2.1/32", "10.0.8.0/24 le 32"))
    assert told(judge_routes.prefixes(given, seen(given, table(CIDR, twin)), AWAY)) == [
        "fail 10.0.7.0/24 lies within the VPC's own 10.0.0.0/16: EC2 refuses the route unless it is a whole subnet's",
        "warn accept 10.0.8.0/24 le 32 lies within the VPC's own 10.0.0.0/16: EC2 takes whole subnets only there",
    ]
    assert told(judge_routes.propagated(given, seen(given, table(CIDR, twin)), AWAY)) == [
        "warn rtb-1 has 192.0.2.1/32 propagated from vgw-1 as well: ours wins while it is there",
    ]
    good = config(rule())
    assert [each.state.value for each in judge_routes.prefixes(good, seen(good, table(CIDR)), AWAY)] == ["ok"]
    assert [each.state.value for each in judge_routes.propagated(good, seen(good, table(CIDR)), AWAY)] == ["ok"]


def test_what_vpc_route_server_propagates_is_called_so() -> None:
    twin = route(P1, Target(TargetKind.OTHER, "10.0.0.9"), propagated=True, advertised=True)
    given = config(rule("192.0.2.1/32"))
    (finding,) = judge_routes.propagated(given, seen(given, table(CIDR, twin)), AWAY)
    assert "from VPC Route Server (10.0.0.9)" in finding.message
    assert "not documented" in finding.message
    assert finding.mend.startswith("aws ec2 disable-route-server-propagation --route-table-id rtb-1 ")


ROOM = [
    (3, 10, 0, "ok the fullest table holds 3 of 10 routes (--quota tells another quota)"),
    (8, 10, 2, "warn rtb-1 holds 8 of 10 IPv4 routes"),
    (9, 10, 2, "fail rtb-1 holds 9 of 10 IPv4 routes, and 2 more are wanted: they do not fit"),
    (10, 10, 0, "fail rtb-1 holds 10 of 10 IPv4 routes, and 0 more are wanted: they do not fit"),
]


@pytest.mark.parametrize(("used", "quota", "wanted", "said"), ROOM)
def test_room_in_the_tables(used: int, quota: int, wanted: int, said: str) -> None:
    there = [route(parse_prefix(f"198.51.100.{number}/32"), IGW) for number in range(used)]
    given = config(rule())
    offered = frozenset(parse_prefix(f"192.0.2.{number}/32") for number in range(wanted))
    propagated = route(P1, VGW, propagated=True)
    facts = seen(given, table(CIDR, propagated, *there))
    assert told(judge_routes.room(given, facts, Running(1, offered), quota)) == [said]


def listed(*entries: Prefix, max_entries: int = 10, description: str = "bgp2vpc i-1") -> ManagedPrefixList:
    found = dict.fromkeys(entries, description)
    return ManagedPrefixList("pl-1", "anycast", 4, 1, max_entries, entries=found)


def seen_with(given: Config, *lists: ManagedPrefixList, routes: tuple[Route, ...] = ()) -> Vpc:
    facts = seen(given, table(CIDR, *routes))
    shown = replace(facts.snapshot, prefix_lists={each.id: each for each in lists})
    return replace(facts, snapshot=shown, tables=table_policies(given.rules, shown, "vpc-1"))


def test_room_counts_a_prefix_list_with_max_entries_whether_or_not_its_route_is_there_yet() -> None:
    given = config(rule("192.0.2.0/24 le 32", prefix_list=PrefixListRef("pl-1")))
    there = [route(PrefixListId("pl-1"), IGW)]
    for routes in ((), there):
        (said,) = told(judge_routes.room(given, seen_with(given, listed(), routes=tuple(routes)), AWAY, 10))
        assert said == "warn rtb-1 holds 10 of 10 IPv4 routes, 10 of them by MaxEntries of prefix lists"
    (said,) = told(judge_routes.room(given, seen_with(given, listed(max_entries=11)), AWAY, 10))
    assert said.startswith("fail rtb-1 holds 11 of 10 IPv4 routes, 11 of them by MaxEntries of prefix lists")


LISTS = [
    ((listed(P1),), "ok rule private has pl-1 (anycast, IPv4) of 10 entries, 1 of them used"),
    ((listed(max_entries=1),), "fail rule private has pl-1 (anycast, IPv4) of 1 entries, and 2 are wanted: they do"),
    ((listed(P1, description="by hand"),), "fail rule private: pl-1 has 1 entries that bgp2vpc did not write"),
    ((), "fail rule private: no prefix list has name anycast"),
]


@pytest.mark.parametrize(("lists", "said"), LISTS)
def test_whether_a_prefix_list_can_be_used(lists: tuple[ManagedPrefixList, ...], said: str) -> None:
    given = config(rule("192.0.2.0/24 le 32", prefix_list=PrefixListRef(name="anycast")))
    running = Running(1, frozenset({P1, parse_prefix("192.0.2.9/32")}))
    (finding,) = judge_routes.prefix_lists(given, seen_with(given, *lists), running)
    assert f"{finding.state.value} {finding.message}".startswith(said)
    assert bool(finding.mend) is (finding.state.value == "fail")


def test_what_fits_no_list_of_a_rule_is_said() -> None:
    given = config(rule(prefix_list=PrefixListRef("pl-1")))
    _, finding = judge_routes.prefix_lists(given, seen_with(given, listed()), AWAY)
    assert "accept 2001:db8:53::/48 le 128 fits no list of it" in finding.message


PUBLIC, PRIVATE = IPAddress("203.0.113.7"), IPAddress("10.0.3.4")
LOOPBACK = IPAddress("127.0.0.1")
WAYS = [
    ({"main": True}, PUBLIC, "fail 0.0.0.0/0 of rtb-1 is ours, and EC2 is reached through it alone"),
    ({"subnet_ids": frozenset({"subnet-1"})}, PUBLIC, "fail 0.0.0.0/0 of rtb-1 is ours, and EC2 is reached through"),
    ({"main": True}, PRIVATE, "ok 0.0.0.0/0 of rtb-1 is ours, and EC2 is reached otherwise"),
    ({"main": True}, LOOPBACK, "ok 0.0.0.0/0 of rtb-1 is ours, and EC2 is reached otherwise"),
    ({}, PUBLIC, "ok 0.0.0.0/0 is not written in the table that this instance itself uses"),
]


@pytest.mark.parametrize(("used", "address", "said"), WAYS)
def test_we_do_not_cut_ourselves_off(used, address: IPAddress, said: str) -> None:
    given = config(manages(DEFAULT))
    facts = seen(given, table(CIDR, **used))
    (finding,) = told(judge_routes.default_route(given, facts, AWAY, Endpoint("https://ec2", (address,))))
    assert finding.startswith(said)


@pytest.mark.parametrize(("region", "service"), [("us-east-1", "com."), ("cn-north-1", "cn.com.")])
def test_the_endpoint_that_would_keep_us_connected_has_the_name_of_its_region(region: str, service: str) -> None:
    given = config(manages(DEFAULT))
    facts = seen(given, table(CIDR, main=True), instance=Instance("i-1", region, "vpc-1"))
    (finding,) = judge_routes.default_route(given, facts, AWAY, Endpoint("https://ec2", (PUBLIC,)))
    assert f" --service-name {service}amazonaws.{region}.ec2 " in finding.mend


def test_who_manages_no_default_route_hears_nothing_of_it() -> None:
    given = config(rule())
    assert list(judge_routes.default_route(given, seen(given, table(CIDR, main=True)), AWAY, AWAY)) == []


@pytest.mark.parametrize(
    ("members", "tables", "poll_time", "rate"),
    [(300, 1, 60.0, ""), (301, 1, 60.0, "5.0"), (301, 1, 80.0, ""), (301, 101, 80.0, "7.5"), (1000, 1, None, "")],
)
def test_a_poll_time_that_is_too_short_for_the_fleet(members, tables, poll_time, rate) -> None:
    given = config(poll_time=poll_time)
    found = tuple(TaggedInstance(f"i-{number}", ()) for number in range(members))
    known = replace(seen(given, *(RouteTable(f"rtb-{number}", "vpc-1") for number in range(tables))), members=found)
    words = [finding.message for finding in judge.polls(given, known)]
    assert [each.split(" take ")[1].split(" ")[0] for each in words] == ([rate] if rate else [])
    assert list(judge.polls(given, replace(known, members=AWAY))) == []


def test_tables_of_transit_gateways() -> None:
    given = config(rule(find_transit=ByTag("type", "anycast")))
    gateway, other = (RouteTable(each, "tgw-1", tags={"type": "anycast"}) for each in ("tgw-rtb-1", "tgw-rtb-2"))

    def said(*tables: RouteTable, attached: bool = True) -> list[str]:
        facts = seen(given, table(), *tables)
        attachments = (attachment("tgw-attach-1", "tgw-1"),) if attached else ()
        facts = replace(facts, snapshot=replace(facts.snapshot, attachments=attachments))
        assert told(judge.tables(given, facts)) == ["ok rule private finds rtb-1"]
        return told(judge.transit_tables(given, facts))

    assert said(gateway, other) == ["ok rule private finds tgw-rtb-1, tgw-rtb-2"]
    assert said() == ["fail rule private finds no table of tgw-1; compare transit_gateway_route_tables with tags"]
    (missing,) = said(attached=False)
    assert missing.startswith("fail rule private: no attachment of vpc-1 to a transit gateway is seen; the role has")
    unread = replace(seen(given, table()), troubles={TRANSIT: AWAY})
    assert told(judge.transit_tables(given, unread)) == [
        "warn rule private: the tables of transit gateways that it finds are not known: away"
    ]


@pytest.mark.parametrize("ref", [PrefixListRef("pl-1"), PrefixListRef(name="anycast")])
def test_prefix_lists_that_cannot_be_read_are_neither_good_nor_bad(ref: PrefixListRef) -> None:
    given = config(rule(prefix_list=ref))
    unread = replace(seen(given, table()), troubles={PREFIX_LISTS: AWAY})
    assert told(judge_routes.prefix_lists(given, unread, AWAY)) == [
        "warn rule private: whether its prefix list can be used is not known: away"
    ]
