"""The CloudFormation examples: valid, deployed, and the daemons they start run against what was built."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from site_kit import QUICK, Site
from stack_kit import (
    ACCOUNT,
    CIDR,
    PACKAGE,
    TEMPLATES,
    QueryApi,
    Resolver,
    Stack,
    deploy,
    permit,
    refusals,
    run_user_data,
)

from bgp2vpc.config.load import load
from bgp2vpc.config.model import RUN_PORT
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost
from bgp2vpc.health.probes.ping import PingNotAllowed, ensure_ping_allowed

NAMES = sorted(path.stem for path in TEMPLATES.glob("*.yaml"))
EVERYWHERE, ANYCAST = "0.0.0.0/0", "192.0.2.53/32"
TIMEOUT = 10.0
"""Seconds for a probe. One whose server is killed while it makes its answer takes as long."""


@pytest.fixture
def stack(cloud: Cloud, request: pytest.FixtureRequest) -> Iterator[Stack]:
    built = deploy(cloud, request.param)
    yield built
    cloud.reset()


@pytest.fixture
def root() -> Iterator[Path]:
    """Short, for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="b2v") as directory:
        yield Path(directory)


def stack_of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("stack", [name], indirect=True)


both = pytest.mark.parametrize("stack", NAMES, indirect=True)


def test_both_templates_are_here() -> None:
    assert NAMES == ["anycast", "ha-nat"]


