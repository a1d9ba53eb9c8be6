"""Our client of EC2 where that answers as one does not expect: over HTTP, at the stand-in with that quirk."""

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stub_server import Server, http

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, GoneInterface, Quirks, World, WorldSpec
from bgp2vpc.errors import Denied, Ec2Error, RouteMissing, Transient
from bgp2vpc.prefix import parse_address, parse_prefix
from bgp2vpc.vpc.aws.ec2 import Ec2
from bgp2vpc.vpc.aws.imds import fetch_instance
from bgp2vpc.vpc.model import InstanceHealth, RouteState, TargetKind, interface_target, parse_target

pytestmark = pytest.mark.io

ANYCAST, DEFAULT_V6 = parse_prefix("192.0.2.53/32"), parse_prefix("::/0")
OnHost = Callable[..., Ec2]


@pytest.fixture
def on_host(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> OnHost:
    """A client as it would be on that instance; with `role`, its credentials are the role's, from metadata."""

    def make(instance_id: str, *, role: bool = False) -> Ec2:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in cloud.environment(instance_id, role=role).items():
            monkeypatch.setenv(name, value)
        return Ec2(cloud.region)

    return make


def test_the_primary_interface_is_device_0_of_the_first_card_and_what_carries_no_ip_is_left_out(
    cloud: Cloud, on_host: OnHost
) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(instances=8, interfaces=2, network_cards=3, ipv6=True))
    ec2 = on_host(world.hosts[0].instance_id)
    for host in world.hosts:
        found = ec2.interfaces(host.instance_id)
        # In order of their ids, which are random, the second card's would be the first one of every other host.
        assert [(each.network_card, each.device_index) for each in found] == [(0, 0), (0, 1), (1, 0)]
        assert [each.id for each in found] == list(host.interfaces[:3])
        assert found[0].address == parse_address(host.address)
        cloud.ec2.create_tags(Resources=[host.instance_id], Tags=[{"Key": "role", "Value": "router"}])
    primary = {host.instance_id: ec2.interfaces(host.instance_id)[0] for host in world.hosts}
    members = ec2.members(world.vpc_id, "role", "router")
    assert len(members) == 8
    for member in members:
        assert len(member.addresses) == 2
        assert primary[member.instance_id].addresses.issuperset(member.addresses)


def test_who_we_are_is_told_by_the_primary_interface(cloud: Cloud, on_host: OnHost) -> None:
    """The other one at device index 0 is in another VPC, and for half of the hosts metadata lists it first."""
    cloud.reset()
    world, other = cloud.build(WorldSpec(instances=8)), cloud.build(WorldSpec(instances=0))
    for host in world.hosts:
        made = cloud.ec2.create_network_interface(SubnetId=other.subnets[0])["NetworkInterface"]
        where = {"NetworkInterfaceId": made["NetworkInterfaceId"], "InstanceId": host.instance_id}
        cloud.ec2.attach_network_interface(**where, DeviceIndex=0, NetworkCardIndex=1)
        on_host(host.instance_id)
        assert fetch_instance().vpc_id == world.vpc_id


def test_what_a_service_manages_is_seen(cloud: Cloud, world: World, on_host: OnHost) -> None:
    host = world.hosts[0]
    cloud.ec2.create_tags(Resources=[host.instance_id], Tags=[{"Key": "role", "Value": "router"}])
    cloud.quirks(Quirks(managed=(host.instance_id, host.interface_id)))
    ec2 = on_host(host.instance_id)
    assert [each.id for each in ec2.interfaces(host.instance_id)] == [host.interface_id]
    assert [each.id for each in ec2.interfaces_by_id([host.interface_id])] == [host.interface_id]
    found = ec2.interfaces_at([world.vpc_id], [parse_address(host.address)])
    assert [each.id for each in found] == [host.interface_id]
    assert ec2.instance_health([host.instance_id]) == {host.instance_id: InstanceHealth.OK}
    assert [each.instance_id for each in ec2.members(world.vpc_id, "role", "router")] == [host.instance_id]


def test_who_is_absent_from_the_statuses_is_not_gone(cloud: Cloud, world: World, on_host: OnHost) -> None:
    first, second = (host.instance_id for host in world.hosts)
    cloud.quirks(Quirks(unlisted=(second,)))
    health = on_host(first).instance_health([first, second])
    assert health == {first: InstanceHealth.OK, second: InstanceHealth.UNKNOWN}


