"""Files that the order of a whole run names."""

from pathlib import Path

from tests.suite.order import TOGETHER, WITH

ROOT = Path(__file__).parents[2]


def test_each_file_that_is_dealt_out_whole_exists() -> None:
    assert {each for each in (*TOGETHER, *WITH, *WITH.values()) if not (ROOT / each).is_file()} == set()
