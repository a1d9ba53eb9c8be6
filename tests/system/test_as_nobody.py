"""ExaBGP gives up root before it starts helpers: they are `nobody`, with root's environment and umask 0."""

import pwd
from contextlib import ExitStack
from pathlib import Path

import pytest
from anycast import HEALTHCHECK, PREFIXES, AnycastHost
from bird import EBGP, MakeRouter
from netns import Net

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World
from tests.exabgps import EXABGPS, Exabgp

pytestmark = pytest.mark.system


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)
def test_a_helper_and_its_script_work_as_nobody(
    exabgp: Exabgp,
    tmp_path: Path,
    net: Net,
    cloud: Cloud,
    world: World,
    start_router: MakeRouter,
    closing: ExitStack,
) -> None:
    router = start_router(EBGP)
    host = closing.enter_context(AnycastHost(net, cloud, world.hosts[0], tmp_path, exabgp))
    host.belong_to_nobody()
    host.configure(dns=host.healthcheck())
    host.start_exabgp("exabgp.conf", peering=EBGP)
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)

    nobody = pwd.getpwnam("nobody").pw_uid
    pids = host.pids_of("bgp2vpc", "helper") + host.pids_of(*HEALTHCHECK)
    assert [Path("/proc", str(pid)).stat().st_uid for pid in pids] == [nobody, nobody]
    socket = host.socket.stat()
    assert (socket.st_uid, oct(socket.st_mode & 0o007)) == (nobody, "0o0")

    host.service.unlink()
    router.wait_without(*PREFIXES)
    host.wait_without_vpc(*PREFIXES)
