"""The CloudFormation examples: valid, deployed, and the daemons they start run against what was built."""

import getpass
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
from stack_kit import ACCOUNT, CIDR, PACKAGE, TEMPLATES, Resolver, Stack, deploy, permit, refusals, run_user_data

from bgp2vpc.config.load import load
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost
from bgp2vpc.health.probes.ping import PingNotAllowed, ensure_ping_allowed
from tests.waiting import PATIENCE

NAMES = sorted(path.stem for path in TEMPLATES.glob("*.yaml"))
EVERYWHERE, ANYCAST = "0.0.0.0/0", "192.0.2.53/32"


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
    run_user_data(stack.user_data(stack.hosts[0]), root, stack.hosts[0].address)
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
    told = run_user_data(stack.user_data(stack.hosts[0]), root, stack.hosts[0].address)
    service = "exabgp" if stack.name == "anycast" else "bgp2vpc"
    assert f"pip install {PACKAGE}" in told
    assert told.splitlines()[-1] == f"systemctl enable --now {service}"
    assert load(root / "etc/bgp2vpc.yaml").rules
    unit = (root / f"etc/systemd/system/{service}.service").read_text()
    if shutil.which("systemd-analyze"):
        file = root / f"{service}.service"
        file.write_text(unit)
        result = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
        assert str(file) not in result.stderr


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
        run_user_data(stack.user_data(host), root / str(number), host.address)
        text = (root / str(number) / "etc/bgp2vpc.yaml").read_text()
        for there, here in {
            "9.9.9.9, every: 1,": f"127.0.0.1, every: 0.2, timeout: {PATIENCE},",
            "1.1.1.1, every: 1,": f"127.0.0.2, every: 0.2, timeout: {PATIENCE},",
            "every: 0.5, fall: 4": f"every: 0.5, timeout: {PATIENCE}, fall: 4",
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


class Instance:
    """One instance of the anycast stack: the files of its user data, its resolver, and ExaBGP with bgp2vpc."""

    def __init__(self, stack: Stack, number: int, root: Path, ports: "Ports") -> None:
        self.cloud, self.host, self.root = stack.cloud, stack.hosts[number], root / str(number)
        run_user_data(stack.user_data(self.host), self.root, self.host.address)
        self.socket = self.root / "run/bgp2vpc/bgp2vpc.sock"
        self.socket.parent.mkdir(parents=True)
        self.well = self.root / "well"
        self._ports = ports
        self._process: subprocess.Popen[bytes] | None = None
        self._resolver: Resolver | None = None
        self._adapt()

    def _adapt(self) -> None:
        """What is different on this machine: ports, and how the local script looks at the service."""
        _change(
            self.root / "etc/exabgp/exabgp.conf", "listen 179;", f"listen {self._ports.bgp}; connect {self._ports.bgp};"
        )
        file = self.root / "etc/bgp2vpc.yaml"
        _change(file, "dig @192.0.2.53 example.org +time=1 +tries=1 | grep -q NOERROR", f"test -e {self.well}")
        _change(file, "config: {name: example.org}", f"config: {{name: example.org, port: {self._ports.dns}}}")
        _change(file, "--interval 2 --fast-interval 1", "--interval 0.2 --fast-interval 0.1")
        _change(file, "every: 0.5, timeout: 0.5", f"every: 0.5, timeout: {PATIENCE}")
        file.write_text(f"{file.read_text()}\n{yaml.safe_dump({**QUICK, 'startup_hold': 2, 'settle_time': 2})}")

    def start(self) -> None:
        self.well.touch()
        self._resolver = Resolver(self.host.address, self._ports.dns)
        environment = {
            "PATH": f"{self.root}/opt/bgp2vpc/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.root),
            "CACHE_DIRECTORY": os.environ["CACHE_DIRECTORY"],
            "exabgp_daemon_user": getpass.getuser(),
            "exabgp_api_cli": "false",
            **self.cloud.environment(self.host.instance_id, role=True),
        }
        configuration = self.root / "etc/exabgp/exabgp.conf"
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.root / "opt/bgp2vpc/bin/exabgp", "server", configuration],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """As when the host loses its power."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        if self._resolver is not None:
            self._resolver.stop()
            self._resolver = None

    def wait_for_route(self, table: str, target: str | None = "") -> None:
        wanted = self.host.interface_id if target == "" else target
        try:
            self.cloud.wait_for_route(table, ANYCAST, wanted)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{(self.root / 'log').read_text()}") from None


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


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{old} in {text}"
    file.write_text(text.replace(old, new))


@stack_of("anycast")
def test_the_resolvers_of_the_stack_share_the_zones_by_best_path(stack: Stack, root: Path) -> None:
    permit(stack)
    ports = Ports(stack)
    first, second = instances = [Instance(stack, number, root, ports) for number in (0, 1)]
    try:
        for instance in instances:
            instance.start()
        for instance in instances:
            instance.wait_for_route(instance.host.table)  # each zone has its own

        first.well.unlink()  # the service fails, ExaBGP lives
        second.wait_for_route(first.host.table)
        first.well.touch()
        first.wait_for_route(first.host.table)

        first.kill()
        for table in stack.tables:
            second.wait_for_route(table)
        second.well.unlink()
        for table in stack.tables:
            second.wait_for_route(table, None)
        assert refusals(stack.cloud) == []
    finally:
        for instance in instances:
            instance.kill()


@stack_of("anycast")
def test_exabgp_accepts_the_configuration_of_both_instances(stack: Stack, root: Path) -> None:
    for number, host in enumerate(stack.hosts):
        run_user_data(stack.user_data(host), root / str(number), host.address)
        file = root / str(number) / "etc/exabgp/exabgp.conf"
        other = stack.hosts[1 - number]
        assert f"neighbor {other.address} {{" in file.read_text()
        assert f"local-address {host.address};" in file.read_text()
        result = subprocess.run(
            [Path(sys.executable).parent / "exabgp", "validate", file], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
