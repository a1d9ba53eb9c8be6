"""Fixtures of the daemon's tests."""

from collections.abc import Callable, Iterator

import pytest
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
