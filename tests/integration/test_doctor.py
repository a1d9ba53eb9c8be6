"""The doctor on a host of the cloud: all well, and each trouble by itself; it never writes."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from site_kit import PROGRAM, Site, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, Fault, FaultKind, MetadataFault, Quirks, World, WorldSpec
from tests.addresses import NETWORK, free_port, silence_at
from tests.waiting import eventually

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
    site.configure(tags={"drain": "x:drain", "avoid_zone": "x:avoid"}, lifecycle={"complete": "gone"})
    where = ("--region", cloud.region, "--account", "123456789012", "--vpc", world.vpc_id)
    policy = json.loads(site.command("iam-policy", "-f", str(site.file), *where).stdout)
    cloud.permit(site.host.instance_id, json.dumps(policy))
    status, found = doctor(site)
    assert status == 0, found
    assert set(states(found, "permission")) == {"ok"}
    assert [states(found, check) for check in ("drain-tag", "avoid-zone", "lifecycle-hook")] == [["ok"]] * 3
    assert "is asked of EC2 with each poll" in found["drain-tag"][0]["message"]
    for statement in policy["Statement"]:
        statement["Action"] = [
            each for each in statement["Action"] if each not in ("ec2:DeleteRoute", "ec2:DescribeTags")
        ]
    cloud.permit(site.host.instance_id, json.dumps(policy))
    cloud.set_metadata(site.host.instance_id, "tags/instance/x:drain", "")
    cloud.ec2.create_tags(Resources=[world.tables[0]], Tags=[{"Key": "x:avoid", "Value": site.host.zone}])
    status, found = doctor(site)
    assert status == 1
    assert found["drain-tag"][0]["message"] == "metadata shows the tags of this instance, which has x:drain"
    assert found["avoid-zone"][0]["message"].endswith("by its tag x:avoid; this host is one of them")
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


@pytest.fixture
def pair(cloud: Cloud, make_site) -> tuple[Site, CloudHost]:
    """Two tagged instances, each in a security group of its own, whose addresses are of this machine: we connect."""
    cloud.reset()
    world = cloud.build(WorldSpec(cidr=f"{NETWORK}.0.0/16"))
    here, there = world.hosts
    cloud.ec2.create_tags(
        Resources=[host.instance_id for host in world.hosts], Tags=[{"Key": "role", "Value": "anycast"}]
    )
    for host in world.hosts:
        group = cloud.ec2.create_security_group(GroupName=host.instance_id, Description="x", VpcId=world.vpc_id)
        cloud.ec2.modify_network_interface_attribute(NetworkInterfaceId=host.interface_id, Groups=[group["GroupId"]])
    site = make_site(here)
    bgp = {"as": 64513, "peers_by_tag": {"key": "role", "value": "anycast"}, "port": free_port(here.address)}
    site.configure(routetables={"private": rule(LOCAL)}, bgp=bgp, state_file=str(site.file.with_name("state")))
    return site, there


def group_of(cloud: Cloud, host: CloudHost) -> str:
    (shown,) = cloud.ec2.describe_network_interfaces(NetworkInterfaceIds=[host.interface_id])["NetworkInterfaces"]
    return shown["Groups"][0]["GroupId"]


def port_of(site: Site) -> int:
    return yaml.safe_load(site.file.read_text())["bgp"]["port"]


def permit(cloud: Cloud, command: str) -> None:
    """Do what the doctor has us do, by the same words."""
    given = dict(zip(command.split()[3::2], command.split()[4::2], strict=True))
    assert given.keys() == {"--group-id", "--protocol", "--port", "--source-group"}, command
    port = int(given["--port"])
    pairs = [{"GroupId": given["--source-group"]}]
    permission = {"IpProtocol": given["--protocol"], "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs}
    assert command.startswith("aws ec2 authorize-security-group-ingress ")
    cloud.ec2.authorize_security_group_ingress(GroupId=given["--group-id"], IpPermissions=[permission])


def test_a_neighbor_behind_a_security_group(cloud: Cloud, pair: tuple[Site, CloudHost]) -> None:
    site, there = pair
    port, ours, theirs = port_of(site), group_of(cloud, site.host), group_of(cloud, there)
    name = f"{there.address} ({there.instance_id})"
    with silence_at(there.address, port):
        status, found = doctor(site)
        assert status == 1
        (neighbor,) = found["neighbor"]
        assert neighbor["state"] == "fail"
        assert neighbor["message"].startswith(f"{name}: no answer from TCP port {port}: a rule of a security group is")
        cut, slow = found["security-group"]
        assert cut["message"] == (
            f"no ingress rule of {theirs} permits TCP port {port} from {ours}: we cannot connect to {name}"
        )
        assert (cut["state"], slow["state"]) == ("fail", "warn")
        for each in (cut, slow):
            permit(cloud, each["mend"])
        _, found = doctor(site)
        assert states(found, "security-group") == ["ok"]
        acl = f"a network ACL of {site.host.subnet_id} or {there.subnet_id}"
        assert f"the security groups permit it, so {acl}, a firewall" in found["neighbor"][0]["message"]
    status, found = doctor(site)
    assert (status, states(found, "neighbor")) == (0, ["warn"])
    with socket.create_server((there.address, port)):
        status, found = doctor(site)
    assert (status, states(found, "neighbor")) == (0, ["ok"]), found
    assert [states(found, each) for each in ("exabgp", "exabgp-conf", "port")] == [["ok"]] * 3
    assert found["exabgp-conf"][0]["message"] == "ExaBGP takes the file that is made from `bgp:`"


def test_who_connects_to_us_and_a_prefix_list(cloud: Cloud, pair: tuple[Site, CloudHost], make_site) -> None:
    lower, here = pair
    site = make_site(here)
    site.file.write_text(lower.file.read_text().replace(str(lower.socket), str(site.socket)))
    ours, theirs = group_of(cloud, here), group_of(cloud, lower.host)
    status, found = doctor(site)
    (cut,) = found["security-group"]
    assert (status, cut["state"]) == (1, "fail")
    assert cut["message"] == (
        f"no ingress rule of {ours} permits TCP port {port_of(site)} from {theirs}: "
        f"{lower.host.address} ({lower.host.instance_id}) cannot connect to us"
    )
    listed = cloud.ec2.create_managed_prefix_list(
        PrefixListName="pair", MaxEntries=1, AddressFamily="IPv4", Entries=[{"Cidr": f"{lower.host.address}/32"}]
    )["PrefixList"]["PrefixListId"]
    permission = {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": listed}]}
    cloud.ec2.authorize_security_group_ingress(GroupId=ours, IpPermissions=[permission])
    status, found = doctor(site)
    assert (status, states(found, "security-group")) == (0, ["ok"])


def test_the_least_policy_leaves_security_groups_unknown_which_is_no_failure(
    cloud: Cloud, pair: tuple[Site, CloudHost]
) -> None:
    site, _ = pair
    policy = site.command("iam-policy", "-f", str(site.file)).stdout
    cloud.permit(site.host.instance_id, policy)
    status, found = doctor(site)
    (unknown,) = found["security-group"]
    assert (status, unknown["state"]) == (0, "warn")
    assert "DescribeSecurityGroupRules: UnauthorizedOperation" in unknown["message"]
    assert "--policy-name bgp2vpc-doctor" in unknown["mend"]


def test_the_exabgp_that_the_daemon_runs(cloud: Cloud, pair: tuple[Site, CloudHost]) -> None:
    site, _ = pair
    site.start()
    eventually(lambda: (site.status()["exabgp"] or {}).get("state") == "connected", "ExaBGP", lambda: site.log)
    _, found = doctor(site)
    at = f"TCP port {port_of(site)} of {site.host.address}"
    assert [each["message"] for each in found["port"]] == [f"the ExaBGP of `bgp2vpc run` listens at {at}"]
    assert "wiring" not in found
    assert "helper" not in found
    process = f"process b {{ run bgp2vpc helper -f {site.file}; encoder json; }}\n"
    conf = site.file.with_name("exabgp.conf")
    conf.write_text(process)
    status, found = doctor(site, "--exabgp-conf", str(conf))
    assert (status, states(found, "wiring")) == (1, ["fail"])
    assert f"`bgp2vpc run` (process {site.process.pid})" in found["wiring"][0]["message"]
