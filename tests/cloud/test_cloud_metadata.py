"""Instance metadata, by hand and as boto3 uses it."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable

import boto3
import pytest

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World, WorldSpec
from tests.waiting import PATIENCE

Get = Callable[[str], str]


def ask(url: str, method: str = "GET", timeout: float = PATIENCE, **headers: str) -> tuple[int, str]:
    named = {f"X-aws-ec2-metadata-{name.replace('_', '-')}": value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, method=method, headers=named), timeout=timeout
        ) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def token_for(cloud: Cloud, instance_id: str, ttl: str = "60") -> str:
    status, token = ask(f"{cloud.metadata_url(instance_id)}/latest/api/token", "PUT", token_ttl_seconds=ttl)
    assert status == 200
    return token


def read(cloud: Cloud, instance_id: str, path: str) -> tuple[int, str]:
    url = f"{cloud.metadata_url(instance_id)}/latest/{path}"
    return ask(url, token=token_for(cloud, instance_id))


def test_it_tells_who_and_where_the_instance_is(cloud: Cloud, world: World) -> None:
    for host in world.hosts:
        for path, value in {
            "meta-data/instance-id": host.instance_id,
            "meta-data/local-ipv4": host.address,
            "meta-data/placement/availability-zone": host.zone,
            "meta-data/placement/region": "us-east-1",
            "meta-data/placement": "availability-zone\navailability-zone-id\nregion",
        }.items():
            assert read(cloud, host.instance_id, path) == (200, value), path
        _, document = read(cloud, host.instance_id, "dynamic/instance-identity/document")
        assert json.loads(document)["instanceId"] == host.instance_id


def test_it_tells_of_every_interface(cloud: Cloud) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(interfaces=2, ipv6=True))
    host = world.hosts[0]
    status, macs = read(cloud, host.instance_id, "meta-data/network/interfaces/macs/")
    assert status == 200
    seen = {}
    for mac in macs.splitlines():

        def value(key: str, mac: str = mac) -> str:
            status, text = read(cloud, host.instance_id, f"meta-data/network/interfaces/macs/{mac}{key}")
            assert status == 200, key
            return text

        seen[value("device-number")] = value("interface-id")
        assert value("vpc-id") == world.vpc_id
        assert value("subnet-id") == host.subnet_id
        assert value("vpc-ipv4-cidr-blocks") == world.cidr
        assert value("vpc-ipv6-cidr-blocks") == world.ipv6_cidr
        assert ":" in value("ipv6s")
    assert seen == {"0": host.interfaces[0], "1": host.interfaces[1]}


def test_it_follows_what_ec2_does(cloud: Cloud, world: World) -> None:
    host = world.hosts[0]
    _, mac = read(cloud, host.instance_id, "meta-data/mac")
    cloud.ec2.assign_private_ip_addresses(NetworkInterfaceId=host.interface_id, PrivateIpAddresses=["10.0.1.200"])
    path = f"meta-data/network/interfaces/macs/{mac}/local-ipv4s"
    assert read(cloud, host.instance_id, path) == (200, f"{host.address}\n10.0.1.200")


def test_a_token_is_needed(cloud: Cloud, world: World) -> None:
    instance_id = world.hosts[0].instance_id
    url = f"{cloud.metadata_url(instance_id)}/latest/meta-data/instance-id"
    assert ask(url)[0] == 401
    assert ask(url, token="wrong")[0] == 401
    token = token_for(cloud, instance_id)
    assert ask(url, token=token) == (200, instance_id)
    other = world.hosts[1].instance_id
    assert ask(f"{cloud.metadata_url(other)}/latest/meta-data/instance-id", token=token)[0] == 401
    cloud.expire_tokens(instance_id)
    assert ask(url, token=token)[0] == 401


@pytest.mark.parametrize("ttl", ["0", "21601", "x", ""])
def test_a_token_lives_six_hours_at_most(cloud: Cloud, world: World, ttl: str) -> None:
    url = f"{cloud.metadata_url(world.hosts[0].instance_id)}/latest/api/token"
    assert ask(url, "PUT", token_ttl_seconds=ttl)[0] == 400
    assert ask(url)[0] == 405


def test_keys_come_and_go(cloud: Cloud, world: World) -> None:
    instance_id = world.hosts[0].instance_id
    path = "meta-data/spot/instance-action"
    action = '{"action": "terminate", "time": "2030-01-01T00:00:00Z"}'
    assert read(cloud, instance_id, path)[0] == 404
    cloud.set_metadata(instance_id, "spot/instance-action", action)
    assert read(cloud, instance_id, path) == (200, action)
    assert read(cloud, world.hosts[1].instance_id, path)[0] == 404
    cloud.set_metadata(instance_id, "spot/instance-action", None)
    assert read(cloud, instance_id, path)[0] == 404
    cloud.set_metadata(instance_id, "placement/region", "eu-north-1")
    assert read(cloud, instance_id, "meta-data/placement/region") == (200, "eu-north-1")
    cloud.reset_metadata(instance_id)
    assert read(cloud, instance_id, "meta-data/placement/region") == (200, "us-east-1")


@pytest.mark.parametrize(("fault", "status"), [("404", 404), ("503", 503)])
def test_the_whole_service_fails(cloud: Cloud, world: World, fault: str, status: int) -> None:
    instance_id = world.hosts[0].instance_id
    cloud.metadata_fault(instance_id, fault)
    assert ask(f"{cloud.metadata_url(instance_id)}/latest/api/token", "PUT")[0] == status
    cloud.metadata_fault(instance_id, None)
    assert read(cloud, instance_id, "meta-data/instance-id")[0] == 200


def test_the_whole_service_hangs(cloud: Cloud, world: World) -> None:
    instance_id = world.hosts[0].instance_id
    cloud.metadata_fault(instance_id, "hang")
    with pytest.raises(TimeoutError):
        ask(f"{cloud.metadata_url(instance_id)}/latest/api/token", "PUT", timeout=0.2, token_ttl_seconds="60")
    cloud.metadata_fault(instance_id, None)
    assert read(cloud, instance_id, "meta-data/instance-id")[0] == 200


def test_an_unknown_instance_has_no_data(cloud: Cloud, world: World) -> None:
    assert read(cloud, "i-0123456789abcdef0", "meta-data/instance-id")[0] == 404


@pytest.mark.parametrize("role", [False, True])
def test_boto3_believes_to_be_on_the_instance(
    cloud: Cloud, world: World, monkeypatch: pytest.MonkeyPatch, role: bool
) -> None:
    instance_id = world.hosts[1].instance_id
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in cloud.environment(instance_id, role=role).items():
        monkeypatch.setenv(name, value)
    boto3.session.Session().client("ec2").describe_vpcs()
    (call,) = cloud.calls()
    assert (call.operation, call.caller) == ("DescribeVpcs", instance_id)
