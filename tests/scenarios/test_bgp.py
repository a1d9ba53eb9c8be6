"""BGP between the hosts: ExaBGP killed, sessions cut, peers that say strange things."""

import pytest

from bgp2vpc.bgp.events import Announce
from bgp2vpc.names import PEER
from tests.scenarios.conftest import MakeScene
from tests.scenarios.scene import CHECKED, DELETE, HEARD, HOLD, POLL, RECONNECT, STARTUP_HOLD, TAKE, P, Scene
from tests.simulation.host import Health, Host
from tests.values import path


def test_a_killed_exabgp_loses_its_route_at_once(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(owner.kill_exabgp)
    scene.moves_to(other, within=HEARD + TAKE)
    scene.strike(owner.start_exabgp)
    scene.stays(other)


@pytest.mark.io
def test_with_a_remote_check_a_killed_exabgp_keeps_its_route_while_the_service_is_well(watched: Scene) -> None:
    owner, _ = watched.hosts
    watched.strike(owner.kill_exabgp)
    watched.stays(owner)
    watched.strike(owner.start_exabgp)
    watched.stays(owner)


def test_a_hung_exabgp_of_another_host_moves_nothing(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(other.hang_exabgp)
    scene.stays(owner)
    scene.strike(other.resume_exabgp)
    scene.stays(owner)


def test_a_hung_exabgp_of_the_owner_loses_its_route_as_a_host_that_is_gone_and_takes_nothing_back(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(owner.hang_exabgp)
    scene.moves_to(other, within=HOLD + TAKE, for_seconds=60)
    scene.strike(owner.resume_exabgp)
    scene.stays(other)


@pytest.mark.io
def test_with_a_remote_check_a_hung_exabgp_moves_nothing(watched: Scene) -> None:
    owner, other = watched.hosts
    for host in (owner, other):
        watched.strike(host.hang_exabgp)
        watched.stays(owner, seconds=30)
        watched.strike(host.resume_exabgp)
        watched.stays(owner, seconds=30)


def test_an_owner_that_dies_while_our_exabgp_hangs_is_found_after_that_as_after_a_start(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.strike(other.hang_exabgp)
    scene.wait(2)
    owner.freeze()
    scene.wait(30)
    assert scene.writes == []
    scene.strike(other.resume_exabgp)
    scene.moves_to(other, within=STARTUP_HOLD + TAKE, for_seconds=60)


@pytest.mark.io
def test_with_a_remote_check_it_is_found_at_once(watched: Scene) -> None:
    owner, other = watched.hosts
    watched.strike(other.hang_exabgp)
    watched.wait(30)
    watched.strike(owner.freeze)
    watched.moves_to(other, within=CHECKED + TAKE, for_seconds=60)


def test_a_partition_moves_the_route_once_in_five_minutes_at_most(scene: Scene) -> None:
    owner, _ = scene.hosts
    scene.strike(scene.cut_bgp, owner)
    scene.wait(HOLD + TAKE)
    assert scene.moves == 1
    scene.wait(295)
    assert scene.moves == 1
    scene.wait(3300)
    assert scene.moves <= 12
    assert scene.gap == 0
    present = scene.owner
    scene.cut_bgp(owner, linked=True)
    scene.wait(10)
    scene.begin()
    scene.stays(present)


@pytest.mark.io
def test_with_a_remote_check_a_partition_moves_nothing(watched: Scene) -> None:
    owner, _ = watched.hosts
    watched.strike(watched.cut_bgp, owner)
    watched.stays(owner)
    watched.cut_bgp(owner, linked=True)
    watched.stays(owner, seconds=60)


@pytest.mark.io
def test_with_votes_a_partition_moves_nothing_and_two_who_agree_do(make_scene: MakeScene) -> None:
    scene = make_scene(hosts=3, remote=True, votes=2)
    owner, other, _ = scene.hosts
    scene.strike(scene.cut_bgp, owner)
    scene.stays(owner, seconds=60)
    scene.strike(owner.freeze)
    scene.moves_to(other, within=CHECKED + TAKE, for_seconds=60)


def apart(scene: Scene) -> tuple[Host, Host]:
    """The owner and the other host of a partition that lasts."""
    first, second = scene.hosts
    scene.cut_bgp(first)
    scene.wait(120)
    return (first, second) if scene.owner is first else (second, first)


def test_a_service_withdrawn_in_a_partition_is_missed_until_the_next_poll(scene: Scene) -> None:
    owner, other = apart(scene)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=POLL + TAKE, gap=POLL, for_seconds=60)


def test_a_service_withdrawn_in_a_partition_that_ends_is_missed_for_startup_hold(scene: Scene) -> None:
    first, second = scene.hosts
    scene.cut_bgp(first)
    scene.wait(HOLD + TAKE)
    owner, other = (first, second) if scene.owner is first else (second, first)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.cut_bgp(first, linked=True)
    scene.moves_to(other, within=RECONNECT + STARTUP_HOLD + TAKE, for_seconds=60)


@pytest.mark.io
def test_with_a_remote_check_a_service_withdrawn_in_a_partition_is_missed_until_that_fails(watched: Scene) -> None:
    owner, other = apart(watched)
    watched.becomes(owner, Health.WITHDRAWN)
    watched.moves_to(other, within=CHECKED + DELETE + TAKE, gap=CHECKED + TAKE, for_seconds=60)


def test_slow_bgp_delays_a_handover_by_as_much(scene: Scene) -> None:
    owner, other = scene.hosts
    scene.fleet.mesh.delay = 1.5
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=1.5 + TAKE)


def test_too_many_prefixes_of_a_peer_are_refused_and_the_others_count(scene: Scene) -> None:
    owner, other = scene.hosts
    flood = tuple(Announce(path(f"10.{n >> 8}.{n & 255}.0/24", str(other.place.address))) for n in range(1500))
    scene.strike(scene.fleet.mesh.said, other.speaker, flood)
    scene.stays(owner, seconds=60)
    assert owner.daemon.parts.adj_rib_in.rib.count(f"{PEER}{other.place.address}") == 1000
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=HEARD + TAKE, for_seconds=60)


@pytest.mark.parametrize("next_hop", ["127.1.0.99", "192.0.2.1"])
def test_a_better_path_to_an_address_that_nobody_has_attracts_nothing(scene: Scene, next_hop: str) -> None:
    owner, other = scene.hosts
    lure = path(P, next_hop, local_preference=200)
    scene.strike(scene.fleet.mesh.said, other.speaker, (Announce(lure),))
    scene.stays(owner)
