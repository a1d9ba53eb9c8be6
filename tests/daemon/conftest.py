"""Fixtures of the daemon's tests."""

from collections.abc import Callable, Iterator

import pytest
from checked import Service
from lab import Lab


@pytest.fixture
def make_lab() -> Iterator[Callable[..., Lab]]:
    """Makes labs, and disposes of them; an internal error in any task of theirs fails the test."""
    made: list[Lab] = []

    def make(*args, **kwargs) -> Lab:
        made.append(Lab(*args, **kwargs))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


@pytest.fixture
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """A daemon that has started and seen the empty tables of `two_hosts`, with the script `dns` connected."""
    return make_lab().start()


@pytest.fixture
def service() -> Iterator[Service]:
    """What runs on this host."""
    running = Service()
    yield running
    running.stop()


@pytest.fixture
def remote() -> Iterator[Service]:
    """What runs on the owner's address, 127.0.0.2."""
    running = Service("127.0.0.2")
    yield running
    running.stop()
