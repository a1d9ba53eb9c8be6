"""`bgp2vpc run` with `bgp:`: it runs ExaBGP itself, and all is as behind a helper's pipe."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
import rig
from rig import Mesh, MeshHost, Setting
from test_failure_scenarios import MORTAL, replaced_by, struck, written
from vpcnet import VpcNet

from bgp2vpc.demo.cloud.client import Cloud
from tests.exabgps import EXABGP_42, EXABGP_50, Exabgp
from tests.waiting import eventually

# One worker has all of them (tests/suite/order.py): the tests of a setting share two hosts and what they run.
pytestmark = pytest.mark.system
NOBODY = "10.0.1.99"
MANY_MOVES = {"damping": {"suppress": 1_000_000}}
"""The tests of one pair move its route more often than a route may by default."""


def checked(exabgp: Exabgp = EXABGP_50, **more: object) -> Setting:
    setting = rig.checked(poll_time=0.5, **{"remote": False, **MANY_MOVES, **more})
    rule = {key: value for key, value in setting.rule.items() if key != "takeover"}  # best_path is the default with bgp
    return replace(setting, rule=rule, by_itself=True, exabgp=exabgp)


def on(**settings: Setting) -> pytest.MarkDecorator:
    """On pairs with these settings, by the name that each has in the report."""
    return pytest.mark.parametrize("pair", settings.values(), ids=settings, indirect=True)


NEWEST, OLDER = checked(EXABGP_50), checked(EXABGP_42)
REMOTE, BRITTLE = checked(remote=True), checked(**MORTAL)


@pytest.fixture(scope="module")
def pair(
    request: pytest.FixtureRequest, vpc_net: VpcNet, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mesh]:
    """Two hosts, whose first start has moved no route: the first one has made it."""
    with rig.running(vpc_net, cloud, tmp_path_factory.mktemp("pair"), request.param) as made:
        made.wait_until_well()
        assert written(made) == [("CreateRoute", made.hosts[0].instance.instance_id)] * len(made.world.tables)
        yield made


@pytest.fixture
def mesh(pair: Mesh) -> Mesh:
    """The pair, once all is well; what was written by then is forgotten.

    Those that start bgp2vpc again or change its peers come last: for a minute after them, it takes no route.
    """
    pair.wait_until_well()
    pair.cloud.forget_calls()
    return pair


@on(newest=NEWEST, older=OLDER)
def test_the_first_start_of_a_pair_moves_no_route_and_a_killed_service_does(mesh: Mesh) -> None:
    owner, other = struck(mesh, MeshHost.kill_service)
    owner.recover()
    mesh.wait_until_well()
    assert mesh.owner() is other
    assert written(mesh) == replaced_by(mesh, other)


@on(newest=NEWEST)
def test_a_drained_host_leaves_without_a_lost_packet(mesh: Mesh) -> None:
    since = time.monotonic()
    owner, _ = struck(mesh, MeshHost.drain)
    assert mesh.client.loss(since).lost == 0
    owner.undrain()


@on(newest=NEWEST)
@pytest.mark.parametrize("strike", [MeshHost.kill_exabgp, MeshHost.kill_bgp2vpc])
def test_a_killed_exabgp_or_bgp2vpc_is_started_again_and_costs_no_packet(
    strike: Callable[[MeshHost], None], mesh: Mesh
) -> None:
    since = time.monotonic()
    owner, other = struck(mesh, strike)
    mesh.wait_until_well()
    assert mesh.owner() is other
    assert mesh.client.loss(since).lost == 0
    assert written(mesh) == replaced_by(mesh, other)
    assert len(owner.pids_of("exabgp")) == 1


@on(newest=NEWEST, older=OLDER)
def test_a_rolling_upgrade_that_restarts_exabgp_too_moves_no_route(mesh: Mesh) -> None:
    since = time.monotonic()
    for host in mesh.hosts:
        (before,) = host.pids_of("exabgp")
        host.terminate_bgp2vpc()
        eventually(lambda host=host, before=before: host.pids_of("exabgp") not in ([], [before]), "ExaBGP", mesh.story)
        mesh.wait_until_well()
    assert mesh.client.loss(since).lost == 0
    assert written(mesh) == []


@on(newest=NEWEST, older=OLDER)
def test_a_reload_that_changes_the_peers_moves_no_route(mesh: Mesh) -> None:
    since = time.monotonic()
    for host in mesh.hosts:
        keys = json.loads(host.yaml.read_text("utf-8"))
        keys |= rig.STARTED  # nobody waits for the new one
        keys["bgp"]["peers"].append(NOBODY)
        host.yaml.write_text(json.dumps(keys), "utf-8")
        (pid,) = host.pids_of("bgp2vpc", "run")
        os.kill(pid, signal.SIGHUP)
    heard = [partial(expects, host, NOBODY) for host in mesh.hosts]
    eventually(lambda: all(each() for each in heard), "both to expect another neighbor", mesh.story)
    mesh.wait_until_well()
    mesh.wait_for_looks()
    assert mesh.client.loss(since).lost == 0
    assert written(mesh) == []


def expects(host: MeshHost, neighbor: str) -> bool:
    return any(row["address"] == neighbor for row in host.status().get("neighbors", ()))


@on(remote=REMOTE)
def test_with_a_remote_check_a_killed_exabgp_moves_no_route(mesh: Mesh) -> None:
    owner = mesh.owner()
    owner.kill_exabgp()
    mesh.wait_for_looks()
    mesh.wait_until_well()
    assert written(mesh) == []


@on(brittle=BRITTLE)
@pytest.mark.parametrize("strike", [MeshHost.freeze, MeshHost.cut], ids=["frozen", "cut"])
def test_the_route_of_a_host_that_is_gone_moves(strike: Callable[[MeshHost], None], mesh: Mesh) -> None:
    owner, other = struck(mesh, strike)
    mesh.recover_when_missed(owner)
    mesh.wait_until_well()
    assert mesh.owner() is other
    assert written(mesh) == replaced_by(mesh, other)
