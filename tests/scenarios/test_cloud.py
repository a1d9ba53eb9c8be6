"""EC2 and instance metadata: away, slow, throttled, behind; and the clock that signs what EC2 is told."""

import pytest

from tests.scenarios.conftest import MakeScene
from tests.scenarios.scene import DELETE, HANDOVER, HEARD, POLL, SETTLE, TAKE, Scene
from tests.simulation.ec2 import TIMEOUT, Weather
from tests.simulation.host import Health

BACK_OFF = 30.0 * 1.25
"""Seconds between two tries of a write at most."""
CALLS_A_MINUTE = 8
"""Of a host that EC2 does not answer, about one place."""
AGAIN = POLL + 2 * TAKE
"""Seconds after which what has failed for long is tried again, at most."""


def test_an_owner_that_does_not_reach_ec2_keeps_its_route_and_can_lose_it(scene: Scene) -> None:
    owner, other = scene.hosts
    owner.ec2.weather = Weather(cut=True)
    scene.stays(owner)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=HEARD + TAKE)
    owner.ec2.weather = Weather()
    scene.begin()
    scene.stays(other)


def test_a_successor_that_does_not_reach_ec2_is_waited_for_until_reads_would_show_its_route(scene: Scene) -> None:
    owner, other = scene.hosts
    other.ec2.weather = Weather(cut=True)
    scene.stays(owner)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(None, within=HANDOVER + SETTLE + DELETE + TAKE)
    scene.strike(setattr, other.ec2, "weather", Weather())
    scene.moves_to(other, within=TIMEOUT + AGAIN, gap=TIMEOUT + AGAIN)


def test_a_third_host_takes_what_the_successor_cannot_write(make_scene: MakeScene) -> None:
    scene = make_scene(hosts=3)
    owner, other, third = scene.hosts
    other.ec2.weather = Weather(cut=True)
    scene.stays(owner)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(third, within=HEARD + HANDOVER + 2 * TAKE, gap=2 * TAKE, for_seconds=50)


def test_while_nobody_reaches_ec2_routes_stay_and_move_when_it_is_back(scene: Scene) -> None:
    owner, other = scene.hosts
    for host in scene.hosts:
        host.ec2.weather = Weather(cut=True)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.stays(owner, seconds=3600)
    called = [host.ec2.calls["unheard"] for host in scene.hosts]
    scene.stays(owner, seconds=600)
    scene.begin()
    for host, before in zip(scene.hosts, called, strict=True):
        assert host.ec2.calls["unheard"] - before <= 10 * CALLS_A_MINUTE
        host.ec2.weather = Weather()
    scene.moves_to(other, within=TIMEOUT + AGAIN, gap=BACK_OFF + 2 * TAKE)


@pytest.mark.parametrize("trouble", [Weather(throttled=1.0), Weather(broken=1.0)], ids=["throttled", "5xx"])
def test_what_ec2_refuses_for_ten_seconds_is_done_soon_after(scene: Scene, trouble: Weather) -> None:
    owner, other = scene.hosts
    for host in scene.hosts:
        host.ec2.weather = trouble
    scene.becomes(owner, Health.WITHDRAWN)
    scene.stays(owner, seconds=10)
    scene.begin()
    for host in scene.hosts:
        host.ec2.weather = Weather()
    scene.moves_to(other, within=20, gap=20)


def test_an_ec2_that_takes_seconds_delays_a_handover_by_two_calls(scene: Scene) -> None:
    owner, other = scene.hosts
    for host in scene.hosts:
        host.ec2.weather = Weather(slow=0.4)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=HEARD + 2 * 0.84)


def test_reads_that_are_a_second_old_change_nothing(scene: Scene) -> None:
    owner, other = scene.hosts
    for host in scene.hosts:
        host.ec2.weather = Weather(age=1.0)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=HEARD + TAKE)
    assert len(scene.writes) == 1


def test_reads_that_are_older_than_a_handover_cost_no_route(scene: Scene) -> None:
    owner, other = scene.hosts
    for host in scene.hosts:
        host.ec2.weather = Weather(age=SETTLE)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=HEARD + TAKE)


def test_a_host_whose_clock_is_wrong_keeps_its_route_and_can_lose_it(scene: Scene) -> None:
    owner, other = scene.hosts
    owner.ec2.weather = Weather(expired=1.0)
    scene.stays(owner)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=HEARD + TAKE)


def test_a_successor_whose_clock_is_wrong_writes_as_soon_as_it_is_right_again(scene: Scene) -> None:
    owner, other = scene.hosts
    other.ec2.weather = Weather(expired=1.0)
    scene.stays(owner)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(None, within=HANDOVER + SETTLE + DELETE + TAKE)
    scene.strike(setattr, other.ec2, "weather", Weather())
    scene.moves_to(other, within=AGAIN, gap=AGAIN)
