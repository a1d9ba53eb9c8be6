"""examples/mesh.yaml: instances find each other by tag, ExaBGP accepts what is written, and members come and go."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from anycast import AnycastHost
from bird import Bird
from vpcnet import ROUTER, VpcNet

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, WorldSpec
from tests.exabgps import EXABGP_42, EXABGP_50, EXABGPS, ROOT, Exabgp
from tests.waiting import eventually

pytestmark = pytest.mark.system

WEB = "192.0.2.80/32"
SERVICE = """\
from http.server import BaseHTTPRequestHandler, HTTPServer

class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

Healthy.log_message = lambda *_: None
HTTPServer(("127.0.0.1", 80), Healthy).serve_forever()
"""
REPLACED = ("/run/bgp2vpc/bgp2vpc.sock", "/etc/exabgp/mesh/exabgp.conf", "10.1.0.1", "hold_time: 3")
HOLD_TIME = 180
"""Seconds: here a peer ends its session, and never falls silent."""

BIRD = """
log "{directory}/bird.log" all;
router id {router};
protocol device {{}}
protocol static vpc {{ ipv4; route 10.0.0.0/16 via "vpc"; }}
template bgp anycast {{
    passive;
    multihop;
    local {router} as 64512;
    error wait time 1, 1;
    ipv4 {{ import all; export none; }};
}}
"""

MakeMember = Callable[[int, Exabgp], AnycastHost]


@pytest.fixture
def members(cloud: Cloud) -> tuple[CloudHost, ...]:
    """Two instances in a new world."""
    cloud.reset()
    return cloud.build(WorldSpec(instances=2)).hosts


@pytest.fixture
def make_member(
    vpc_net: VpcNet, cloud: Cloud, members: tuple[CloudHost, ...], tmp_path: Path, closing: ExitStack
) -> MakeMember:
    """Make an instance of the example; ExaBGP runs as `nobody`, as it does by default."""

    def make(number: int, exabgp: Exabgp) -> AnycastHost:
        directory = tmp_path / f"host-{number}"
        directory.mkdir()
        host = AnycastHost(vpc_net.seats[number], cloud, members[number], directory, exabgp)
        closing.enter_context(host)
        host.belong_to_nobody()
        text = (ROOT / "examples/mesh.yaml").read_text("utf-8")
        for old, new in zip(
            REPLACED, (host.socket, configuration(host), ROUTER, f"hold_time: {HOLD_TIME}"), strict=True
        ):
            assert old in text
            text = text.replace(old, str(new))
        host.yaml.write_text(f"poll_time: 0.5\nstartup_hold: 2\n{text}", "utf-8")
        return host

    return make


@pytest.fixture
def router(vpc_net: VpcNet, members: tuple[CloudHost, ...], tmp_path: Path, closing: ExitStack) -> Bird:
    """The datacenter's."""
    text = BIRD.format(directory=tmp_path, router=ROUTER)
    for number, host in enumerate(members):
        text += f"protocol bgp host{number} from anycast {{ neighbor {host.address} as 64513; }}\n"
    return closing.enter_context(Bird(vpc_net.router, tmp_path, text))


def configuration(host: AnycastHost) -> Path:
    return host.directory / "exabgp.conf"


def join(cloud: Cloud, host: AnycastHost) -> None:
    """The instance gets the tag, writes its file, and starts the service and ExaBGP."""
    tag = [{"Key": "role", "Value": "anycast"}]
    cloud.ec2.create_tags(Resources=[host.instance.instance_id], Tags=tag)
    written = host.bgp2vpc("exabgp-config", "-f", str(host.yaml), "--output", str(configuration(host)))
    assert (written.returncode, written.stderr) == (0, "")
    host.start("service", [sys.executable, host.script("service.py", SERVICE).split()[-1]])
    host.start("exabgp", host.exabgp.serve(configuration(host)))


def leave(cloud: Cloud, host: AnycastHost) -> None:
    cloud.ec2.delete_tags(Resources=[host.instance.instance_id], Tags=[{"Key": "role"}])


def hears(host: AnycastHost, other: AnycastHost) -> bool:
    """Whether it has the other one's path, from its own session with it."""
    paths = host.status().get("paths", ())
    address = other.instance.address
    return any(
        (path["prefix"], path["next_hop"], path["source"]) == (WEB, address, f"peer {address}") for path in paths
    )


def wait_for_each_other(*hosts: AnycastHost) -> None:
    for host in hosts:
        for other in hosts:
            if other is not host:
                what = f"{host.instance.address} to hear {other.instance.address}"
                eventually(lambda host=host, other=other: hears(host, other), what, story(*hosts))


def story(*hosts: AnycastHost) -> Callable[[], str]:
    return lambda: "\n".join(f"=== {host.instance.address}\n{host.story()}" for host in hosts)


