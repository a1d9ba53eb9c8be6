"""The frozen values that a test and the cloud's process exchange as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

REGION = "us-east-1"
OUTSIDE = "outside"
"""Access key id of callers other than the test's subject: not logged, and not subject to faults."""

ROUTE_WRITES = ("CreateRoute", "ReplaceRoute", "DeleteRoute")
TRANSIT_WRITES = tuple(each.replace("Route", "TransitGatewayRoute") for each in ROUTE_WRITES)
WRITES = (*ROUTE_WRITES, *TRANSIT_WRITES, "ModifyManagedPrefixList")


class GoneInterface(StrEnum):
    """What a route to a deleted interface shows: the interface's id, its instance's id, or nothing."""

    SHOWN = "shown"
    INSTANCE = "instance"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Quirks:
    """Behaviours that AWS does not specify, or that differ between accounts: tests run under both settings.

    stopped_is_blackhole: whether a route to a stopped instance's interface shows State blackhole.
    create_same_route_succeeds: whether CreateRoute of a route that exists with the same target is a success.
    route_quota: static routes per table and address family (Service Quotas L-93826ACB; 500 since June 2025).
    gone_interface: what a route to a deleted interface shows.
    unlisted: instances that DescribeInstanceStatus leaves out, as for a new instance, or one of another account.
    managed: instances and interfaces that a service such as EKS manages: hidden without IncludeManagedResources.
    failing_zones: zones in an outage: DescribeInstanceStatus fails as a whole with an instance there among its ids.
    shared_by: the account that shares the VPC with us and owns its tables. We see no tags of these; a role of that
    account does, but not the owners of the instances that routes point at. Empty: the VPC is ours.
    prefix_list_seconds: how long a managed prefix list is `modify-in-progress` after a change of its entries.
    """

    stopped_is_blackhole: bool = True
    create_same_route_succeeds: bool = False
    route_quota: int = 500
    gone_interface: GoneInterface = GoneInterface.SHOWN
    unlisted: tuple[str, ...] = ()
    managed: tuple[str, ...] = ()
    failing_zones: tuple[str, ...] = ()
    shared_by: str = ""
    prefix_list_seconds: float = 0.0


class FaultKind(StrEnum):
    """How a call fails. Only calls with a kind marked * are applied to EC2's state."""

    ERROR = "error"  # an error of EC2's, as XML
    HTML = "html"  # a page of some proxy or load balancer
    EMPTY = "empty"  # a status without a body
    TRUNCATED = "truncated"  # * half of the answer
    RESET_BEFORE = "reset-before"  # connection reset, nothing done
    RESET_AFTER = "reset-after"  # * done, and the answer lost
    HANG = "hang"  # no answer at all; closed after `seconds`
    DELAY = "delay"  # * goes on after `seconds`, or when the faults are cleared


@dataclass(frozen=True, slots=True)
class Fault:
    """One programmed fault for the calls of one action ("*": of every action).

    It skips the first `skip` calls and applies to the next `times` (None: to all until cleared). Only calls whose wire
    parameters contain `where` count. `seconds` is for HANG and DELAY, `code` and `message` for ERROR.
    """

    action: str
    kind: FaultKind
    status: int = 500
    code: str = "InternalError"
    message: str = "An internal error has occurred"
    seconds: float = 3600.0
    times: int | None = 1
    skip: int = 0
    where: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def error(action: str, code: str, message: str, status: int = 400) -> "Fault":
        """An error of EC2's; `but` sets for which calls."""
        return Fault(action, FaultKind.ERROR, status=status, code=code, message=message)

    def but(self, *, times: int | None = 1, skip: int = 0, where: Mapping[str, str] | None = None) -> "Fault":
        """The same fault for other calls."""
        return replace(self, times=times, skip=skip, where=where or {})

    @staticmethod
    def throttled(action: str, *, times: int | None = 1) -> "Fault":
        """RequestLimitExceeded, as with an empty token bucket."""
        return Fault.error(action, "RequestLimitExceeded", "Request limit exceeded.", 503).but(times=times)

    @staticmethod
    def unauthorized(action: str, *, times: int | None = 1, where: Mapping[str, str] | None = None) -> "Fault":
        """UnauthorizedOperation: the IAM policy does not allow the call."""
        message = "You are not authorized to perform this operation. Encoded authorization failure message: dGVzdA"
        return Fault.error(action, "UnauthorizedOperation", message, 403).but(times=times, where=where)

    @staticmethod
    def expired(action: str = "*", *, times: int | None = 1) -> "Fault":
        """RequestExpired: the credentials have expired, or the caller's clock is wrong."""
        return Fault.error(action, "RequestExpired", "Request has expired.").but(times=times)

    @staticmethod
    def internal_error(
        action: str, *, times: int | None = 1, skip: int = 0, where: Mapping[str, str] | None = None
    ) -> "Fault":
        """InternalError with HTTP 500."""
        return Fault(action, FaultKind.ERROR).but(times=times, skip=skip, where=where)

    @staticmethod
    def unavailable(action: str, *, times: int | None = 1) -> "Fault":
        """Unavailable with HTTP 503."""
        message = "The server is overloaded and can't handle the request."
        return Fault.error(action, "Unavailable", message, 503).but(times=times)


