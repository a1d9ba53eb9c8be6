"""The link of a host that does not have the route is cut, and heals: what it could not reach meanwhile may be well."""

import pytest

from tests.scenarios.conftest import MakeScene
from tests.scenarios.scene import CHECKED, EVERY, FALL, HOLD, RISE, STARTUP_HOLD, TAKE, Scene
from tests.simulation.ec2 import TIMEOUT, Weather
from tests.simulation.host import Host

RETRIED = TIMEOUT + 4.0
"""Seconds until a call that was made while the link was cut is given up and, after the longest back-off, made again."""


def cut_off(scene: Scene, host: Host) -> None:
    """This host reaches neither EC2 nor the others."""
    host.ec2.weather = Weather(cut=True)
    scene.cut_bgp(host)
    scene.blocked.update(each for each in scene.hosts if each is not host)


def heal(scene: Scene, host: Host) -> None:
    """It reaches all again."""
    host.ec2.weather = Weather()
    scene.cut_bgp(host, linked=True)
    scene.blocked.clear()


@pytest.mark.io
@pytest.mark.parametrize("seconds", [2.0, 3.6, 3.8, 6.8, 7.0])
def test_a_host_whose_own_link_was_cut_takes_nothing_from_a_healthy_owner(watched: Scene, seconds: float) -> None:
    """After 3.6 to 3.8 s, and about 7, its next call of EC2 is answered before its check of the owner passes again."""
    owner, other = watched.hosts
    watched.begin()
    cut_off(watched, other)
    watched.wait(seconds)
    heal(watched, other)
    watched.stays(owner, seconds=30)


@pytest.mark.io
@pytest.mark.parametrize("seconds", [3.6, 20.0])
def test_an_owner_that_died_meanwhile_loses_its_route_one_probe_after_the_link_is_back(
    watched: Scene, seconds: float
) -> None:
    owner, other = watched.hosts
    watched.begin()
    cut_off(watched, other)
    owner.power_off()
    watched.wait(seconds)
    watched.begin()
    heal(watched, other)
    watched.moves_to(other, within=RETRIED + 2 * EVERY + 2 * TAKE, for_seconds=30)


@pytest.mark.io
def test_an_owner_that_dies_once_the_link_is_back_loses_its_route_as_fast_as_ever(watched: Scene) -> None:
    owner, other = watched.hosts
    cut_off(watched, other)
    watched.wait(20)
    heal(watched, other)
    watched.wait(30)
    watched.strike(owner.power_off)
    watched.moves_to(other, within=CHECKED + TAKE, for_seconds=30)


@pytest.mark.io
def test_probes_that_are_lost_after_the_link_is_back_are_evidence(watched: Scene) -> None:
    """It heals for EC2 alone: the owner is not reached for as long as it takes to find any owner dead."""
    owner, other = watched.hosts
    watched.begin()
    cut_off(watched, other)
    watched.wait(20)
    other.ec2.weather = Weather()
    watched.begin()
    watched.moves_to(other, within=RETRIED + max(RISE, FALL) * EVERY + 2 * TAKE, for_seconds=0)
    assert watched.moves == 1
    assert owner is not watched.owner


@pytest.mark.parametrize("hosts", [2, 3])
@pytest.mark.parametrize("seconds", [5.0, 7.0, 20.0])
def test_with_bgp_alone_a_host_whose_own_link_was_cut_takes_nothing_from_a_healthy_owner(
    make_scene: MakeScene, seconds: float, hosts: int
) -> None:
    scene = make_scene(hosts=hosts)
    owner, other, *_ = scene.hosts
    scene.begin()
    cut_off(scene, other)
    scene.wait(seconds)
    heal(scene, other)
    scene.stays(owner, seconds=120)


def test_with_bgp_alone_an_owner_that_died_meanwhile_loses_its_route_after_startup_hold(scene: Scene) -> None:
    owner, other = scene.hosts
    cut_off(scene, other)
    owner.power_off()
    scene.wait(7.0)
    scene.begin()
    heal(scene, other)
    scene.moves_to(other, within=RETRIED + STARTUP_HOLD + 2 * TAKE)


def test_with_bgp_alone_an_owner_that_dies_after_that_loses_its_route_as_fast_as_ever(scene: Scene) -> None:
    owner, other = scene.hosts
    cut_off(scene, other)
    scene.wait(7.0)
    heal(scene, other)
    scene.wait(60.0)
    scene.strike(owner.power_off)
    scene.moves_to(other, within=HOLD + TAKE)
