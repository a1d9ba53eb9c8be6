"""Which tables a whole daemon finds, with every finder of AWSnycast's and ours; and what it may not write there."""

import ipaddress
from typing import Any

import pytest
from awsnycast_kit import POLL, all_of, build, managing, wait_for_polls, wait_for_verdicts, writes
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World
from tests.addresses import NETWORK

V6 = "2001:db8:53::1/128"


def find(kind: str, config: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": kind, **({} if config is None else {"config": config}), **more}


def tag(key: str, value: object, **more: Any) -> dict[str, Any]:
    return find("by_tag", {"key": key, "value": value}, **more)


def regexp(key: str, expression: str, **more: Any) -> dict[str, Any]:
    return find("by_tag_regexp", {"key": key, "regexp": expression}, **more)


PRIVATE, MAIN = tag("type", "private"), find("main")
ROUTED = find("has_route_to", {"cidr": "198.51.100.0/24"})
# Tables: a1 a2 in zone a (ours) and b1 b2 in zone b, tagged with type, az and Name; the first one of a zone has its
# subnet. Only b2 has a route to 198.51.100.0/24. `m` is the main table, and has a subnet of zone b that names no table.
# Words in capitals stand for ids.
FINDERS: list[tuple[dict[str, Any], str]] = [
    (PRIVATE, "a1 a2 b1 b2"),
    (tag("type", "private", **{"not": True}), "m"),
    (tag("az", "SELF_AZ"), "a1 a2"),
    (tag("az", "SELF_AZ", **{"not": "true"}), "b1 b2 m"),
    (regexp("Name", "-1$"), "a1 b1"),
    (regexp("Name", "rivate-b"), "b1 b2"),
    (MAIN, "m"),
    (find("main", **{"not": True}), "a1 a2 b1 b2"),
    (find("subnet", {"subnet_id": "SUBNET_A"}), "a1"),
    (find("subnet", {"subnet_id": "SUBNET_ALONE"}), "m"),
    (ROUTED, "b2"),
    (find("and", {"filters": [PRIVATE, {**ROUTED, "not": True}]}), "a1 a2 b1"),
    (find("or", {"filters": [MAIN, find("subnet", {"subnet_id": "SUBNET_B"})]}), "b1 m"),
    (find("and", [find("or", [MAIN, tag("az", "SELF_AZ")]), regexp("Name", "2$", **{"not": True})]), "a1 m"),
    (find("or", [MAIN, ROUTED], **{"not": True}), "a1 a2 b1"),
    (find("by_az", {"az": "SELF"}), "a1"),
    (find("by_az", "us-east-1b"), "b1 m"),
    (find("ids", {"ids": ["TABLE_B2", "TABLE_M"]}), "b2 m"),
    (find("vpc", {"vpc_id": "VPC"}), "a1 a2 b1 b2 m"),
    (find("and", [find("vpc", {"vpc_id": "VPC"}), MAIN]), "m"),
    (tag("type", "nobody's", no_results_ok=True), ""),
    (tag("type", 1), ""),
]


def placed(value: Any, ids: dict[str, str]) -> Any:
    """The same with ids for words in capitals."""
    match value:
        case dict():
            return {key: placed(each, ids) for key, each in value.items()}
        case list():
            return [placed(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


def test_each_finder_finds_its_tables_of_our_own_vpc_and_none_of_the_other_with_the_same_tags(
    cloud: Cloud, make_site
) -> None:
    world = build(cloud, twin=True, tag_zones=True, tables_per_zone=2)
    alone = cloud.ec2.create_subnet(VpcId=world.vpc_id, CidrBlock=f"{NETWORK}.9.0/24", AvailabilityZone="us-east-1b")
    names = dict(zip(("a1", "a2", "b1", "b2", "m"), (*world.tables, world.main_table), strict=True))
    ids = {f"TABLE_{name.upper()}": table for name, table in names.items()}
    ids |= dict(zip(("SUBNET_A", "SUBNET_B"), world.subnets, strict=True))
    ids |= {"SUBNET_ALONE": alone["Subnet"]["SubnetId"], "VPC": world.vpc_id}
    cloud.ec2.create_route(
        RouteTableId=names["b2"], DestinationCidrBlock="198.51.100.0/24", GatewayId=world.internet_gateway
    )
    site: Site = make_site(world.hosts[0])
    site.configure(
        routetables={
            f"rule{number}": managing({"cidr": f"192.0.2.{number}"}, find=placed(finder, ids))["private"]
            for number, (finder, _) in enumerate(FINDERS)
        }
    )
    site.start()
    wanted = [
        f"CreateRoute {names[name]} 192.0.2.{number}/32 {site.host.interface_id}"
        for number, (_, tables) in enumerate(FINDERS)
        for name in tables.split()
    ]
    cloud.wait_for_calls("CreateRoute", count=len(wanted))
    assert writes(cloud) == sorted(wanted)
    assert f"rule matches no route table rules=rule{len(FINDERS) - 1} " in site.log
    assert world.twin is not None
    assert {cloud.routes(table) for table in (*world.twin.tables, world.twin.main_table)} == {""}


def test_a_rule_for_another_vpc_has_no_interface_there_to_point_at(cloud: Cloud, make_site) -> None:
    world = build(cloud, twin=True)
    assert world.twin is not None
    site: Site = make_site(world.hosts[0])
    site.configure(routetables=managing({"cidr": V6}, find=find("vpc", {"vpc_id": world.twin.vpc_id})), poll_time=POLL)
    site.start()
    wait_for_verdicts(site, V6, "blocked no-interface", *world.twin.tables, world.twin.main_table)
    wait_for_polls(site)
    assert {row["route_table_id"] for row in site.status()["routes"]} == {*world.twin.tables, world.twin.main_table}
    assert writes(cloud) == []


@pytest.fixture
def dual(cloud: Cloud) -> World:
    return build(cloud, ipv6=True)


def test_a_managed_prefix_within_the_vpc_is_blocked_with_its_line_in_the_file_and_others_are_written(
    cloud: Cloud, dual: World, make_site
) -> None:
    """But a whole subnet may be sent elsewhere."""
    host = dual.hosts[0]
    inside = f"{NETWORK}.1.99/32"
    inside6 = f"{ipaddress.ip_network(str(dual.ipv6_cidr))[99]}/128"
    subnet = f"{NETWORK}.2.0/24"
    site: Site = make_site(host)
    site.configure(routetables=managing(*({"cidr": cidr} for cidr in (inside, inside6, subnet, V6))), poll_time=POLL)
    site.start()
    site.wait_for_route(V6, *dual.tables)
    site.wait_for_route(subnet, *dual.tables)
    lines = site.file.read_text().splitlines()
    for prefix in (inside, inside6):
        wait_for_verdicts(site, prefix, "blocked inside-vpc", *dual.tables)
        (line,) = (number for number, text in enumerate(lines, 1) if prefix in text)
        assert f"{site.file}:{line}: {prefix} lies within the VPC's own" in site.log
    wait_for_polls(site)
    assert writes(cloud) == sorted(
        line for prefix in (V6, subnet) for line in all_of("CreateRoute", dual.tables, prefix, host.interface_id)
    )
    assert site.log.count("lies within the VPC's own") == 2 * len(dual.tables)
