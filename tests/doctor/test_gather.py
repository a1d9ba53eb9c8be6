"""Facts are gathered side by side: one that hangs, or goes wrong, is a trouble of its own."""

import threading

import pytest

from bgp2vpc.doctor.facts.gather import Fact
from bgp2vpc.doctor.model import Trouble
from bgp2vpc.errors import MetadataError
from tests.waiting import PATIENCE


def test_a_fact_that_is_known() -> None:
    assert Fact(lambda: 7).known() == 7


def test_one_that_hangs_is_left_hanging() -> None:
    over = threading.Event()
    slow, quick = Fact(over.wait), Fact(lambda: "quick")
    assert slow.known(0.1) == Trouble("no answer within 0.1 s")
    assert quick.known(PATIENCE) == "quick"
    over.set()


@pytest.mark.parametrize("error", [MetadataError("away"), OSError("away"), ValueError("away"), KeyError("away")])
def test_one_that_goes_wrong_says_why(error: Exception) -> None:
    def gather() -> int:
        raise error

    known = Fact(gather).known()
    assert isinstance(known, Trouble)
    assert (known.why, known.error) == (str(error), error)
