"""What tags order."""

import pytest

from bgp2vpc.vpc.lifecycle import Go, Stay
from bgp2vpc.vpc.order_tags import drain_order, zones_in

KEY = "bgp2vpc:drain"


@pytest.mark.parametrize("value", [None, "false", "No", " off ", "0"])
def test_without_the_tag_or_with_a_value_that_says_no_nothing_drains(value: str | None) -> None:
    assert drain_order(KEY, value) == Stay()


@pytest.mark.parametrize("value", ["", "true", "Yes", " on", "1"])
def test_a_tag_drains(value: str) -> None:
    assert drain_order(KEY, value) == Go("bgp2vpc:drain")


def test_any_other_value_is_the_reason() -> None:
    assert drain_order(KEY, "kernel  upgrade\n") == Go("bgp2vpc:drain=kernel upgrade")
    assert drain_order(KEY, "x" * 256) == Go("bgp2vpc:drain=" + "x" * 120)


@pytest.mark.parametrize(
    ("value", "zones"),
    [
        ("", set()),
        ("  , ", set()),
        ("eu-west-1a", {"eu-west-1a"}),
        ("eu-west-1a eu-west-1b", {"eu-west-1a", "eu-west-1b"}),
        (" eu-west-1a,us-west-2-lax-1a , eu-west-1a", {"eu-west-1a", "us-west-2-lax-1a"}),
    ],
)
def test_zones_stand_between_blanks_or_commas(value: str, zones: set[str]) -> None:
    assert zones_in(value) == zones
