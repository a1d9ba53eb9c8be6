"""bgp2vpc itself: killed, stopped, upgraded."""

import pytest

from bgp2vpc.config.model import OnExit
from tests.scenarios.conftest import MakeScene
from tests.scenarios.scene import CHECKED, HEARD, POLL, TAKE, Scene
from tests.simulation.host import CHECKED as FIRST_WORD
from tests.simulation.host import Health


def test_a_killed_bgp2vpc_moves_no_route(scene: Scene) -> None:
    owner, _ = scene.hosts
    scene.strike(owner.kill_helper)
    scene.wait(1)
    owner.start_helper()
    scene.stays(owner)


def test_a_service_that_dies_while_bgp2vpc_is_dead_is_noticed_by_the_next_one(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(owner.kill_helper)
    scene.becomes(owner, Health.SICK)
    scene.stays(owner)
    scene.strike(owner.start_helper)
    scene.moves_to(other, within=FIRST_WORD + HEARD + TAKE)


@pytest.mark.io
def test_a_service_that_dies_while_bgp2vpc_is_dead_fails_its_remote_check(watched: Scene) -> None:
    owner, other = watched.hosts
    watched.strike(owner.kill_helper)
    watched.stays(owner, seconds=60)
    watched.becomes(owner, Health.SICK)
    watched.moves_to(other, within=CHECKED + TAKE)


def test_upgrading_all_hosts_one_after_the_other_moves_no_route(scene: Scene) -> None:
    owner, other = scene.hosts
    for host in (other, owner):
        scene.strike(host.stop_helper)
        scene.stays(owner, seconds=60)
    scene.stays(owner)


def test_a_bgp2vpc_that_withdraws_at_its_end_hands_over_first(make_scene: MakeScene) -> None:
    scene = make_scene(config={"on_exit": OnExit.WITHDRAW_ANNOUNCED})
    owner, other = scene.hosts
    scene.strike(owner.stop_helper)
    scene.moves_to(other, within=HEARD + TAKE)
    assert len(scene.writes) == 1


def test_a_host_that_starts_takes_nothing_from_one_that_is_well(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(other.kill_exabgp)
    scene.wait(POLL)
    other.start_exabgp()
    scene.stays(owner)
