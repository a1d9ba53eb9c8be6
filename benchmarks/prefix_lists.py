"""500 prefixes of one managed prefix list, with EC2's limits on: until another instance serves them, and new ones are.

As routes of their own, in one table, they take 92 s: EC2 allows 50 writes, and then 5 a second.
"""

from collections.abc import Iterator

from benchmarks.figures import Bound, Figure, Statistic
from benchmarks.subject import SILENT, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, World, WorldSpec
from bgp2vpc.reconcile.slices import slices
from bgp2vpc.vpc.prefix_lists import MOST_AT_ONCE

ROUNDS = 3
TABLES = 10
PREFIXES = [f"198.18.{number >> 8}.{number & 255}/32" for number in range(500)]
SECONDS = (Bound(Statistic.MAXIMUM, 3.0),)


def measure(cloud: Cloud) -> Iterator[Figure]:
    """The owner is terminated; and a script announces all of them."""
    moved, announced = [], []
    for _ in range(ROUNDS):
        moved.append(_move(cloud))
        announced.append(_announce(cloud))
    yield Figure(f"{len(PREFIXES)} prefixes on {TABLES} tables of a dead instance, moved", "s", moved, SECONDS)
    yield Figure(f"{len(PREFIXES)} new prefixes in the list", "s", announced, SECONDS)


def _move(cloud: Cloud) -> float:
    """From the read that shows the death to the last answer."""
    world, list_id = _world(cloud, owner=1)
    for some in slices(PREFIXES, MOST_AT_ONCE):
        (found,) = cloud.ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"]
        said = f"bgp2vpc {world.hosts[1].instance_id}"
        entries = [{"Cidr": prefix, "Description": said} for prefix in some]
        cloud.ec2.modify_managed_prefix_list(PrefixListId=list_id, CurrentVersion=found["Version"], AddEntries=entries)
    with running(cloud, world, more=_rules(list_id), script=SILENT) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe() as pipe:
            pipe.say(*(f"announce route {prefix} next-hop self" for prefix in PREFIXES))
            pipe.await_answers(len(PREFIXES))
        cloud.forget_calls()
        cloud.write(External.terminate(world.hosts[1].instance_id))
        daemon.poll_now()
        since = cloud.wait_for_calls("DescribeRouteTables", finished=False)[0].started
        calls = cloud.wait_for_calls("ReplaceRoute", count=TABLES, timeout=120)
    return max(call.ended for call in calls if call.ended is not None) - since


def _announce(cloud: Cloud) -> float:
    """From the first line to the answer that all of them are entries."""
    world, list_id = _world(cloud, owner=0)
    with running(cloud, world, more=_rules(list_id), script=SILENT) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe() as pipe:
            since = pipe.say(*(f"announce route {prefix} next-hop self" for prefix in PREFIXES))
            pipe.await_answers(len(PREFIXES))

        def is_done() -> bool:
            # Asked of EC2, not of the daemon: an answer of 500 prefixes would be load of our own.
            pages = cloud.ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=list_id)
            return sum(len(page["Entries"]) for page in pages) == len(PREFIXES)

        cloud.wait_until(is_done, timeout=120)
        calls = cloud.calls("ModifyManagedPrefixList")
    return max(call.ended for call in calls if call.ended is not None) - since


def _world(cloud: Cloud, owner: int) -> tuple[World, str]:
    """Tables whose route of an empty prefix list points at one of the hosts; and EC2's limits on writes."""
    world = fresh_world(cloud, WorldSpec(tables_per_zone=TABLES // 2))
    made = cloud.ec2.create_managed_prefix_list(
        PrefixListName="anycast", AddressFamily="IPv4", MaxEntries=len(PREFIXES)
    )
    list_id = made["PrefixList"]["PrefixListId"]
    for table in world.tables:
        interface = world.hosts[owner].interface_id
        cloud.ec2.create_route(RouteTableId=table, DestinationPrefixListId=list_id, NetworkInterfaceId=interface)
    cloud.throttle()
    return world, str(list_id)


def _rules(list_id: str) -> dict[str, object]:
    find = {"type": "by_tag", "config": {"key": "type", "value": "private"}}
    rule = {"find": find, "accept": ["198.18.0.0/15 le 32"], "prefix_list": list_id}
    return {"routetables": {"private": rule}, "poll_time": 3600}
