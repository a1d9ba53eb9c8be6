"""What EC2 does that one does not expect, each switched on by itself: the stand-in shows it as EC2 would."""

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import GoneInterface, Quirks, World, WorldSpec
from tests.cloud.ec2_battery.lab import code

PREFIX, IPV6_PREFIX = "192.0.2.1/32", "2001:db8:7::/48"


def interfaces(cloud: Cloud, instance: str, **more: Any) -> list[dict[str, Any]]:
    filters = [{"Name": "attachment.instance-id", "Values": [instance]}]
    found: list[dict[str, Any]] = cloud.ec2.describe_network_interfaces(Filters=filters, **more)["NetworkInterfaces"]
    return found


def shown(interface: dict[str, Any]) -> tuple[int, int, str, bool]:
    """Network card, device, type, and whether it has an address."""
    attachment = interface["Attachment"]
    has_address = bool(interface["PrivateIpAddresses"])
    return attachment["NetworkCardIndex"], attachment["DeviceIndex"], interface["InterfaceType"], has_address


def test_every_network_card_has_a_device_0(cloud: Cloud) -> None:
    cloud.reset()
    (host,) = cloud.build(WorldSpec(instances=1, interfaces=2, network_cards=3)).hosts
    expected = [
        (0, 0, "interface", True),
        (0, 1, "interface", True),
        (1, 0, "interface", True),
        (2, 0, "efa-only", False),
    ]
    found = interfaces(cloud, host.instance_id)
    assert sorted(map(shown, found)) == expected
    by_id = {each["NetworkInterfaceId"]: each for each in found}
    assert [shown(by_id[each]) for each in host.interfaces] == expected
    assert host.interface_id == host.interfaces[0]
    (reservation,) = cloud.ec2.describe_instances(InstanceIds=[host.instance_id])["Reservations"]
    assert sorted(map(shown, reservation["Instances"][0]["NetworkInterfaces"])) == expected
    cloud.ec2.terminate_instances(InstanceIds=[host.instance_id])
    left = [each["NetworkInterfaceId"] for each in cloud.ec2.describe_network_interfaces()["NetworkInterfaces"]]
    assert left == [host.interfaces[1]], "what was attached later stays, as ever"


def test_an_interface_may_be_made_efa_only_and_put_on_a_card(cloud: Cloud, world: World) -> None:
    host = world.hosts[0]
    made = cloud.ec2.create_network_interface(SubnetId=host.subnet_id, InterfaceType="efa-only")["NetworkInterface"]
    where = {"NetworkInterfaceId": made["NetworkInterfaceId"], "InstanceId": host.instance_id}
    answer = cloud.ec2.attach_network_interface(**where, DeviceIndex=0, NetworkCardIndex=1)
    assert answer["NetworkCardIndex"] == 1
    assert sorted(map(shown, interfaces(cloud, host.instance_id))) == [
        (0, 0, "interface", True),
        (1, 0, "efa-only", False),
    ]
    cloud.ec2.detach_network_interface(AttachmentId=answer["AttachmentId"])
    assert [each["NetworkInterfaceId"] for each in interfaces(cloud, host.instance_id)] == [host.interface_id]


def test_what_a_service_manages_is_shown_to_who_asks_for_it(cloud: Cloud, world: World) -> None:
    managed, other = world.hosts
    cloud.quirks(Quirks(managed=(managed.instance_id, managed.interface_id)))

    def visible(**more: bool) -> tuple[set[str], set[str], set[str]]:
        vpc = [{"Name": "vpc-id", "Values": [world.vpc_id]}]
        found = cloud.ec2.describe_network_interfaces(Filters=vpc, **more)["NetworkInterfaces"]
        reservations = cloud.ec2.describe_instances(Filters=vpc, **more)["Reservations"]
        statuses = cloud.ec2.describe_instance_status(**more)["InstanceStatuses"]
        return (
            {each["NetworkInterfaceId"] for each in found},
            {instance["InstanceId"] for each in reservations for instance in each["Instances"]},
            {each["InstanceId"] for each in statuses},
        )

    assert visible() == ({other.interface_id}, {other.instance_id}, {other.instance_id})
    both = {managed.instance_id, other.instance_id}
    assert visible(IncludeManagedResources=True) == ({managed.interface_id, other.interface_id}, both, both)


