"""Fixtures of the tests with Serf."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serf_kit import SerfAgent


@pytest.fixture
def make_agent(tmp_path: Path) -> Iterator[Callable[..., SerfAgent]]:
    """Makes agents, which do not run yet; they are killed at the end."""
    made: list[SerfAgent] = []

    def make(name: str, address: str, **options: str) -> SerfAgent:
        made.append(SerfAgent(tmp_path, name, address, **options))
        return made[-1]

    yield make
    for each in made:
        each.kill()
