"""Fixtures of the web's tests."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _log_from_info_up() -> Iterator[None]:
    """As `bgp2vpc run` does: the story is made of what is logged."""
    ours = logging.getLogger("bgp2vpc")
    level = ours.level
    ours.setLevel(logging.INFO)
    yield
    ours.setLevel(level)
