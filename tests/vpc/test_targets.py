"""Whether a target can be given to routes, by what EC2's Describe calls answer."""

import gzip
import json
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.model import ServiceModel

from bgp2vpc.vpc.aws import slim_model
from bgp2vpc.vpc.model import Target, TargetKind, parse_target
from bgp2vpc.vpc.targets import OPERATIONS, problems, question_about

HERE, THERE = "vpc-1", "vpc-2"
AVAILABLE = {"State": "available", "VpcId": HERE}


def attached(key: str, state: str = "attached", vpc_id: str = HERE, **more: Any) -> dict[str, Any]:
    return {key: [{"State": state, "VpcId": vpc_id}], **more}


def peering(code: str, requester: str = HERE, accepter: str = THERE) -> dict[str, Any]:
    return {
        "Status": {"Code": code}, "RequesterVpcInfo": {"VpcId": requester}, "AccepterVpcInfo": {"VpcId": accepter}
    }  # fmt: skip


GWLB = {"VpcEndpointType": "GatewayLoadBalancer"}
ENI = {"Status": "in-use", "VpcId": HERE, "SourceDestCheck": False, "Attachment": {"InstanceId": "i-1"}}
NO_SUCH = "does not exist"

TABLE = [
    # the target, the items about it, what speaks against it in vpc-1
    ("nat-1", [AVAILABLE], ""),
    ("nat-1", [], NO_SUCH),
    ("nat-1", [AVAILABLE | {"State": "deleted"}], "is deleted, not available"),
    ("nat-1", [AVAILABLE | {"State": "pending"}], "is pending, not available"),
    ("nat-1", [AVAILABLE | {"VpcId": THERE}], "belongs to vpc-2, not to vpc-1"),
    ("nat-1", [{}], "is in no known state, not available"),
    ("igw-1", [attached("Attachments", "available")], ""),
    ("igw-1", [{"Attachments": []}], "is not attached to vpc-1"),
    ("igw-1", [attached("Attachments", "available", THERE)], "is not attached to vpc-1"),
    ("igw-1", [], NO_SUCH),
    ("eigw-1", [attached("Attachments")], ""),
    ("eigw-1", [attached("Attachments", "detaching")], "is detaching, not attached, to vpc-1"),
    ("vgw-1", [attached("VpcAttachments", State="available")], ""),
    ("vgw-1", [attached("VpcAttachments", State="deleted")], "is deleted, not available"),
    ("vgw-1", [attached("VpcAttachments", "detached", State="available")], "is detached, not attached, to vpc-1"),
    ("tgw-1", [AVAILABLE], ""),
    ("tgw-1", [AVAILABLE | {"State": "deleted"}, AVAILABLE], ""),
    ("tgw-1", [AVAILABLE, AVAILABLE | {"State": "deleted"}], ""),
    ("tgw-1", [AVAILABLE | {"State": "pendingAcceptance"}], "is pendingAcceptance, not available"),
    ("tgw-1", [AVAILABLE | {"VpcId": THERE}], "belongs to vpc-2, not to vpc-1"),
    ("tgw-1", [], "does not exist, or is attached to no VPC of this account"),
    ("pcx-1", [peering("active")], ""),
    ("pcx-1", [peering("active", THERE, HERE)], ""),
    ("pcx-1", [peering("active", THERE, "vpc-3")], "does not lead to vpc-1"),
    ("pcx-1", [peering("expired")], "is expired, not active"),
    ("vpce-1", [GWLB | AVAILABLE | {"State": "Available"}], ""),
    ("vpce-1", [GWLB | AVAILABLE | {"State": "PendingAcceptance"}], "is PendingAcceptance, not available"),
    (
        "vpce-1", [AVAILABLE | {"VpcEndpointType": "Interface"}],
        "is an endpoint of type Interface; routes may lead to one of a Gateway Load Balancer only",
    ),
    ("cagw-1", [AVAILABLE], ""),
    ("cagw-1", [AVAILABLE | {"State": "deleting"}], "is deleting, not available"),
    ("lgw-1", [{"State": "associated", "VpcId": HERE}], ""),
    ("lgw-1", [{"State": "disassociated", "VpcId": HERE}], "is disassociated, not associated"),
    ("lgw-1", [], "does not exist, or no route table of it is associated with a VPC"),
    ("eni-1", [ENI], ""),
    ("eni-1", [ENI | {"VpcId": THERE}], "belongs to vpc-2, not to vpc-1"),
    ("eni-1", [ENI | {"Status": "available", "Attachment": {}}], "is attached to nothing"),
    (
        "eni-1", [ENI | {"SourceDestCheck": True}],
        "has its source/destination check on, so EC2 drops what is not for its own addresses",
    ),
    # The interface of a NAT gateway or a load balancer's endpoint: what is behind it is its service's business.
    ("eni-1", [ENI | {"SourceDestCheck": True, "Attachment": {"InstanceOwnerId": "amazon-aws"}}], ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "items", "expected"), TABLE)
def test_what_speaks_against_a_target(text: str, items: list[dict[str, Any]], expected: str) -> None:
    target = parse_target(text)
    question = question_about(target)
    assert question is not None
    named = [{question.id_key: text, **item} for item in items]
    others = [{question.id_key: f"{text}2", **item} for item in ({}, AVAILABLE, ENI)]
    assert problems(question, [*named, *others], HERE, [target]) == {target: expected}


def test_ec2_tells_nothing_of_what_belongs_to_other_services() -> None:
    for text in (
        "arn:aws:networkmanager::123456789012:core-network/core-network-1",
        "arn:aws:odb:us-east-1:123456789012:odb-network/odbnet_1",
    ):
        assert question_about(parse_target(text)) is None
    assert question_about(Target(TargetKind.LOCAL, "local")) is None


@pytest.fixture(scope="module")
def ec2() -> ServiceModel:
    path = Path(botocore.__file__).parent / "data" / "ec2" / slim_model.API_VERSION / "service-2.json.gz"
    with gzip.open(path) as file:
        return ServiceModel(slim_model.trim(json.load(file)), "ec2")


KINDS = ("nat", "igw", "eigw", "vgw", "tgw", "pcx", "vpce", "cagw", "lgw", "eni")


@pytest.mark.parametrize("kind", KINDS)
def test_each_question_is_one_that_ec2_has(ec2: ServiceModel, kind: str) -> None:
    question = question_about(parse_target(f"{kind}-1"))
    assert question is not None
    operation = ec2.operation_model(question.operation)
    assert operation.input_shape is not None
    assert operation.output_shape is not None
    filters = operation.input_shape.members[question.filters_key]
    if question.id_filter:
        assert f"<code>{question.id_filter}</code>" in filters.documentation
    assert question.id_key in operation.output_shape.members[question.answer].member.members


def test_every_kind_of_fallback_has_its_question() -> None:
    asked = [question_about(parse_target(f"{kind}-1")) for kind in KINDS]
    assert {each.operation for each in asked if each} == set(OPERATIONS) <= set(slim_model.OPERATIONS)