def test_who_is_stopped_is_gone(cloud: Cloud, world: World, on_host: OnHost) -> None:
    first, second = (host.instance_id for host in world.hosts)
    cloud.ec2.stop_instances(InstanceIds=[second])
    assert on_host(first).instance_health([first, second])[second] is InstanceHealth.GONE


def test_whose_disk_hangs_is_impaired(cloud: Cloud, world: World, on_host: OnHost) -> None:
    first, second = (host.instance_id for host in world.hosts)
    cloud.set_status(second, ebs="impaired")
    assert on_host(first).instance_health([second]) == {second: InstanceHealth.IMPAIRED}


def test_in_the_outage_of_a_zone_only_who_is_asked_about_apart_is_known(
    cloud: Cloud, world: World, on_host: OnHost
) -> None:
    here, there = world.hosts
    cloud.quirks(Quirks(failing_zones=(there.zone,)))
    ec2 = on_host(here.instance_id)
    for ids in ([here.instance_id, there.instance_id], [there.instance_id]):
        with pytest.raises(Transient, match="InternalError"):
            ec2.instance_health(ids)
    assert ec2.instance_health([here.instance_id]) == {here.instance_id: InstanceHealth.OK}


BLACK_HOLES = [
    (GoneInterface.SHOWN, TargetKind.INTERFACE),
    (GoneInterface.INSTANCE, TargetKind.INSTANCE),
    (GoneInterface.NOTHING, TargetKind.NONE),
]


@pytest.mark.parametrize(("quirk", "kind"), BLACK_HOLES)
def test_a_black_hole_is_read_with_what_it_shows(
    cloud: Cloud, world: World, on_host: OnHost, quirk: GoneInterface, kind: TargetKind
) -> None:
    cloud.quirks(Quirks(gone_interface=quirk))
    own, peer = world.hosts
    ec2 = on_host(own.instance_id)
    ec2.create_route(own.table, ANYCAST, interface_target(peer.interface_id))
    cloud.ec2.terminate_instances(InstanceIds=[peer.instance_id])
    (table,) = ec2.route_tables([world.vpc_id], [own.table])
    route = table.static_route(ANYCAST)
    assert route is not None
    assert (route.target.kind, route.state, route.propagated) == (kind, RouteState.BLACKHOLE, False)
    ec2.replace_route(own.table, ANYCAST, interface_target(own.interface_id))
    assert cloud.routes(own.table) == f"{ANYCAST} {own.interface_id} active\n"


@pytest.mark.parametrize("code", ["InvalidParameterException", "RetryableError", "ConcurrentMutationLimitExceeded"])
def test_what_production_code_retries_may_pass(cloud: Cloud, world: World, on_host: OnHost, code: str) -> None:
    host = world.hosts[0]
    ec2 = on_host(host.instance_id)
    cloud.fault(Fault.error("CreateRoute", code, "The request could not be completed."))
    with pytest.raises(Transient, match=code):
        ec2.create_route(host.table, ANYCAST, interface_target(host.interface_id))
    ec2.create_route(host.table, ANYCAST, interface_target(host.interface_id))
    assert cloud.routes(host.table) == f"{ANYCAST} {host.interface_id} active\n"


def test_a_missing_route_is_understood_in_either_wording(cloud: Cloud, world: World, on_host: OnHost) -> None:
    host = world.hosts[0]
    ec2 = on_host(host.instance_id)
    cloud.fault(Fault.error("ReplaceRoute", "InvalidParameterValue", "No such route. Use CreateRoute instead."))
    for _ in range(2):  # the second answer is the stand-in's own
        with pytest.raises(RouteMissing):
            ec2.replace_route(host.table, ANYCAST, interface_target(host.interface_id))


def test_a_rehearsal_tells_what_ec2_looked_at_first(cloud: Cloud, world: World, on_host: OnHost) -> None:
    host = world.hosts[0]
    ec2 = on_host(host.instance_id)
    route = {"RouteTableId": host.table, "DestinationCidrBlock": str(ANYCAST), "NetworkInterfaceId": host.interface_id}
    cloud.fault(Fault.unauthorized("CreateRoute", times=None))
    cloud.fault(Fault.error("DeleteRoute", "InvalidParameterValue", "x").but(where={"DryRun": "true"}))
    with pytest.raises(Denied):
        ec2.dry_run("CreateRoute", route)
    with pytest.raises(Ec2Error, match="InvalidParameterValue"):
        ec2.dry_run("DeleteRoute", {name: route[name] for name in ("RouteTableId", "DestinationCidrBlock")})
    ec2.dry_run("ReplaceRoute", route)
    assert cloud.routes(host.table) == ""


