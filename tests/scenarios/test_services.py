"""What services do, and their healthchecks say."""

import pytest

from tests.scenarios.scene import CREATE, DELETE, HEARD, TAKE, P, Scene
from tests.simulation.host import Health, Service


def test_a_service_that_is_withdrawn_hands_its_route_over(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=HEARD + TAKE)
    assert len(scene.writes) == 1
    scene.becomes(owner, Health.WELL)
    scene.stays(other)


@pytest.mark.parametrize("health", [Health.SICK, Health.DISABLED])
def test_a_service_that_says_use_me_last_hands_its_route_over(scene: Scene, health: Health) -> None:
    owner, other = scene.hosts
    scene.becomes(owner, health)
    scene.moves_to(other, within=HEARD + TAKE)
    assert len(scene.writes) == 1
    scene.becomes(owner, Health.WELL)
    scene.stays(other)


def test_when_all_are_sick_the_route_stays(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.becomes(other, Health.SICK)
    scene.stays(owner)
    scene.becomes(owner, Health.SICK)
    scene.stays(owner)


def test_when_all_come_back_the_first_one_gets_the_route(scene: Scene) -> None:
    owner, other = scene.hosts
    for host in (owner, other):
        host.serve(P, Service(Health.SICK))
    scene.wait(60)
    assert scene.owner is owner
    scene.becomes(other, Health.WELL)
    scene.moves_to(other, within=HEARD + TAKE)
    scene.becomes(owner, Health.WELL)
    scene.stays(other)


def test_when_nobody_offers_it_any_more_the_route_is_deleted(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.becomes(other, Health.WITHDRAWN)
    scene.stays(owner)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(None, within=DELETE)
    scene.becomes(other, Health.WELL)
    scene.moves_to(other, within=CREATE)


def test_a_service_that_flaps_loses_its_route_once(scene: Scene) -> None:
    _, other = scene.hosts
    scene.begin()
    flap(scene, seconds=60)
    assert scene.owner is other
    assert len(scene.writes) == 1


def test_a_preferred_service_that_flaps_is_suppressed(scene: Scene) -> None:
    owner, other = scene.hosts
    owner.serve(P, Service(Health.WELL, med=50))
    scene.wait(5)
    scene.begin()
    flap(scene, seconds=60)
    assert sum(each.new == owner.place.interface_id for each in scene.writes) <= 3
    assert scene.owner is other
    assert scene.gap == 0
    assert scene.verdict(owner) == "yield damped"
    scene.moves_to(owner, within=150)  # of being well


def flap(scene: Scene, seconds: float) -> None:
    """The first service goes and comes every two seconds, and stays."""
    owner = scene.hosts[0]
    service = owner.services[P]
    for _ in range(round(seconds / 4)):
        owner.serve(P, Service(Health.WITHDRAWN))
        scene.wait(2)
        owner.serve(P, service)
        scene.wait(2)
