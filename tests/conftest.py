"""Fixtures for everybody: one cloud for the whole session, reset for each test that asks for a world."""

from collections.abc import Iterator

import pytest

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World, WorldSpec

# Its questions are no test modules, but their asserts are to explain themselves all the same.
pytest.register_assert_rewrite("tests.cloud.ec2_battery")


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """The test cloud: moto made honest, in a process of its own."""
    with Cloud.start() as running:
        yield running


@pytest.fixture
def world(cloud: Cloud) -> World:
    """A new world: two hosts in two zones, one table tagged type=private in each, an untagged main table."""
    cloud.reset()
    return cloud.build(WorldSpec())
