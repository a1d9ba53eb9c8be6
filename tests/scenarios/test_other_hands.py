"""Others who write into the table, or stand between the hosts."""

import pytest

from bgp2vpc.policy.rule import Takeover
from tests.scenarios.conftest import MakeScene
from tests.scenarios.scene import CHECKED, HANDOVER, POLL, TABLE, TAKE, P, Scene
from tests.simulation.fleet import GATEWAY, STRANGER
from tests.simulation.host import Health


def test_a_route_that_somebody_deletes_is_made_again_at_the_next_poll(scene: Scene) -> None:
    scene.strike(scene.fleet.vpc.put, TABLE, P, None)
    scene.wait(POLL + TAKE)
    assert scene.owner in scene.hosts
    assert scene.gap <= POLL + TAKE
    present = scene.owner
    scene.begin()
    scene.stays(present)


def test_a_route_that_somebody_points_at_a_gateway_is_left_there_and_said(scene: Scene) -> None:
    scene.strike(scene.fleet.vpc.put, TABLE, P, GATEWAY)
    scene.wait(600)
    assert scene.target == GATEWAY
    assert [scene.verdict(host) for host in scene.hosts] == ["foreign foreign-target"] * 2


def test_a_route_that_somebody_points_at_another_instance_is_left_there_while_that_is_well(scene: Scene) -> None:
    scene.strike(scene.fleet.vpc.put, TABLE, P, STRANGER)
    scene.wait(600)
    assert scene.target == STRANGER
    assert "yield owner-healthy" in [scene.verdict(host) for host in scene.hosts]
    scene.strike(scene.fleet.vpc.terminate, "i-other")
    scene.wait(POLL + HANDOVER + 2 * TAKE)
    assert scene.owner in scene.hosts, scene.story


def test_a_route_that_somebody_points_at_another_host_of_ours_stays_there(scene: Scene) -> None:
    _, other = scene.hosts
    scene.strike(scene.fleet.vpc.put, TABLE, P, other.place.interface_id)
    scene.wait(10)
    scene.begin()
    scene.stays(other)


def test_two_that_both_take_always_fight_at_every_poll(make_scene: MakeScene) -> None:
    scene = make_scene(rule={"takeover": Takeover.ALWAYS})
    scene.wait(3600)
    assert 30 <= scene.moves <= 3600 / 54 * 2
    assert scene.gap == 0


@pytest.mark.io
def test_with_a_remote_check_a_network_acl_in_front_of_the_owner_moves_the_route(watched: Scene) -> None:
    owner, other = watched.hosts
    watched.strike(watched.blocked.add, owner)
    watched.moves_to(other, within=CHECKED + TAKE)


@pytest.mark.io
def test_with_a_remote_check_a_network_acl_between_the_hosts_moves_the_route_twice_a_poll_at_most(
    watched: Scene,
) -> None:
    watched.strike(watched.blocked.update, watched.hosts)
    watched.wait(600)
    assert 1 <= watched.moves <= 2 * 600 / 54 + 1
    assert watched.gap == 0
    present = watched.owner
    watched.blocked.clear()
    watched.wait(10)
    watched.begin()
    watched.stays(present)


def test_on_bgp_alone_nobody_sees_a_network_acl_in_front_of_a_service(scene: Scene) -> None:
    owner, _ = scene.hosts
    scene.strike(scene.blocked.add, owner)
    scene.stays(owner)
    assert owner.services[P].health is Health.WELL