def test_the_role_s_credentials_come_past_the_proxy_that_ec2_is_reached_through(
    cloud: Cloud, world: World, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in is its own proxy: as such it knows EC2, and no instance metadata."""
    host = world.hosts[0]
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", cloud.endpoint_url)
    ec2 = on_host(host.instance_id, role=True)
    assert len(ec2.route_tables([world.vpc_id])) == 3
    assert {call.caller for call in cloud.calls("DescribeRouteTables")} == {host.instance_id}
    assert fetch_instance().id == host.instance_id
    with socket.socket() as unused:  # bound, and not listening: whoever goes through this proxy gets nowhere
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(Transient, match="ProxyConnectionError"):
            on_host(host.instance_id, role=True).route_tables([world.vpc_id])


def test_eks_pod_identity_gives_the_credentials_past_the_proxy(
    cloud: Cloud, world: World, on_host: OnHost, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As its webhook sets the variables; botocore lets the agent be on loopback, too, as ECS's is."""
    host = world.hosts[0]
    ec2 = on_host(host.instance_id, role=True)
    ends = (datetime.now(UTC) + timedelta(hours=6)).isoformat(timespec="seconds").replace("+00:00", "Z")
    keys = {"AccessKeyId": "pod", "SecretAccessKey": "testing", "Token": "testing", "Expiration": ends}
    server.replies = [http(200, json.dumps(keys))]
    token = tmp_path / "eks-pod-identity-token"
    token.write_text("a-token")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", cloud.endpoint_url)
    assert len(ec2.route_tables([world.vpc_id])) == 3
    assert {call.caller for call in cloud.calls("DescribeRouteTables")} == {"pod"}
    (request,) = server.requests
    assert request.startswith("GET /v1/credentials")
    assert "Authorization: a-token" in request
    # Who and where we are is still what instance metadata tells.
    assert fetch_instance().id == host.instance_id


def test_tables_of_a_shared_vpc_tell_whose_they_are(cloud: Cloud, world: World, on_host: OnHost) -> None:
    cloud.quirks(Quirks(shared_by="111111111111"))
    ec2 = on_host(world.hosts[0].instance_id)
    (table,) = ec2.route_tables([world.vpc_id], [world.tables[0]])
    (interface,) = ec2.interfaces(world.hosts[0].instance_id)
    assert (table.owner_id, dict(table.tags)) == ("111111111111", {})
    assert interface.owner_id not in ("", "111111111111")


def test_what_vpc_route_server_propagates_is_known_for_that(cloud: Cloud, world: World, on_host: OnHost) -> None:
    host = world.hosts[0]
    cloud.advertise(host.table, str(ANYCAST), "10.0.1.77")
    ec2 = on_host(host.instance_id)
    ec2.create_route(host.table, ANYCAST, interface_target(host.interface_id))
    (table,) = ec2.route_tables([world.vpc_id], [host.table])
    static, propagated = table.static_route(ANYCAST), table.propagated_route(ANYCAST)
    assert static is not None
    assert propagated is not None
    assert (static.target.id, static.advertised) == (host.interface_id, False)
    assert (str(propagated.target), propagated.advertised) == ("10.0.1.77", True)


def test_an_egress_only_gateway_takes_the_default_route_of_ipv6(cloud: Cloud, world: World, on_host: OnHost) -> None:
    made = cloud.ec2.create_egress_only_internet_gateway(VpcId=world.vpc_id)["EgressOnlyInternetGateway"]
    gateway = parse_target(made["EgressOnlyInternetGatewayId"])
    host = world.hosts[0]
    ec2 = on_host(host.instance_id)
    ec2.create_route(host.table, DEFAULT_V6, interface_target(host.interface_id))
    ec2.replace_route(host.table, DEFAULT_V6, gateway)
    (table,) = ec2.route_tables([world.vpc_id], [host.table])
    route = table.static_route(DEFAULT_V6)
    assert route is not None
    assert route.target == gateway
