"""The doctor on a host of the cloud: all well, and each trouble by itself; it never writes."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from site_kit import PROGRAM, Site, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, FaultKind, MetadataFault, Quirks, World, WorldSpec

ANYWHERE = "192.0.2.9/32"
LOCAL = "127.0.0.1/32"  # on every machine's lo


def doctor(site: Site, *options: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """Exit status, and the findings by check."""
    answer = site.command("doctor", "-f", str(site.file), "--json", *options)
    assert answer.stdout, answer.stderr
    found: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(answer.stdout):
        assert set(finding) == {"check", "state", "message", "mend"}
        found.setdefault(finding["check"], []).append(finding)
    return answer.returncode, found


def states(found: dict[str, Any], check: str) -> list[str]:
    return [each["state"] for each in found[check]]


def test_all_is_well_and_nothing_is_written(cloud: Cloud, site: Site, world: World) -> None:
    site.configure(routetables={"private": rule(LOCAL)})
    site.start()
    cloud.forget_calls()
    before = [cloud.routes(table) for table in world.tables]
    status, found = doctor(site)
    assert status == 0, found
    assert {each["state"] for some in found.values() for each in some} == {"ok"}, found
    actions = [each["message"].split()[0] for each in found["permission"]]
    assert actions == [
        f"ec2:{action}"
        for action in (
            "CreateRoute", "DeleteRoute", "DescribeInstanceStatus", "DescribeNetworkInterfaces", "DescribeRouteTables",
            "ReplaceRoute",
        )
    ]  # fmt: skip
    assert found["address"][0]["message"] == "127.0.0.1 is on lo"
    assert f"runs as process {site.process.pid}" in found["daemon"][0]["message"]
    assert [cloud.routes(table) for table in world.tables] == before
    assert all(call.error == "DryRunOperation" for call in cloud.calls() if call.is_write)


def test_the_table_is_for_people_and_the_commands_are_to_be_copied(site: Site) -> None:
    site.configure(routetables={"private": rule(ANYWHERE)})
    answer = site.command("doctor", "-f", str(site.file))
    assert answer.returncode == 0
    assert f"to mend address: ip addr add {ANYWHERE} dev lo\n" in answer.stdout
    assert answer.stdout.rstrip().endswith("2 warn, 0 fail")


def test_what_the_daemon_announces_is_looked_for(site: Site) -> None:
    site.start()
    site.announce(ANYWHERE)
    status, found = doctor(site)
    assert status == 1
    assert found["address"] == [
        {
            "check": "address",
            "state": "fail",
            "message": f"{ANYWHERE} is announced, and no interface of this host has that address",
            "mend": f"ip addr add {ANYWHERE} dev lo",
        }
    ]


@pytest.mark.parametrize("action", ["CreateRoute", "ReplaceRoute", "DeleteRoute", "DescribeInstanceStatus"])
def test_a_permission_that_is_missing(cloud: Cloud, site: Site, action: str) -> None:
    cloud.fault(Fault.error(action, "UnauthorizedOperation", "no", 403).but(times=None))
    status, found = doctor(site)
    assert status == 1
    assert [each["message"].split()[0] for each in found["permission"] if each["state"] == "fail"] == [f"ec2:{action}"]


def test_an_answer_that_tells_nothing_of_the_permission(cloud: Cloud, site: Site) -> None:
    in_rehearsal = {"DryRun": "true"}
    cloud.fault(Fault.error("CreateRoute", "InvalidParameterValue", "x").but(times=None, where=in_rehearsal))
    cloud.fault(Fault.error("DeleteRoute", "InvalidRoute.NotFound", "x").but(times=None, where=in_rehearsal))
    status, found = doctor(site)
    assert status == 0
    about = {each["message"].split()[0].rstrip(":"): each for each in found["permission"]}
    assert about["ec2:CreateRoute"]["state"] == "warn"
    assert "not known" in about["ec2:CreateRoute"]["message"]
    assert "InvalidParameterValue" in about["ec2:CreateRoute"]["message"]
    assert about["ec2:DeleteRoute"]["message"] == "ec2:DeleteRoute is allowed on 2 tables"


def test_a_proxy_in_the_environment_is_named(cloud: Cloud, site: Site) -> None:
    site.environment |= {"http_proxy": cloud.endpoint_url.replace("http://", "http://user:secret@"), "no_proxy": ""}
    _, found = doctor(site)
    (proxy,) = found["proxy"]
    name = cloud.endpoint_url.removeprefix("http://")
    assert (proxy["state"], proxy["message"].split(",")[0]) == ("warn", f"http_proxy is {name}")
    assert states(found, "metadata") == ["ok"]
    assert found["endpoint"][0]["message"].endswith(f" through the proxy {name}")
    site.environment |= {"no_proxy": "169.254.169.254"}
    _, found = doctor(site)
    assert states(found, "proxy") == ["ok"]


def test_a_shared_vpc(cloud: Cloud, site: Site, world: World) -> None:
    cloud.quirks(Quirks(shared_by="111111111111"))
    by_id = {"type": "ids", "config": {"ids": list(world.tables)}}
    site.configure(routetables={"private": rule(LOCAL), "by_id": {"find": by_id, "accept": [LOCAL]}})
    status, found = doctor(site)
    assert status == 1
    finds, shared, by_tag = found["tables"]
    assert "account 111111111111 shares this VPC" in by_tag["message"]
    assert (finds["state"], shared["state"]) == ("ok", "warn")
    assert "belong to account 111111111111, and this instance to 123456789012" in shared["message"]


def test_what_vpc_route_server_propagates(cloud: Cloud, site: Site, world: World) -> None:
    cloud.advertise(world.tables[0], LOCAL, "10.0.1.77")
    site.configure(routetables={"private": rule(LOCAL)})
    _, found = doctor(site)
    (propagated,) = found["propagated"]
    assert propagated["message"].startswith(f"{world.tables[0]} has {LOCAL} from VPC Route Server (10.0.1.77)")


def test_the_least_policy_is_enough_and_what_is_taken_from_it_is_missed(cloud: Cloud, site: Site, world: World) -> None:
    where = ("--region", cloud.region, "--account", "123456789012", "--vpc", world.vpc_id)
    policy = json.loads(site.command("iam-policy", "-f", str(site.file), *where).stdout)
    cloud.permit(site.host.instance_id, json.dumps(policy))
    status, found = doctor(site)
    assert status == 0, found
    assert set(states(found, "permission")) == {"ok"}
    for statement in policy["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != "ec2:DeleteRoute"]
    cloud.permit(site.host.instance_id, json.dumps(policy))
    status, found = doctor(site)
    assert status == 1
    assert [each["message"].split()[0] for each in found["permission"] if each["state"] == "fail"] == [
        "ec2:DeleteRoute"
    ]


@pytest.mark.parametrize("action", ["DescribeRouteTables", "DescribeNetworkInterfaces"])
def test_without_reading_the_permissions_to_read_are_told_all_the_same(cloud: Cloud, site: Site, action: str) -> None:
    cloud.fault(Fault.error(action, "UnauthorizedOperation", "no", 403).but(times=None))
    status, found = doctor(site)
    assert status == 1
    assert states(found, "credentials") == ["fail"]
    assert [each["message"] for each in found["permission"] if each["state"] == "fail"] == [
        f"ec2:{action} is not allowed"
    ]


def test_an_ec2_that_hangs_stops_no_other_check(cloud: Cloud, site: Site) -> None:
    cloud.fault(Fault("*", FaultKind.HANG, times=None))
    site.configure(ec2={"timeout": 1})
    status, found = doctor(site)
    assert status == 1
    assert states(found, "credentials") == ["fail"]
    assert states(found, "metadata") == ["ok"]
    assert states(found, "exabgp") == ["ok"]


def test_metadata_that_does_not_answer(cloud: Cloud, site: Site) -> None:
    cloud.metadata_fault(site.host.instance_id, MetadataFault.HANG)
    status, found = doctor(site)
    assert status == 1
    assert states(found, "metadata") == ["fail"]
    assert states(found, "permission") == ["warn"]


def test_source_destination_check_and_tables_that_are_full(cloud: Cloud, make_site) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(source_dest_check=True, filler_routes=5))
    site = make_site(world.hosts[0])
    status, found = doctor(site, "--quota", "5")
    assert status == 1
    (check,) = found["source-dest-check"]
    assert check["mend"].endswith(f"--network-interface-id {site.host.interface_id} --no-source-dest-check")
    assert states(found, "room") == ["fail", "fail"]


def test_rules_that_find_nothing_and_prefixes_within_the_vpc(site: Site) -> None:
    nothing = {"find": {"type": "by_tag", "config": {"key": "type", "value": "publik"}}, "accept": [LOCAL]}
    site.configure(routetables={"private": rule("10.0.99.0/24"), "nothing": nothing})
    status, found = doctor(site)
    assert status == 1
    assert sorted(states(found, "tables")) == ["fail", "ok"]
    assert states(found, "prefix") == ["warn"]


def test_exabgps_file(site: Site, tmp_path: Path) -> None:
    site.environment["exabgp_daemon_user"] = "root"  # nobody may not enter the directory of the tests
    program = " ".join(PROGRAM)
    conf = tmp_path / "exabgp.conf"
    own = "router-id 10.0.0.2; local-address 10.0.0.2; local-as 65000; peer-as 65000;"
    process = f"process b {{ run {program} helper -f {site.file}; encoder json; }}\n"
    conf.write_text(f"{process}neighbor 10.0.0.1 {{ {own} api {{ processes [ b ]; }} }}\n")
    exabgp = Path(sys.executable).with_name("exabgp")
    assert exabgp.exists()
    _, found = doctor(site, "--exabgp-conf", str(conf))
    assert states(found, "helper") == ["ok"], found["helper"]
    assert found["exabgp"][0]["message"].startswith("ExaBGP ")
    conf.write_text(f"{process}neighbor 10.0.0.1 {{ {own} }}\n")
    status, found = doctor(site, "--exabgp-conf", str(conf))
    assert (status, states(found, "exabgp-conf"), states(found, "helper")) == (1, ["ok"], ["fail", "ok"])
    assert found["helper"][0]["message"].startswith("no neighbor lists process b, so ExaBGP refuses all")
    conf.write_text("neighbor 10.0.0.1 { rooter-id 10.0.0.2; }\n")
    status, found = doctor(site, "--exabgp-conf", str(conf))
    assert status == 1
    assert "rooter-id" in found["exabgp-conf"][0]["message"]
    assert states(found, "helper") == ["fail"]


def test_a_region_that_is_not_the_instances(site: Site) -> None:
    site.configure(region="eu-north-1")
    status, found = doctor(site)
    assert status == 1
    assert states(found, "metadata") == ["ok", "fail"]
    assert found["metadata"][1]["message"].startswith("`region:` is eu-north-1, and this instance is in ")


def test_a_file_that_is_wrong_or_away(site: Site, tmp_path: Path) -> None:
    site.file.write_text("routetables: 3\n")
    answer = site.command("doctor", "-f", str(site.file))
    assert (answer.returncode, answer.stdout) == (2, "")
    site.configure()
    status, found = doctor(site, "--exabgp-conf", str(tmp_path / "absent"))
    assert status == 1
    assert states(found, "exabgp") == ["fail"]