@pytest.mark.io
@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_finds_nothing(name: str) -> None:
    lint = Path(sys.executable).parent / "cfn-lint"
    regions = ("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1")
    result = subprocess.run(
        [lint, "--include-checks", "I", "--regions", *regions, "--", TEMPLATES / f"{name}.yaml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (0, "")


@both
def test_the_role_has_the_least_policy_of_the_file_that_user_data_writes(stack: Stack, site_of, root: Path) -> None:
    run_user_data(stack.user_data(stack.hosts[0]), root, stack.hosts[0])
    answer = site_of(stack.hosts[0]).command(
        "iam-policy", "-f", str(root / "etc/bgp2vpc.yaml"),
        "--region", stack.cloud.region, "--account", ACCOUNT, "--vpc", stack.ids["Vpc"],
    )  # fmt: skip
    assert json.loads(answer.stdout) == stack.policy()


@both
def test_the_instances_are_as_they_have_to_be(stack: Stack) -> None:
    found = stack.cloud.ec2.describe_instances(InstanceIds=[host.instance_id for host in stack.hosts])
    for reservation in found["Reservations"]:
        (instance,) = reservation["Instances"]
        (interface,) = instance["NetworkInterfaces"]
        assert interface["SourceDestCheck"] is False
        assert [group["GroupId"] for group in interface["Groups"]] == [stack.ids["SecurityGroup"]]
        options = instance["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)
        assert instance["IamInstanceProfile"]["Arn"].endswith(f"/{stack.ids['InstanceProfile']}")
    assert len({host.zone for host in stack.hosts}) == 2


@both
def test_user_data_installs_and_starts(stack: Stack, root: Path) -> None:
    told = run_user_data(stack.user_data(stack.hosts[0]), root, stack.hosts[0])
    assert told.splitlines()[:3] == ["apt-get update", "sleep 5", "apt-get update"]
    assert f"pip install {PACKAGE}" in told
    assert "apt-get -o DPkg::Lock::Timeout=300 install --yes /tmp/amazon-ssm-agent.deb" in told
    assert told.splitlines()[-1] == "systemctl enable --now bgp2vpc"
    assert load(root / "etc/bgp2vpc.yaml").rules
    unit = (root / "etc/systemd/system/bgp2vpc.service").read_text()
    if shutil.which("systemd-analyze"):
        file = root / "bgp2vpc.service"
        file.write_text(unit)
        result = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
        assert str(file) not in result.stderr


@both
def test_user_data_tells_cloudformation_how_it_has_ended(stack: Stack, root: Path) -> None:
    with QueryApi() as signals:
        for host, broken in zip(stack.hosts, ("", "systemctl"), strict=True):
            run_user_data(stack.user_data(host), root / host.instance_id, host, signals.url, broken)
    told = [(call["Action"], call["LogicalResourceId"], call["UniqueId"], call["Status"]) for call in signals.heard]
    first, second = (host.instance_id for host in stack.hosts)
    assert told == [
        ("SignalResource", "InstanceA", first, "SUCCESS"),
        ("SignalResource", "InstanceB", second, "FAILURE"),
    ]
    (stack_id,) = {call["StackName"] for call in signals.heard}
    assert stack_id.startswith("arn:aws:cloudformation:")
    (statement,) = stack.policy("signal")["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("cloudformation:SignalResource", stack_id)


@pytest.mark.parametrize(
    ("parameters", "ways"),
    [
        ({}, ("session manager",)),
        ({"SessionManager": "false"}, ()),
        ({"SessionManager": "false", "KeyName": "mine", "SshFrom": "198.51.100.0/24"}, ("key", "port 22")),
    ],
)
def test_the_ways_in_are_those_of_the_parameters(cloud: Cloud, parameters, ways) -> None:
    cloud.reset()
    stack = deploy(cloud, "anycast", **parameters)
    (rules,) = cloud.ec2.describe_security_groups(GroupIds=[stack.ids["SecurityGroup"]])["SecurityGroups"]
    blocks = {
        block["CidrIp"] for rule in rules["IpPermissions"] for block in rule["IpRanges"] if rule["FromPort"] == 22
    }
    found = cloud.ec2.describe_launch_template_versions(LaunchTemplateId=stack.ids["LaunchTemplate"])
    (version,) = found["LaunchTemplateVersions"]
    told = {
        "session manager": "SessionManagerPolicy" in stack.ids,
        "key": version["LaunchTemplateData"].get("KeyName") == "mine",
        "port 22": blocks == {"198.51.100.0/24"},
    }
    assert {way for way, is_there in told.items() if is_there} == set(ways)
    assert blocks <= {"198.51.100.0/24"}


@both
def test_the_stack_can_be_deleted(stack: Stack) -> None:
    stack.delete()
    assert stack.cloud.ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": [CIDR]}])["Vpcs"] == []


# HA NAT


@pytest.fixture
def site_of(make_site: Callable[[CloudHost], Site]) -> Callable[[CloudHost], Site]:
    """Makes sites whose daemons have the credentials of the instance's role."""

    def make(host: CloudHost) -> Site:
        site = make_site(host)
        site.environment = os.environ | site.cloud.environment(host.instance_id, role=True)
        return site

    return make


def pings_are_allowed() -> bool:
    try:
        ensure_ping_allowed()
    except PingNotAllowed:
        return False
    return True


@pytest.mark.skipif(not pings_are_allowed(), reason="needs root, or net.ipv4.ping_group_range")
@stack_of("ha-nat")
def test_the_nat_instances_of_the_stack_have_the_default_routes(stack: Stack, site_of, root: Path) -> None:
    permit(stack)
    sites = []
    for number, host in enumerate(stack.hosts):
        run_user_data(stack.user_data(host), root / str(number), host)
        text = (root / str(number) / "etc/bgp2vpc.yaml").read_text()
        for there, here in {
            "9.9.9.9, every: 1,": f"127.0.0.1, every: 0.2, timeout: {TIMEOUT},",
            "1.1.1.1, every: 1,": f"127.0.0.2, every: 0.2, timeout: {TIMEOUT},",
            "every: 0.5, fall: 4": f"every: 0.5, timeout: {TIMEOUT}, fall: 4",
        }.items():
            assert there in text
            text = text.replace(there, here)
        site = site_of(host)
        site.file.write_text(f"{text}\n{yaml.safe_dump({'socket': str(site.socket), **QUICK})}")
        sites.append(site.start())
    first, second = sites
    for site in sites:
        site.wait_for_route(EVERYWHERE)

    first.stop(signal.SIGKILL)
    stack.cloud.ec2.terminate_instances(InstanceIds=[first.host.instance_id])
    second.wait_for_route(EVERYWHERE, *stack.tables)
    assert second.stop() == 0
    second.wait_for_route(EVERYWHERE, *stack.tables, target=stack.ids["NatGateway"])
    assert refusals(stack.cloud) == []


# Anycast


class Resolvers:
    """The resolver of each host, at its own address, where both check it: nobody has the anycast address here."""

    def __init__(self) -> None:
        self._running: dict[Site, Resolver] = {}

    def start(self, site: Site, port: int) -> None:
        self._running[site] = Resolver(site.host.address, port)

    def stop(self, *sites: Site) -> None:
        """All of them, where none is named."""
        for site in sites or list(self._running):
            self._running.pop(site).stop()


class Ports:
    """Free ones: for BGP at both addresses, and for DNS."""

    def __init__(self, stack: Stack) -> None:
        with ExitStack() as open_now:
            found = []
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                one = open_now.enter_context(socket.socket(socket.AF_INET, kind))
                one.bind((stack.hosts[0].address, 0))
                found.append(one.getsockname()[1])
        self.bgp, self.dns = found


@stack_of("anycast")
def test_the_resolvers_of_the_stack_share_the_zones_by_best_path(stack: Stack, site_of, root: Path) -> None:
    permit(stack)
    ports, resolvers = Ports(stack), Resolvers()
    first, second = sites = [site_of(host) for host in stack.hosts]
    for number, site in enumerate(sites):
        run_user_data(stack.user_data(site.host), root / str(number), site.host)
        text = (root / str(number) / "etc/bgp2vpc.yaml").read_text()
        for there, here in {
            "as: 64512": f"as: 64512\n  port: {ports.bgp}",
            f"destination: {ANYCAST.partition('/')[0]}, every: 0.5, timeout: 0.5": f"destination: {site.host.address}, "
            f"every: 0.2, timeout: {TIMEOUT}",
            "every: 0.5, timeout: 0.5": f"every: 0.5, timeout: {TIMEOUT}",
            "config: {name: example.org}": f"config: {{name: example.org, port: {ports.dns}}}",
        }.items():
            assert there in text
            text = text.replace(there, here)
        more = {"socket": str(site.socket), "startup_hold": 2, "settle_time": 2, **QUICK}
        site.file.write_text(f"{text}\n{yaml.safe_dump(more)}")
    try:
        for site in sites:
            resolvers.start(site, ports.dns)
            site.start()
        for site in sites:
            site.wait_for_route(ANYCAST)  # each zone has its own

        resolvers.stop(first)
        second.wait_for_route(ANYCAST, first.host.table)
        resolvers.start(first, ports.dns)
        first.wait_for_route(ANYCAST)

        first.stop(signal.SIGKILL)
        resolvers.stop(first)
        second.wait_for_route(ANYCAST, *stack.tables)
        resolvers.stop(second)
        second.wait_for_route(ANYCAST, *stack.tables, target=None)
        assert refusals(stack.cloud) == []
    finally:
        resolvers.stop()


@stack_of("anycast")
def test_the_instances_find_each_other_and_may_peer(stack: Stack) -> None:
    tagged = [{"Name": "tag:role", "Values": ["anycast"]}]
    found = stack.cloud.ec2.describe_instances(Filters=tagged)["Reservations"]
    ids = {instance["InstanceId"] for reservation in found for instance in reservation["Instances"]}
    assert ids == {host.instance_id for host in stack.hosts}
    group = stack.ids["SecurityGroup"]
    rules = stack.cloud.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    (peering,) = [rule for rule in rules if rule["UserIdGroupPairs"]]
    assert (peering["IpProtocol"], peering["FromPort"], peering["ToPort"]) == ("tcp", RUN_PORT, RUN_PORT)
    assert [pair["GroupId"] for pair in peering["UserIdGroupPairs"]] == [group]
