"""`bgp2vpc run` with `bgp:`: it runs ExaBGP itself, and all is as behind a helper's pipe."""

import json
import os
import signal
import time
from dataclasses import replace
from functools import partial

import pytest
import rig
from rig import MeshHost, Setting
from test_failure_scenarios import MORTAL, StartMesh, replaced_by, struck, written

from tests.exabgps import EXABGPS, Exabgp
from tests.waiting import eventually

pytestmark = pytest.mark.system
NOBODY = "10.0.1.99"


def checked(exabgp: Exabgp = EXABGPS[1], **more: object) -> Setting:
    setting = rig.checked(poll_time=0.5, **{"remote": False, **more})
    rule = {key: value for key, value in setting.rule.items() if key != "takeover"}  # best_path is the default with bgp
    return replace(setting, rule=rule, by_itself=True, exabgp=exabgp)


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda each: each.version)
def test_the_first_start_of_a_pair_moves_no_route_and_a_killed_service_does(
    exabgp: Exabgp, start_mesh: StartMesh
) -> None:
    mesh = start_mesh(checked(exabgp))
    owner, other = struck(mesh, MeshHost.kill_service)
    owner.recover()
    mesh.wait_until_well()
    assert mesh.owner() is other
    assert written(mesh) == replaced_by(mesh, other)


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda each: each.version)
def test_a_rolling_upgrade_that_restarts_exabgp_too_moves_no_route(exabgp: Exabgp, start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(exabgp))
    since = time.monotonic()
    for host in mesh.hosts:
        (before,) = host.pids_of("exabgp")
        host.terminate_bgp2vpc()
        eventually(lambda host=host, before=before: host.pids_of("exabgp") not in ([], [before]), "ExaBGP", mesh.story)
        mesh.wait_until_well()
    assert mesh.client.loss(since).lost == 0
    assert written(mesh) == []


@pytest.mark.parametrize("strike", [MeshHost.kill_exabgp, MeshHost.kill_bgp2vpc])
def test_a_killed_exabgp_or_bgp2vpc_is_started_again_and_costs_no_packet(strike, start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked())
    since = time.monotonic()
    owner, other = struck(mesh, strike)
    mesh.wait_until_well()
    assert mesh.owner() is other
    assert mesh.client.loss(since).lost == 0
    assert written(mesh) == replaced_by(mesh, other)
    assert len(owner.pids_of("exabgp")) == 1


def test_with_a_remote_check_a_killed_exabgp_moves_no_route(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(remote=True))
    owner = mesh.owner()
    owner.kill_exabgp()
    mesh.wait_for_looks()
    mesh.wait_until_well()
    assert written(mesh) == []


@pytest.mark.parametrize("strike", [MeshHost.freeze, MeshHost.cut], ids=["frozen", "cut"])
def test_the_route_of_a_host_that_is_gone_moves(strike, start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(**MORTAL))
    owner, other = struck(mesh, strike)
    mesh.recover_when_missed(owner)
    mesh.wait_until_well()
    assert mesh.owner() is other
    assert written(mesh) == replaced_by(mesh, other)


def test_a_drained_host_leaves_without_a_lost_packet(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked())
    since = time.monotonic()
    owner, _ = struck(mesh, MeshHost.drain)
    assert mesh.client.loss(since).lost == 0
    owner.undrain()


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda each: each.version)
def test_a_reload_that_changes_the_peers_moves_no_route(exabgp: Exabgp, start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(exabgp))
    since = time.monotonic()
    for host in mesh.hosts:
        keys = json.loads(host.yaml.read_text("utf-8"))
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