@dataclass(frozen=True, slots=True)
class CloudThrottle:
    """EC2's token buckets: one per operation, with `burst` tokens, refilled with `rate` a second.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
    """

    operations: tuple[str, ...] = WRITES
    burst: int = 50
    rate: float = 5.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds added to every call, or to those of the named operations."""

    seconds: float
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StaleReads:
    """DescribeRouteTables shows the tables as they were `seconds` ago; with `flip` only in every second answer."""

    seconds: float
    flip: bool = False


@dataclass(frozen=True, slots=True)
class External:
    """A call by another caller than the subject: an EC2 operation with its parameters as on the wire."""

    operation: str
    parameters: Mapping[str, str]

    @staticmethod
    def create_route(table_id: str, prefix: str, interface_id: str) -> "External":
        """CreateRoute to an interface."""
        return External("CreateRoute", {**_route(table_id, prefix), "NetworkInterfaceId": interface_id})

    @staticmethod
    def replace_route(table_id: str, prefix: str, interface_id: str) -> "External":
        """ReplaceRoute to an interface."""
        return External("ReplaceRoute", {**_route(table_id, prefix), "NetworkInterfaceId": interface_id})

    @staticmethod
    def delete_route(table_id: str, prefix: str) -> "External":
        """DeleteRoute."""
        return External("DeleteRoute", _route(table_id, prefix))

    @staticmethod
    def stop(instance_id: str) -> "External":
        """StopInstances."""
        return External("StopInstances", {"InstanceId.1": instance_id})

    @staticmethod
    def terminate(instance_id: str) -> "External":
        """TerminateInstances."""
        return External("TerminateInstances", {"InstanceId.1": instance_id})


@dataclass(frozen=True, slots=True)
class Race:
    """`write` is done just before the nth call of `operation`, counted from now, reaches EC2's state."""

    operation: str
    write: External
    nth: int = 1


_DESTINATIONS = ("RouteTableId", "TransitGatewayRouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock")
_TARGETS = (
    "NetworkInterfaceId",
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "VpcEndpointId",
    "TransitGatewayAttachmentId",
)


@dataclass(frozen=True, slots=True)
class CloudCall:
    """One call as it arrived at EC2. Times are time.monotonic() of the host, the same in all its processes.

    `status`: HTTP status; 0: the caller got no answer; None (like `ended`): the call is under way. `error`: EC2's error
    code or empty. `caller`: the access key id, which for a daemon is its instance's id.
    """

    operation: str
    parameters: Mapping[str, str]
    caller: str
    started: float
    ended: float | None = None
    status: int | None = None
    error: str = ""

    @property
    def is_write(self) -> bool:
        """Whether the call changes routes."""
        return self.operation in WRITES

    def __str__(self) -> str:
        shown = [self.parameters[name] for name in (*_DESTINATIONS, *_TARGETS) if name in self.parameters]
        return " ".join([self.operation, *shown, *([self.error] if self.error else [])])


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """The plan of a world for `Cloud.build`: a VPC, a subnet in each zone, hosts and tagged tables round the zones.

    filler_routes: static routes put into every table, for load. twin: a second VPC with the same tables and tags.
    network_cards: per host; device 0 of the second card has addresses, that of each further card is efa-only.
    tag_zones: every table gets the tag `az` with the name of its zone. nat_gateway: a public one in the first subnet.
    account: the owner; empty: ours. Roles of another account can be assumed, and reach the world built there.
    """

    instances: int = 2
    zones: tuple[str, ...] = (f"{REGION}a", f"{REGION}b")
    cidr: str = "10.0.0.0/16"
    ipv6: bool = False
    source_dest_check: bool = False
    interfaces: int = 1
    network_cards: int = 1
    tables_per_zone: int = 1
    tags: Mapping[str, str] = field(default_factory=lambda: {"type": "private"})
    filler_routes: int = 0
    twin: bool = False
    tag_zones: bool = False
    nat_gateway: bool = False
    account: str = ""


@dataclass(frozen=True, slots=True)
class CloudHost:
    """An instance. `interface_id` and `address` are those of the primary interface; `interfaces` go card by card.

    `table` is the first table of its zone.
    """

    instance_id: str
    interface_id: str
    interfaces: tuple[str, ...]
    address: str
    zone: str
    subnet_id: str
    table: str


@dataclass(frozen=True, slots=True)
class World:
    """The ids of a built world. `tables` go zone by zone; the first of a zone is associated with its subnet."""

    vpc_id: str
    cidr: str
    ipv6_cidr: str | None
    hosts: tuple[CloudHost, ...]
    subnets: tuple[str, ...]
    tables: tuple[str, ...]
    main_table: str
    internet_gateway: str
    twin: "World | None" = None
    nat_gateway: str | None = None


@dataclass(frozen=True, slots=True)
class ScaleIn:
    """A scale-in: the Auto Scaling group is about to terminate the instance, and waits for its lifecycle hook."""

    instance_id: str
    group: str
    hook: str


class MetadataFault(StrEnum):
    """How all metadata of an instance fails."""

    NOT_FOUND = "404"
    UNAVAILABLE = "503"
    HANG = "hang"


def _route(table_id: str, prefix: str) -> dict[str, str]:
    key = "DestinationIpv6CidrBlock" if ":" in prefix else "DestinationCidrBlock"
    return {"RouteTableId": table_id, key: prefix}