def statuses(cloud: Cloud, *hosts: str) -> dict[str, dict[str, Any]]:
    found = cloud.ec2.describe_instance_status(InstanceIds=list(hosts), IncludeAllInstances=True)["InstanceStatuses"]
    return {each["InstanceId"]: each for each in found}


def test_an_instance_may_be_absent_from_the_statuses(cloud: Cloud, world: World) -> None:
    first, second = (host.instance_id for host in world.hosts)
    cloud.quirks(Quirks(unlisted=(second,)))
    assert statuses(cloud, first, second).keys() == {first}


def test_in_the_outage_of_a_zone_all_statuses_are_refused_with_an_id_of_there(cloud: Cloud, world: World) -> None:
    here, there = world.hosts
    cloud.quirks(Quirks(failing_zones=(there.zone,)))
    with pytest.raises(ClientError) as caught:
        statuses(cloud, here.instance_id, there.instance_id)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("InternalError", 500)
    assert statuses(cloud, here.instance_id).keys() == {here.instance_id}


def test_a_disk_that_hangs_is_a_status_of_its_own(cloud: Cloud, world: World) -> None:
    instance = world.hosts[0].instance_id
    cloud.set_status(instance, ebs="impaired")
    status = statuses(cloud, instance)[instance]
    assert [status[name]["Status"] for name in ("InstanceStatus", "SystemStatus", "AttachedEbsStatus")] == [
        "ok",
        "ok",
        "impaired",
    ]


@pytest.mark.parametrize("quirk", GoneInterface)
def test_a_black_hole_shows_its_interface_or_the_instance_or_nothing(
    cloud: Cloud, world: World, quirk: GoneInterface
) -> None:
    cloud.quirks(Quirks(gone_interface=quirk))
    host, table = world.hosts[1], world.tables[0]
    cloud.ec2.create_route(RouteTableId=table, DestinationCidrBlock=PREFIX, NetworkInterfaceId=host.interface_id)
    whole = {"NetworkInterfaceId": host.interface_id, "InstanceId": host.instance_id, "State": "active"}
    assert target(cloud, table) == whole
    cloud.ec2.terminate_instances(InstanceIds=[host.instance_id])
    left = {
        GoneInterface.SHOWN: {"NetworkInterfaceId": host.interface_id},
        GoneInterface.INSTANCE: {"InstanceId": host.instance_id},
        GoneInterface.NOTHING: {},
    }
    assert target(cloud, table) == {**left[quirk], "State": "blackhole"}


def target(cloud: Cloud, table: str) -> dict[str, str]:
    (found,) = cloud.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    (route,) = [each for each in found["Routes"] if each.get("DestinationCidrBlock") == PREFIX]
    hidden = ("DestinationCidrBlock", "Origin", "InstanceOwnerId")
    return {name: value for name, value in route.items() if name not in hidden}


def test_tables_of_a_shared_vpc_are_the_owners_and_show_no_tags(cloud: Cloud, world: World) -> None:
    cloud.quirks(Quirks(shared_by="111111111111"))
    found = cloud.ec2.describe_route_tables(RouteTableIds=list(world.tables))["RouteTables"]
    assert {(each["OwnerId"], len(each["Tags"])) for each in found} == {("111111111111", 0)}
    tagged = [{"Name": "tag:type", "Values": ["private"]}]
    assert cloud.ec2.describe_route_tables(Filters=tagged)["RouteTables"] == []


