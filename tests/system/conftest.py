"""Fixtures of the system tests: the network, the cloud within its reach, the router, the anycast host."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import debian
import netns
import pytest
import rig
import vpcnet
from anycast import AnycastHost, MakeHost
from bird import Bird, MakeRouter, configuration

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World, WorldSpec
from tests.exabgps import EXABGPS


@pytest.fixture(scope="session")
def net() -> Iterator[netns.Net]:
    """The network of two hosts. Where it cannot be made the tests are skipped, and say so; in CI that is a failure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        lacks = netns.missing() + [f"{e.programs} (make setup)" for e in EXABGPS if not e.programs.exists()]
        if lacks:
            pytest.skip("the system tests need " + ", ".join(lacks))
        made = netns.Net()
        yield made
        made.close()


@pytest.fixture(scope="session")
def cloud(net: netns.Net) -> Iterator[Cloud]:
    """The test cloud, where the anycast host can reach it."""
    with Cloud.start(net.cloud_address) as running:
        yield running


@pytest.fixture(scope="session")
def debian_tree(net: netns.Net, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian as a directory, for copies: it takes a minute to make."""
    if lacks := debian.missing():
        pytest.skip("the tests of the package and the container need " + ", ".join(lacks))
    root = tmp_path_factory.mktemp("debian") / "root"
    debian.make_root(root)
    yield root
    shutil.rmtree(root)


@pytest.fixture
def world(cloud: Cloud) -> World:
    """A new world with IPv6."""
    cloud.reset()
    return cloud.build(WorldSpec(ipv6=True))


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """What was started last is ended first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def start_router(net: netns.Net, tmp_path: Path, closing: ExitStack) -> MakeRouter:
    """Start BIRD."""
    return lambda peering: closing.enter_context(Bird(net.router, tmp_path, configuration(net, tmp_path, peering)))


@pytest.fixture
def make_host(net: netns.Net, cloud: Cloud, world: World, tmp_path: Path, closing: ExitStack) -> MakeHost:
    """Make the anycast host out of the world's first instance; nothing runs on it yet."""
    return lambda exabgp: closing.enter_context(AnycastHost(net, cloud, world.hosts[0], tmp_path, exabgp))


@pytest.fixture(scope="session")
def vpc_net(net: netns.Net) -> Iterator[vpcnet.VpcNet]:
    """The network of several hosts of one VPC, who reach the same cloud."""
    made = vpcnet.VpcNet(rig.addresses(2), net.cloud_address)
    yield made
    made.close()


@pytest.fixture
def start_mesh(
    vpc_net: vpcnet.VpcNet, cloud: Cloud, tmp_path: Path, closing: ExitStack
) -> Callable[[rig.Setting], rig.Mesh]:
    """Start hosts that peer with each other, and wait until all is well; what was written by then is forgotten."""

    def start(setting: rig.Setting) -> rig.Mesh:
        made = closing.enter_context(rig.running(vpc_net, cloud, tmp_path, setting))
        made.wait_until_well()
        cloud.forget_calls()
        return made

    return start
