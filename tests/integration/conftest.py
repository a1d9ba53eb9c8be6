"""Fixtures: daemons on hosts of the cloud, ended and cleaned up after each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, World
from tests import forked


@pytest.fixture(scope="session", autouse=True)
def no_fork_is_left() -> Iterator[None]:
    yield
    forked.stop()


@pytest.fixture
def make_site(cloud: Cloud, tmp_path: Path) -> Iterator[Callable[[CloudHost], Site]]:
    """Makes sites; their daemons are killed at the end."""
    made: list[Site] = []

    def make(host: CloudHost) -> Site:
        directory = tmp_path / str(len(made))
        directory.mkdir()
        made.append(Site(cloud, host, directory))
        return made[-1]

    yield make
    cloud.clear_faults()
    for each in made:
        if each.process is not None:
            each.process.kill()
            each.process.wait()


@pytest.fixture
def site(world: World, make_site: Callable[[CloudHost], Site]) -> Site:
    """The first host of a new world; no daemon runs yet."""
    return make_site(world.hosts[0])
