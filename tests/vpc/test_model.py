"""The values of the VPC side: targets by their ids, whose interfaces are whose, and where we are."""

import pytest

from bgp2vpc.vpc.model import Interface, Target, TargetKind, parse_target
from bgp2vpc.vpc.snapshot import Snapshot

TARGETS = [
    ("eni-0a1b", TargetKind.INTERFACE),
    ("igw-0a1b", TargetKind.GATEWAY),
    ("vgw-0a1b", TargetKind.GATEWAY),
    ("vpce-0a1b", TargetKind.GATEWAY),
    ("nat-0a1b", TargetKind.NAT),
    ("tgw-0a1b", TargetKind.TRANSIT_GATEWAY),
    ("pcx-0a1b", TargetKind.PEERING),
    ("eigw-0a1b", TargetKind.EGRESS_ONLY),
    ("cagw-0a1b", TargetKind.CARRIER_GATEWAY),
    ("lgw-0a1b", TargetKind.LOCAL_GATEWAY),
    ("arn:aws:networkmanager::123456789012:core-network/core-network-0a1b", TargetKind.CORE_NETWORK),
    ("arn:aws:odb:us-east-1:123456789012:odb-network/odbnet_0a1b", TargetKind.ODB_NETWORK),
    ("arn:aws-us-gov:networkmanager::123456789012:core-network/core-network-0a1b", TargetKind.CORE_NETWORK),
]


@pytest.mark.parametrize(("text", "kind"), TARGETS)
def test_an_id_tells_the_kind_of_its_target(text: str, kind: TargetKind) -> None:
    assert parse_target(text) == Target(kind, text)


EXPECTED = (
    "is no target of a route: expected eni-…, igw-…, vgw-…, vpce-…, nat-…, tgw-…, pcx-…, eigw-…, cagw-…, lgw-… or the "
    "ARN of a core network or an ODB network"
)
ARN = "arn:aws:ec2:eu-west-1:123456789012:natgateway/nat-0a1b"


@pytest.mark.parametrize("text", ["", "local", "eni", "eni-", "-0a1b", "ENI-0a1b", "eni-0a 1b", "rtb-0a1b", ARN])
def test_what_is_no_target_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match=EXPECTED) as caught:
        parse_target(text)
    assert f"'{text}'" in str(caught.value)


def test_an_instance_is_refused_in_favour_of_its_interface() -> None:
    with pytest.raises(ValueError, match=r"'i-0a1b' is an instance.*eni-…"):
        parse_target("i-0a1b")


FIRST = Interface("eni-1", "vpc-1", "subnet-1", 0, zone="us-east-1a")
SECOND = Interface("eni-2", "vpc-1", "subnet-2", 1, zone="us-east-1b")
OTHER = Interface("eni-3", "vpc-1", "subnet-1", 0, zone="us-east-1c")


SECOND_CARD = Interface("eni-0", "vpc-1", "subnet-2", 0, zone="us-east-1b", network_card=1)


def test_our_zone_is_that_of_our_first_interface_whatever_the_order() -> None:
    assert Snapshot({}, (SECOND, FIRST)).zone == "us-east-1a"
    assert Snapshot({}, (SECOND_CARD, FIRST)).zone == "us-east-1a"
    assert Snapshot({}, ()).zone == ""


def test_interfaces_are_our_own_or_those_of_an_instance_that_is_named() -> None:
    snapshot = Snapshot({}, (FIRST, SECOND), instance_id="i-1", others={"i-3": (OTHER,)})
    assert snapshot.interfaces_of(None) == snapshot.interfaces_of("i-1") == (FIRST, SECOND)
    assert snapshot.interfaces_of("i-3") == (OTHER,)
    assert snapshot.interfaces_of("i-gone") == ()
