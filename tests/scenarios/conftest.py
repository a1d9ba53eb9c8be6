"""Fixtures of the scenarios."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.scenarios.scene import Scene, Setting

MakeScene = Callable[..., Scene]


@pytest.fixture(params=[1, 2], ids="seed {}".format)
def make_scene(request: pytest.FixtureRequest) -> Iterator[MakeScene]:
    """Makes a scene with these fields of a `Setting`, along one of several seeds of what is left to chance."""
    made: list[Scene] = []

    def make(**setting: Any) -> Scene:
        made.append(Scene(Setting(seed=request.param, **setting)))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    """Two hosts, BGP alone."""
    return make_scene()


@pytest.fixture
def watched(make_scene: MakeScene) -> Scene:
    """Two hosts, and a remote check of whoever has the route."""
    return make_scene(remote=True)
