"""Checks by EC2's Describe calls whether a route can have a target: it exists, is in the right VPC, and works.

One call covers all targets of a kind. Core networks and ODB networks belong to services other than EC2, so they are
not checked. States: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Types.html
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bgp2vpc.vpc.model import Target

Item: TypeAlias = Mapping[str, Any]
Judge: TypeAlias = Callable[[Item, str], str]
"""(item of the answer, VPC id) -> what is wrong with this target for routes of the VPC; empty if nothing."""

MISSING: Final = "does not exist"


@dataclass(frozen=True, slots=True)
class TargetQuestion:
    """The Describe call for targets of one kind. `answer`: the key of its items. `id_key`: the key of their id.

    `id_filter`: the name of the filter by id; empty if there is none, and the call returns all. `missing`: the problem
    of a target that the answer does not list.
    """

    operation: str
    answer: str
    id_key: str
    id_filter: str
    judge: Judge
    missing: str = MISSING
    filters_key: str = "Filters"


def elsewhere(vpc_id: object, wanted: str) -> str:
    """Why a target in `vpc_id` cannot be used by routes of the VPC `wanted`; empty if it can."""
    return "" if vpc_id == wanted else f"belongs to {vpc_id or 'no VPC'}, not to {wanted}"


def _in_state(wanted: str) -> Judge:
    """A Judge for items with a `State` and a `VpcId`."""

    def judge(item: Item, vpc_id: str) -> str:
        state = str(item.get("State", ""))
        if state.lower() != wanted:
            return f"is {state or 'in no known state'}, not {wanted}"
        return elsewhere(item.get("VpcId"), vpc_id)

    return judge


def _attached(key: str) -> Judge:
    """A Judge for gateways attached to a VPC. The state of an internet gateway's attachment is `available`."""

    def judge(item: Item, vpc_id: str) -> str:
        state = item.get("State", "available")  # only a virtual private gateway has one
        if state != "available":
            return f"is {state}, not available"
        states = [str(each.get("State")) for each in item.get(key, ()) if each.get("VpcId") == vpc_id]
        if not states:
            return f"is not attached to {vpc_id}"
        good = any(each in ("attached", "available") for each in states)
        return "" if good else f"is {states[0]}, not attached, to {vpc_id}"

    return judge


def _peering(item: Item, vpc_id: str) -> str:
    code = item.get("Status", {}).get("Code")
    if code != "active":
        return f"is {code}, not active"
    ends = [item.get(key, {}).get("VpcId") for key in ("RequesterVpcInfo", "AccepterVpcInfo")]
    return "" if vpc_id in ends else f"does not lead to {vpc_id}"


def _endpoint(item: Item, vpc_id: str) -> str:
    kind = item.get("VpcEndpointType")
    if kind != "GatewayLoadBalancer":
        return f"is an endpoint of type {kind}; routes may lead to one of a Gateway Load Balancer only"
    return _in_state("available")(item, vpc_id)


def _interface(item: Item, vpc_id: str) -> str:
    if item.get("Status") != "in-use":
        return "is attached to nothing"
    if item.get("SourceDestCheck") and item.get("Attachment", {}).get("InstanceId"):
        return "has its source/destination check on, so EC2 drops what is not for its own addresses"
    return elsewhere(item.get("VpcId"), vpc_id)


_QUESTIONS: Final = {
    "nat": TargetQuestion(
        "DescribeNatGateways", "NatGateways", "NatGatewayId", "nat-gateway-id", _in_state("available"),
        filters_key="Filter",
    ),
    "igw": TargetQuestion(
        "DescribeInternetGateways", "InternetGateways", "InternetGatewayId", "internet-gateway-id",
        _attached("Attachments"),
    ),
    "eigw": TargetQuestion(
        "DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId", "",
        _attached("Attachments"),
    ),
    "vgw": TargetQuestion(
        "DescribeVpnGateways", "VpnGateways", "VpnGatewayId", "vpn-gateway-id", _attached("VpcAttachments")
    ),
    "tgw": TargetQuestion(
        "DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments", "TransitGatewayId",
        "transit-gateway-id", _in_state("available"), "does not exist, or is attached to no VPC of this account",
    ),
    "pcx": TargetQuestion(
        "DescribeVpcPeeringConnections", "VpcPeeringConnections", "VpcPeeringConnectionId",
        "vpc-peering-connection-id", _peering,
    ),
    "vpce": TargetQuestion("DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId", "vpc-endpoint-id", _endpoint),
    "cagw": TargetQuestion(
        "DescribeCarrierGateways", "CarrierGateways", "CarrierGatewayId", "carrier-gateway-id", _in_state("available")
    ),
    "lgw": TargetQuestion(
        "DescribeLocalGatewayRouteTableVpcAssociations", "LocalGatewayRouteTableVpcAssociations", "LocalGatewayId",
        "local-gateway-id", _in_state("associated"), "does not exist, or no route table of it is associated with a VPC",
    ),
    "eni": TargetQuestion(
        "DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId", "network-interface-id", _interface
    ),
}  # fmt: skip
OPERATIONS: Final = tuple(question.operation for question in _QUESTIONS.values())


def question_about(target: Target) -> TargetQuestion | None:
    """The Describe call for this target; None if EC2 has none."""
    return _QUESTIONS.get(target.id.partition("-")[0])


def problems(
    question: TargetQuestion, items: Iterable[Item], vpc_id: str, targets: Collection[Target]
) -> dict[Target, str]:
    """Target -> why routes of this VPC cannot use it, according to the `items` of the answer; empty if they can.

    Of several items for one target (a transit gateway has one for each attachment, past ones too), the best counts.
    """
    said: dict[str, list[str]] = {target.id: [] for target in targets}
    for item in items:
        if (some := said.get(item[question.id_key])) is not None:
            some.append(question.judge(item, vpc_id))
    found = {target: said[target.id] or [question.missing] for target in targets}
    return {target: "" if "" in some else some[-1] for target, some in found.items()}
