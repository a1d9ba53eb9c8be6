"""Hosts: frozen, gone, terminated, without an interface."""

import pytest

from bgp2vpc.vpc.model import InstanceHealth
from tests.scenarios.conftest import MakeScene
from tests.scenarios.scene import CHECKED, HEARD, HOLD, POLL, STARTUP_HOLD, TAKE, P, Scene
from tests.simulation.host import Health, Host, Service


def test_a_frozen_host_loses_its_route_with_its_session(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(owner.freeze)
    scene.moves_to(other, within=HOLD + TAKE)
    scene.strike(owner.thaw)
    scene.stays(other)


@pytest.mark.io
def test_a_frozen_host_loses_its_route_when_it_fails_the_remote_check(watched: Scene) -> None:
    owner, other = watched.hosts
    watched.strike(owner.freeze)
    watched.moves_to(other, within=CHECKED + TAKE)
    watched.strike(owner.thaw)
    watched.stays(other)


def test_a_host_that_was_frozen_takes_over_when_the_other_one_goes(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(owner.freeze)
    scene.wait(POLL)
    owner.thaw()
    scene.wait(POLL)
    scene.strike(other.freeze)
    scene.moves_to(owner, within=HOLD + TAKE)


def test_a_host_that_is_gone_right_after_it_made_the_route_loses_it_all_the_same(scene: Scene) -> None:
    for host in scene.hosts:
        host.serve(P, Service(Health.WITHDRAWN))
    scene.wait(POLL)
    assert scene.target is None
    for host in scene.hosts:
        host.serve(P, Service(Health.WELL))
    scene.wait(0.3)
    (owner,) = (host for host in scene.hosts if host is scene.owner)
    (other,) = (host for host in scene.hosts if host is not scene.owner)
    scene.strike(owner.kill_exabgp)
    scene.moves_to(other, within=HEARD + 2 * TAKE)


def test_a_short_pause_moves_no_route(scene: Scene) -> None:
    owner, _ = scene.hosts
    scene.strike(owner.freeze)
    scene.wait(1.9)
    owner.thaw()
    scene.stays(owner)


def test_a_crashed_host_loses_its_route_with_its_session(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(owner.power_off)
    scene.moves_to(other, within=HOLD + TAKE)
    scene.strike(owner.boot)
    scene.stays(other)


@pytest.mark.io
def test_a_crashed_host_loses_its_route_when_it_fails_the_remote_check(watched: Scene) -> None:
    owner, other = watched.hosts
    watched.strike(owner.power_off)
    watched.moves_to(other, within=CHECKED + TAKE)
    watched.strike(owner.boot)
    watched.stays(other)


def test_of_several_successors_one_takes_the_route(make_scene: MakeScene) -> None:
    scene = make_scene(hosts=4)
    owner, successor, *_ = scene.hosts
    scene.strike(owner.power_off)
    scene.moves_to(successor, within=HOLD + TAKE)
    assert len(scene.writes) == 1


def test_a_terminated_host_loses_its_route_with_its_session(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(scene.fleet.terminate, owner)
    scene.moves_to(other, within=HOLD + TAKE)


def test_a_black_hole_is_taken_at_the_next_poll_at_the_latest(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.cut_bgp(owner)
    scene.wait(60)
    survivor, victim = (owner, other) if scene.owner is other else (other, owner)
    scene.strike(scene.fleet.terminate, victim)
    scene.moves_to(survivor, within=POLL + TAKE)


def test_a_detached_interface_is_a_black_hole(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(scene.fleet.vpc.remove_interface, owner.place.interface_id)
    scene.moves_to(other, within=POLL + TAKE)


def test_a_host_that_ec2_calls_impaired_keeps_its_route_as_long_as_it_is_heard(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(scene.fleet.vpc.set_health, owner.place.instance_id, InstanceHealth.IMPAIRED)
    scene.stays(owner)
    scene.strike(owner.power_off)
    scene.moves_to(other, within=HOLD + TAKE)


def test_when_all_hosts_are_gone_the_first_one_back_takes_the_route(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(owner.power_off)
    other.power_off()
    scene.stays(owner)
    scene.strike(other.boot)
    scene.wait(1)
    scene.refuse(other, by=owner)
    scene.moves_to(other, within=STARTUP_HOLD + TAKE)


@pytest.mark.parametrize("health", [InstanceHealth.IMPAIRED, InstanceHealth.GONE])
def test_a_host_that_nobody_has_ever_heard_is_judged_by_ec2(scene: Scene, health: InstanceHealth) -> None:
    owner, other = scene.hosts
    owner.power_off()
    other.power_off()
    scene.wait(10)
    scene.strike(other.boot)
    scene.stays(owner)
    scene.strike(scene.fleet.vpc.set_health, owner.place.instance_id, health)
    scene.moves_to(other, within=POLL + 2 * TAKE)


@pytest.mark.parametrize("struck", [0, 1], ids=["owner", "other"])
def test_a_source_destination_check_that_is_switched_on_is_said_and_moves_nothing(scene: Scene, struck: int) -> None:
    owner, _ = scene.hosts
    scene.strike(switch_the_check_on, scene, scene.hosts[struck])
    scene.stays(owner, seconds=POLL)
    assert scene.verdict(owner) == ("keep ours" if struck else "blocked source-dest-check")


def test_a_host_whose_source_destination_check_is_on_takes_nothing(make_scene: MakeScene) -> None:
    scene = make_scene(hosts=3)
    owner, checked, third = scene.hosts
    scene.strike(switch_the_check_on, scene, checked)
    scene.wait(POLL)
    scene.strike(owner.power_off)
    scene.moves_to(third, within=HOLD + 2.0 + 2 * TAKE, for_seconds=30)


def switch_the_check_on(scene: Scene, host: Host) -> None:
    place = host.place
    scene.fleet.vpc.add_interface(
        place.interface_id,
        place.instance_id,
        subnet_id="subnet-1",
        addresses=[str(place.address)],
        source_dest_check=True,
    )
    assert host.offers(P)
