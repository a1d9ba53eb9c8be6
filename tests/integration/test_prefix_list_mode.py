"""Rules with a managed prefix list, as whole daemons, one of them a helper: entries by compare-and-swap."""

import json
import signal
from pathlib import Path

import pytest
import yaml
from site_kit import Site, announcing, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, Quirks, World
from tests.waiting import eventually

EXAMPLE = Path(__file__).parents[2] / "examples" / "prefix-list.yaml"
COUNT = 130
FIRST = [f"192.0.2.{number}/32" for number in range(COUNT)]
SECOND = [f"198.51.100.{number}/32" for number in range(COUNT)]
ACCEPT = ("192.0.2.0/24 le 32", "198.51.100.0/24 le 32")


@pytest.fixture
def list_id(cloud: Cloud, world: World) -> str:
    """An empty list with room for all."""
    made = cloud.ec2.create_managed_prefix_list(PrefixListName="anycast", AddressFamily="IPv4", MaxEntries=400)
    return str(made["PrefixList"]["PrefixListId"])


def entries(cloud: Cloud, list_id: str) -> list[str]:
    pages = cloud.ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=list_id)
    return sorted(entry["Cidr"] for page in pages for entry in page["Entries"])


def wait_for_entries(site: Site, list_id: str, wanted: list[str]) -> None:
    eventually(lambda: entries(site.cloud, list_id) == sorted(wanted), "the entries", lambda: site.log)


def test_two_hosts_that_change_a_list_at_once_both_succeed_and_one_takes_all_over_with_a_write_per_table(
    cloud: Cloud, world: World, make_site, list_id: str
) -> None:
    cloud.quirks(Quirks(prefix_list_seconds=0.1))
    first, second = (make_site(host) for host in world.hosts)
    for site, prefixes in ((first, FIRST), (second, SECOND)):
        # Each has the route in a table of its own, and so both write the entries.
        cloud.ec2.create_route(
            RouteTableId=site.host.table, DestinationPrefixListId=list_id, NetworkInterfaceId=site.host.interface_id
        )
        rules = {"anycast": rule(*ACCEPT, prefix_list={"name": "anycast"})}
        site.configure(routetables=rules, processes={"services": announcing(*prefixes)})
    first.start()
    with second.as_helper():
        wait_for_entries(second, list_id, FIRST + SECOND)
        for site in (first, second):
            eventually(lambda site=site: not site.status()["failing"], "all is well", lambda site=site: site.log)

        first.process.send_signal(signal.SIGKILL)
        cloud.forget_calls()
        cloud.write(External.terminate(first.host.instance_id))
        second.wait_for_route(list_id, *world.tables)
        wait_for_entries(second, list_id, SECOND)
    moves = cloud.calls("CreateRoute", "ReplaceRoute", "DeleteRoute")
    assert [(call.operation, call.parameters["RouteTableId"]) for call in moves] == [("ReplaceRoute", first.host.table)]


def test_with_just_its_policy_a_list_is_filled_and_the_commands_tell_of_it(
    cloud: Cloud, world: World, site: Site, list_id: str
) -> None:
    site.configure(routetables=yaml.safe_load(EXAMPLE.read_text())["routetables"], on_exit="keep")
    told = site.command(
        "iam-policy", "-f", str(site.file), "--region", cloud.region, "--account", "123456789012", "--vpc", world.vpc_id
    )
    cloud.permit(site.host.instance_id, told.stdout)
    try:
        plan = json.loads(site.command("plan", "-f", str(site.file), "--json", "--assume", FIRST[0]).stdout)
        assert {(each["action"], each["prefix"]) for each in plan["changes"]} == {("create", list_id)}
        assert [(each["prefix_list_id"], each["add"]) for each in plan["prefix_lists"]] == [(list_id, FIRST[:1])]
        site.start()
        site.announce(FIRST[0])
        site.announce(FIRST[1])
        site.wait_for_route(list_id, *world.tables)
        wait_for_entries(site, list_id, FIRST[:2])
        site.withdraw(FIRST[1])
        wait_for_entries(site, list_id, FIRST[:1])
        assert {call.operation for call in cloud.calls() if call.error == "UnauthorizedOperation"} == set()
        status = site.command("status", "--socket", str(site.socket)).stdout
        assert f"{list_id} (anycast) has 1 of 400 entries, rule anycast; here in {len(world.tables)} of" in status
        doctor = json.loads(site.command("doctor", "-f", str(site.file), "--json").stdout)
        told = [f"{each['state']} {each['message']}" for each in doctor if each["check"] == "prefix-list"]
        assert told == [f"ok rule anycast has {list_id} (anycast, IPv4) of 400 entries, 1 of them used"]
        denied = [each["message"] for each in doctor if each["check"] == "permission" and each["state"] != "ok"]
        assert denied == []
        assert (
            "as its quota counts them, 400 of them by MaxEntries" in site.command("plan", "-f", str(site.file)).stdout
        )
    finally:
        cloud.permit(site.host.instance_id, None)
