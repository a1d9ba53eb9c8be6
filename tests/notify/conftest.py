"""Fixtures: an HTTP server on loopback that remembers, and a program that writes down."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.post import Diary, Inbox, serving


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serving() as inbox:
        yield inbox


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(tmp_path)
