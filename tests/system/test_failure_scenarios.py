"""Several hosts that announce the same prefix and peer with each other: what befalls one, and who has the route then.

These are the rows of docs/failure-scenarios.md. Here real parts show that it happens, and in which order. How long it
takes, and what does not happen for minutes, is shown on virtual time by tests/scenarios, and measured by
`python -m benchmarks gaps`.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import rig
from rig import SICK, Mesh, MeshHost, Setting

from tests.exabgps import EXABGP_42, EXABGP_50, Exabgp
from tests.waiting import eventually

pytestmark = pytest.mark.system

StartMesh = Callable[[Setting], Mesh]
checked, announced = (partial(setting, poll_time=0.5) for setting in (rig.checked, rig.announced))
"""What a host waits for is often its next look at the tables."""
MORTAL = {"hold_time": 9, "remote_timeout": 1.0}
"""Seconds, for hosts that fall silent. They are more than the shortest possible ones: a machine that stands still for a
moment ends no session, and fails one remote check of three at most."""


def written(mesh: Mesh) -> list[tuple[str, str]]:
    """Operation and caller of each successful change so far."""
    return [(call.operation, call.caller) for call in mesh.cloud.writes() if not call.error]


def replaced_by(mesh: Mesh, host: MeshHost) -> list[tuple[str, str]]:
    """What `written` is when this host has taken the route in every table, and nothing else was done."""
    return [("ReplaceRoute", host.instance.instance_id)] * len(mesh.world.tables)


def struck(mesh: Mesh, strike: Callable[[MeshHost], None]) -> tuple[MeshHost, MeshHost]:
    """The owner, which was struck, and the other host, which has the route by now and answers the client."""
    owner = mesh.owner()
    (other,) = mesh.others(owner)
    since = time.monotonic()
    strike(owner)
    mesh.wait_for_owner(other)
    mesh.wait_for_calm(since)
    return owner, other


def is_new_helper(host: MeshHost, old: int) -> bool:
    return host.pids_of("bgp2vpc", "helper") not in ([], [old])


@pytest.mark.parametrize("setting", [checked(remote=False), announced("--withdraw-on-down", remote=False)])
def test_the_other_host_replaces_the_route_of_a_host_whose_service_is_killed(
    setting: Setting, start_mesh: StartMesh
) -> None:
    mesh = start_mesh(setting)
    owner, other = struck(mesh, MeshHost.kill_service)
    owner.recover()
    mesh.wait_until_well()
    assert mesh.owner() is other
    assert written(mesh) == replaced_by(mesh, other)


def test_a_sick_host_that_announces_a_high_med_loses_the_route_and_does_not_get_it_back(start_mesh: StartMesh) -> None:
    mesh = start_mesh(announced(remote=False))
    owner, other = struck(mesh, MeshHost.kill_service)
    owner.recover()
    mesh.wait_until_well()
    assert mesh.owner() is other
    assert written(mesh) == replaced_by(mesh, other)


def test_when_all_are_sick_the_route_stays_where_it_is(start_mesh: StartMesh) -> None:
    mesh = start_mesh(announced(remote=False))
    owner, other = struck(mesh, MeshHost.kill_service)
    other.kill_service()
    eventually(lambda: all(each.meds() == {SICK} for each in mesh.hosts), "both hosts to know", mesh.story)
    mesh.wait_for_looks()
    assert mesh.owner() is other
    owner.recover()
    mesh.wait_for_owner(owner)
    other.recover()
    mesh.wait_until_well()
    assert mesh.owner() is owner


def test_a_killed_bgp2vpc_costs_no_packet_and_no_call_that_writes(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(remote=True))
    owner = mesh.owner()
    since = time.monotonic()
    (helper,) = owner.pids_of("bgp2vpc", "helper")
    owner.kill_bgp2vpc()
    eventually(partial(is_new_helper, owner, helper), "a new helper", mesh.story)
    mesh.wait_until_well()
    mesh.wait_for_looks()
    assert mesh.client.loss(since).lost == 0
    assert written(mesh) == []


@pytest.mark.parametrize("remote", [True, False], ids=["remote check", "BGP alone"])
@pytest.mark.parametrize("strike", [MeshHost.freeze, MeshHost.cut], ids=["frozen", "cut"])
def test_the_route_of_a_host_that_is_gone_moves_and_nothing_is_lost_when_that_returns(
    strike: Callable[[MeshHost], None], remote: bool, start_mesh: StartMesh
) -> None:
    mesh = start_mesh(checked(remote=remote, **MORTAL))
    owner, other = struck(mesh, strike)
    returned = time.monotonic()
    mesh.recover_when_missed(owner)
    mesh.wait_until_well()
    mesh.wait_for_looks()
    assert mesh.client.loss(returned).lost == 0
    assert mesh.owner() is other
    assert written(mesh) == replaced_by(mesh, other)


@pytest.mark.parametrize("strike", [MeshHost.freeze, MeshHost.cut], ids=["frozen", "cut"])
def test_a_host_that_returned_takes_over_when_the_other_one_goes(
    strike: Callable[[MeshHost], None], start_mesh: StartMesh
) -> None:
    mesh = start_mesh(checked(remote=True, settle_time=1, **MORTAL))
    owner, other = struck(mesh, strike)
    mesh.recover_when_missed(owner)
    mesh.wait_until_well()
    assert struck(mesh, strike) == (other, owner)


def test_a_killed_exabgp_loses_its_route(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(remote=False))
    owner, other = struck(mesh, MeshHost.kill_exabgp)
    eventually(lambda: not owner.pids_of("bgp2vpc", "helper"), "the helper to end", mesh.story)
    assert mesh.owner() is other


@pytest.mark.parametrize("exabgp", [EXABGP_42, EXABGP_50], ids=["4.2", "5.0"])
def test_a_host_whose_exabgp_hung_tells_it_and_takes_nothing(exabgp: Exabgp, start_mesh: StartMesh) -> None:
    mesh = start_mesh(replace(checked(remote=False, startup_hold=rig.LONG, **MORTAL), exabgp=exabgp))
    owner = mesh.owner()
    (other,) = mesh.others(owner)
    other.hang_exabgp()
    silent = {"ExaBGP": "ExabgpSilent"}
    eventually(lambda: other.status()["failing"] == silent, "the hung ExaBGP in the status", mesh.story)
    eventually(lambda: not owner.hears(other), "the session to end", mesh.story)
    other.recover()
    eventually(lambda: owner.hears(other), "a new session", mesh.story)
    mesh.wait_until_well()
    mesh.wait_for_looks()
    assert other.status()["failing"] == {}
    assert written(mesh) == []


def test_hosts_that_cannot_hear_each_other_leave_the_route_to_an_owner_that_passes_its_remote_check(
    start_mesh: StartMesh,
) -> None:
    mesh = start_mesh(checked(remote=True, hold_time=3))
    with mesh.without_bgp(*mesh.hosts):
        mesh.wait_until_deaf()
        mesh.wait_for_looks()
        assert written(mesh) == []
        _, other = struck(mesh, MeshHost.kill_service)
    mesh.wait_for_owner(other)


def test_a_partition_moves_the_route_once_and_not_to_and_fro(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(remote=False, settle_time=1, **MORTAL))
    owner = mesh.owner()
    (other,) = mesh.others(owner)
    with mesh.without_bgp(*mesh.hosts):
        mesh.wait_until_deaf()
        eventually(lambda: written(mesh) != [], "one of them to take the route", mesh.story)
        mesh.wait_for_looks(count=6)
        # An owner whose session ends after it has read of the move takes the route back: that is not to and fro yet.
        once, back = replaced_by(mesh, other), replaced_by(mesh, owner)
        moves = written(mesh)
        assert moves in (once, once + back)
        mesh.wait_for_looks(count=6)
        assert written(mesh) == moves
    mesh.wait_until_well()


def test_the_route_of_an_owner_whose_ec2_does_not_answer_moves_all_the_same(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(remote=False))
    owner = mesh.owner()
    with mesh.without_ec2(owner):
        mesh.wait_for_looks(*mesh.others(owner))
        assert written(mesh) == []
        _, other = struck(mesh, MeshHost.kill_service)
    assert written(mesh) == replaced_by(mesh, other)


def test_a_successor_whose_ec2_does_not_answer_is_not_waited_for_for_ever(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(remote=False))
    owner = mesh.owner()
    (other,) = mesh.others(owner)
    with mesh.without_ec2(other):
        owner.kill_service()
        eventually(lambda: mesh.plane.owner() is None, "the owner to delete its route", mesh.story)
    mesh.wait_for_owner(other)


def test_nothing_happens_when_instance_metadata_is_gone(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(remote=True))
    for host in mesh.hosts:
        mesh.cloud.metadata_fault(host.instance.instance_id, "hang")
    mesh.wait_for_looks()
    assert written(mesh) == []
    _, other = struck(mesh, MeshHost.kill_service)
    assert written(mesh) == replaced_by(mesh, other)


def test_an_upgrade_of_one_host_after_the_other_moves_no_route(start_mesh: StartMesh) -> None:
    mesh = start_mesh(checked(remote=True, on_exit="keep"))
    since = time.monotonic()
    for host in mesh.hosts:
        (helper,) = host.pids_of("bgp2vpc", "helper")
        host.terminate_bgp2vpc()
        eventually(partial(is_new_helper, host, helper), "a new helper", mesh.story)
        mesh.wait_until_well()
    assert mesh.client.loss(since).lost == 0
    assert written(mesh) == []


@pytest.mark.parametrize("drained", [checked(remote=True), announced(remote=True)])
def test_a_drained_host_leaves_without_a_lost_packet(drained: Setting, start_mesh: StartMesh) -> None:
    mesh = start_mesh(drained)
    owner = mesh.owner()
    (other,) = mesh.others(owner)
    since = time.monotonic()
    answer = owner.drain()
    assert answer.returncode == 0, answer.stderr
    assert mesh.owner() is other
    mesh.wait_for_calm(since)
    assert mesh.client.loss(since).lost == 0
    assert written(mesh) == replaced_by(mesh, other)
