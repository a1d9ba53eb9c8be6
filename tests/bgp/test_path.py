"""How what a path is made of is written, as ExaBGP reads it."""

import pytest

from bgp2vpc.bgp.path import SELF, Community, ExtendedCommunity, LargeCommunity, Origin


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (SELF, "self"),
        (Origin.INCOMPLETE, "incomplete"),
        (Community(65000, 1), "65000:1"),
        (LargeCommunity(65000, 1, 2), "65000:1:2"),
        (ExtendedCommunity(bytes.fromhex("0002fde80000000a")), "0x0002FDE80000000A"),
    ],
)
def test_it_is_written(value, written):
    assert str(value) == written