def neighbors(host: AnycastHost) -> set[str]:
    lines = configuration(host).read_text("utf-8").splitlines()
    return {line.split()[1] for line in lines if line.startswith("neighbor ")}


both_versions = pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)


@pytest.mark.parametrize(("exabgp", "first"), [(EXABGP_42, 0), (EXABGP_50, 1)], ids=["4.2-connects", "5.0-waits"])
def test_a_member_that_comes_is_peered_with_and_one_that_leaves_is_not(
    exabgp: Exabgp, first: int, make_member: MakeMember, cloud: Cloud, router: Bird
) -> None:
    """Of the two the one with the lower address connects; either may be there first."""
    early, late = make_member(first, exabgp), make_member(1 - first, exabgp)
    join(cloud, early)
    eventually(lambda: early.instance.address in router.routes(WEB), "the router to hear it", early.story)
    early.wait_for_vpc(WEB)
    assert neighbors(early) == {ROUTER, "127.0.0.1"}
    (helper,) = early.pids_of("bgp2vpc", "helper")
    established = router.ask(f"show protocols host{first}")

    join(cloud, late)
    wait_for_each_other(early, late)
    assert neighbors(early) == {ROUTER, late.instance.address}
    assert neighbors(late) == {ROUTER, early.instance.address}
    # Nothing of this was felt by what was there before.
    assert early.pids_of("bgp2vpc", "helper") == [helper]
    assert router.ask(f"show protocols host{first}") == established
    late.wait_for_vpc(WEB)  # each in its own zone

    leave(cloud, late)
    eventually(lambda: neighbors(early) == {ROUTER, "127.0.0.1"}, "its session to be given up", early.story)
    eventually(lambda: not hears(early, late), "its path to be gone", early.story)
    assert early.pids_of("bgp2vpc", "helper") == [helper]


def test_both_majors_peer_with_each_other(make_member: MakeMember, cloud: Cloud, router: Bird) -> None:
    hosts = [make_member(number, exabgp) for number, exabgp in enumerate(EXABGPS)]
    for host in hosts:
        join(cloud, host)
    wait_for_each_other(*hosts)


@both_versions
def test_a_killed_helper_knows_the_other_members_again(
    exabgp: Exabgp, make_member: MakeMember, cloud: Cloud, router: Bird
) -> None:
    hosts = [make_member(number, exabgp) for number in (0, 1)]
    for host in hosts:
        join(cloud, host)
    wait_for_each_other(*hosts)
    for host in hosts:
        host.wait_for_vpc(WEB)
    cloud.forget_calls()
    # However long it takes until the next one has heard the others.
    hosts[0].yaml.write_text(hosts[0].yaml.read_text("utf-8").replace("startup_hold: 2", "startup_hold: 600"), "utf-8")
    (helper,) = hosts[0].pids_of("bgp2vpc", "helper")
    os.kill(helper, signal.SIGKILL)
    eventually(lambda: hosts[0].pids_of("bgp2vpc", "helper") not in ([], [helper]), "a new helper", hosts[0].story)
    wait_for_each_other(*hosts)
    assert not cloud.writes()


@both_versions
def test_what_exabgp_would_refuse_is_not_written(
    exabgp: Exabgp, make_member: MakeMember, cloud: Cloud, router: Bird
) -> None:
    host = make_member(0, exabgp)
    join(cloud, host)
    eventually(lambda: host.instance.address in router.routes(WEB), "the router to hear it", host.story)
    before = configuration(host).read_text("utf-8")
    # Nothing that we write is refused, so it is ExaBGP that is changed.
    fake = host.directory / "bin" / "exabgp"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'line 7: who is that?'\nexit 1\n")
    fake.chmod(0o755)
    text = host.yaml.read_text("utf-8").replace(f"hold_time: {HOLD_TIME}", "hold_time: 30")
    host.yaml.write_text(text, "utf-8")
    refused = host.bgp2vpc(
        "exabgp-config", "-f", str(host.yaml), "--output", str(configuration(host)), path=fake.parent
    )
    assert refused.returncode == 1
    assert refused.stderr == "bgp2vpc: ExaBGP does not accept the configuration:\nline 7: who is that?\n"
    assert configuration(host).read_text("utf-8") == before
    assert [path.name for path in host.directory.glob(".exabgp*")] == []
    (helper,) = host.pids_of("bgp2vpc", "helper")
    os.kill(helper, signal.SIGHUP)  # the real one accepts it
    eventually(lambda: "hold-time 30" in configuration(host).read_text("utf-8"), "the new file", host.story)
    mode = configuration(host).stat().st_mode
    assert oct(mode & 0o777) == "0o644"