def test_a_route_of_vpc_route_server_lies_beside_a_static_one(cloud: Cloud, world: World) -> None:
    table, host = world.tables[0], world.hosts[0]
    cloud.advertise(table, PREFIX, "10.0.1.10")
    (found,) = cloud.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    (route,) = [each for each in found["Routes"] if each["Origin"] == "Advertisement"]
    assert route == {"DestinationCidrBlock": PREFIX, "IpAddress": "10.0.1.10", "Origin": "Advertisement",
                     "State": "active"}  # fmt: skip
    static = {"RouteTableId": table, "DestinationCidrBlock": PREFIX}
    assert code(cloud.ec2.replace_route, **static, NetworkInterfaceId=host.interface_id) == "InvalidParameterValue"
    assert code(cloud.ec2.create_route, **static, NetworkInterfaceId=host.interface_id) == ""
    assert cloud.routes(table) == (f"{PREFIX} {host.interface_id} active\n{PREFIX} 10.0.1.10 active propagated\n")


@pytest.mark.parametrize(
    ("kind", "destination", "answer"),
    [
        ("NatGatewayId", {"DestinationIpv6CidrBlock": "::/0"}, "InvalidParameterValue"),
        ("NatGatewayId", {"DestinationIpv6CidrBlock": "64:ff9b::/96"}, ""),
        ("NatGatewayId", {"DestinationCidrBlock": "0.0.0.0/0"}, ""),
        ("EgressOnlyInternetGatewayId", {"DestinationIpv6CidrBlock": "::/0"}, ""),
        ("EgressOnlyInternetGatewayId", {"DestinationCidrBlock": "0.0.0.0/0"}, "InvalidParameterValue"),
    ],
)
def test_some_gateways_are_of_one_ip_version(cloud: Cloud, kind: str, destination: dict[str, str], answer: str) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(instances=0, nat_gateway=True))
    made = cloud.ec2.create_egress_only_internet_gateway(VpcId=world.vpc_id)["EgressOnlyInternetGateway"]
    gateways = {"NatGatewayId": world.nat_gateway, "EgressOnlyInternetGatewayId": made["EgressOnlyInternetGatewayId"]}
    route = {"RouteTableId": world.tables[0], **destination, kind: gateways[kind]}
    assert code(cloud.ec2.create_route, **route) == answer


def test_metadata_is_not_to_be_had_through_a_proxy(cloud: Cloud, world: World) -> None:
    """A proxy is asked with the whole URL in the request line (RFC 9112 section 3.2.2)."""
    url = f"{cloud.metadata_url(world.hosts[0].instance_id)}/latest/api/token"

    def token(target: str) -> int:
        connection = HTTPConnection(urlsplit(cloud.endpoint_url).netloc)
        connection.request("PUT", target, headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"})
        status = connection.getresponse().status
        connection.close()
        return status

    assert token(urlsplit(url).path) == 200
    assert token(url) == 502


def test_metadata_tells_the_network_card_and_the_mac_of_the_primary_interface(cloud: Cloud) -> None:
    cloud.reset()
    (host,) = cloud.build(WorldSpec(instances=1, network_cards=3)).hosts
    by_position = {shown(each)[:2]: each["MacAddress"] for each in interfaces(cloud, host.instance_id)}
    connection = HTTPConnection(urlsplit(cloud.endpoint_url).netloc)

    def ask(method: str, path: str, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/imds/{host.instance_id}/latest/{path}", headers=named)
        return connection.getresponse().read().decode()

    token = ask("PUT", "api/token", X_aws_ec2_metadata_token_ttl_seconds="60")

    def get(path: str) -> str:
        return ask("GET", f"meta-data/{path}", X_aws_ec2_metadata_token=token)

    macs = [each.rstrip("/") for each in get("network/interfaces/macs/").split("\n")]
    cards = {mac: (get(f"network/interfaces/macs/{mac}/network-card"), mac) for mac in macs}
    assert get("mac") == by_position[0, 0]
    assert sorted(cards.values()) == sorted(
        [("", by_position[0, 0]), ("1", by_position[1, 0]), ("2", by_position[2, 0])]
    )
    assert {get(f"network/interfaces/macs/{mac}/device-number") for mac in macs} == {"0"}
    connection.close()
    assert sorted(macs) == sorted(by_position.values())
