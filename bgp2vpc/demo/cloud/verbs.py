"""The requests of the control API, which the cloud has beside EC2's own: POST /control/<name>, JSON in and out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from bgp2vpc.demo.cloud.values import (
    CloudCall,
    CloudThrottle,
    External,
    Fault,
    Latency,
    MetadataFault,
    Quirks,
    Race,
    ScaleIn,
    StaleReads,
    World,
    WorldSpec,
)

ControlQuestion = TypeVar("ControlQuestion")
ControlAnswer = TypeVar("ControlAnswer")


@dataclass(frozen=True, slots=True)
class ControlVerb(Generic[ControlQuestion, ControlAnswer]):
    """One kind of request, with the types of request and answer for their JSON."""

    name: str
    question: TypeAdapter[ControlQuestion]
    answer: TypeAdapter[ControlAnswer]


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Get the calls of `operations` (empty: of all); wait up to `timeout` seconds until there are `at_least`."""

    operations: tuple[str, ...] = ()
    at_least: int = 0
    finished: bool = False
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until the count of changes is above `after`, at most `timeout` seconds."""

    after: int = -1
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class RouteQuery:
    """Get the routes of a table as text; `local`: with the local routes."""

    table_id: str
    local: bool = False


@dataclass(frozen=True, slots=True)
class Propagation:
    """Have a virtual private gateway (with `next_hop`: VPC Route Server) propagate a prefix into a table."""

    table_id: str
    prefix: str
    next_hop: str = ""


@dataclass(frozen=True, slots=True)
class ControlStatus:
    """Set the status checks of an instance: ok, impaired, insufficient-data, initializing, not-applicable."""

    instance_id: str
    instance: str = "ok"
    system: str = "ok"
    ebs: str = "ok"


@dataclass(frozen=True, slots=True)
class Permission:
    """Restrict a caller to an IAM policy (JSON); None: permit everything."""

    caller: str
    policy: str | None


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """Change the metadata of one instance: values that override EC2's (None: 404), or a fault."""

    instance_id: str
    values: Mapping[str, str | None] = field(default_factory=dict)
    fault: MetadataFault | None = None


NOTHING: TypeAdapter[None] = TypeAdapter(None)
TEXT = TypeAdapter(str)

RESET: ControlVerb[None, None] = ControlVerb("reset", NOTHING, NOTHING)
BUILD: ControlVerb[WorldSpec, World] = ControlVerb("build", TypeAdapter(WorldSpec), TypeAdapter(World))
ROUTES: ControlVerb[RouteQuery, str] = ControlVerb("routes", TypeAdapter(RouteQuery), TEXT)
CHANGES: ControlVerb[Wait, int] = ControlVerb("changes", TypeAdapter(Wait), TypeAdapter(int))

CALLS: ControlVerb[CallQuery, list[CloudCall]] = ControlVerb(
    "calls", TypeAdapter(CallQuery), TypeAdapter(list[CloudCall])
)
FORGET_CALLS: ControlVerb[None, None] = ControlVerb("forget-calls", NOTHING, NOTHING)

FAULT: ControlVerb[Fault, None] = ControlVerb("fault", TypeAdapter(Fault), NOTHING)
CLEAR_FAULTS: ControlVerb[None, None] = ControlVerb("clear-faults", NOTHING, NOTHING)
LATENCY: ControlVerb[Latency, None] = ControlVerb("latency", TypeAdapter(Latency), NOTHING)
THROTTLE: ControlVerb[CloudThrottle, None] = ControlVerb("throttle", TypeAdapter(CloudThrottle), NOTHING)
UNTHROTTLE: ControlVerb[None, None] = ControlVerb("unthrottle", NOTHING, NOTHING)
STALE_READS: ControlVerb[StaleReads, None] = ControlVerb("stale-reads", TypeAdapter(StaleReads), NOTHING)
RACE: ControlVerb[Race, None] = ControlVerb("race", TypeAdapter(Race), NOTHING)
WRITE: ControlVerb[External, None] = ControlVerb("write", TypeAdapter(External), NOTHING)

QUIRKS: ControlVerb[Quirks, None] = ControlVerb("quirks", TypeAdapter(Quirks), NOTHING)
PERMIT: ControlVerb[Permission, None] = ControlVerb("permit", TypeAdapter(Permission), NOTHING)
PROPAGATE: ControlVerb[Propagation, str] = ControlVerb("propagate", TypeAdapter(Propagation), TEXT)
STATUS: ControlVerb[ControlStatus, None] = ControlVerb("status", TypeAdapter(ControlStatus), NOTHING)

SCALE_IN: ControlVerb[ScaleIn, None] = ControlVerb("scale-in", TypeAdapter(ScaleIn), NOTHING)

SET_METADATA: ControlVerb[MetadataChange, None] = ControlVerb("set-metadata", TypeAdapter(MetadataChange), NOTHING)
METADATA_FAULT: ControlVerb[MetadataChange, None] = ControlVerb("metadata-fault", TypeAdapter(MetadataChange), NOTHING)
RESET_METADATA: ControlVerb[str, None] = ControlVerb("reset-metadata", TEXT, NOTHING)
EXPIRE_TOKENS: ControlVerb[str, None] = ControlVerb("expire-tokens", TEXT, NOTHING)
