"""What may be asked of the cloud's process beyond EC2's own API: POST /control/<name>, JSON in and out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from bgp2vpc.demo.cloud.values import (
    Call,
    External,
    Fault,
    Latency,
    MetadataFault,
    Quirks,
    Race,
    StaleReads,
    Throttle,
    World,
    WorldSpec,
)

Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Verb(Generic[Question, Answer]):
    """One thing to ask, and how question and answer are written."""

    name: str
    question: TypeAdapter[Question]
    answer: TypeAdapter[Answer]


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Calls of these operations (none named: of all); wait up to `timeout` seconds until there are `at_least`."""

    operations: tuple[str, ...] = ()
    at_least: int = 0
    finished: bool = False
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Until something has changed since `after`, or `timeout` seconds are over."""

    after: int = -1
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class RouteQuery:
    """The routes of a table as text, with or without the local ones."""

    table_id: str
    local: bool = False


@dataclass(frozen=True, slots=True)
class Propagation:
    """A prefix that a virtual private gateway propagates into a table."""

    table_id: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Status:
    """The two status checks of an instance: ok, impaired, insufficient-data, initializing, not-applicable."""

    instance_id: str
    instance: str = "ok"
    system: str = "ok"


@dataclass(frozen=True, slots=True)
class Permission:
    """The IAM policy (JSON) that decides what a caller may do; None: everything."""

    caller: str
    policy: str | None


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """Metadata of one instance: values to put over what EC2 knows (None: 404), or a way to fail."""

    instance_id: str
    values: Mapping[str, str | None] = field(default_factory=dict)
    fault: MetadataFault | None = None


NOTHING: TypeAdapter[None] = TypeAdapter(None)
TEXT = TypeAdapter(str)

RESET: Verb[None, None] = Verb("reset", NOTHING, NOTHING)
BUILD: Verb[WorldSpec, World] = Verb("build", TypeAdapter(WorldSpec), TypeAdapter(World))
ROUTES: Verb[RouteQuery, str] = Verb("routes", TypeAdapter(RouteQuery), TEXT)
CHANGES: Verb[Wait, int] = Verb("changes", TypeAdapter(Wait), TypeAdapter(int))

CALLS: Verb[CallQuery, list[Call]] = Verb("calls", TypeAdapter(CallQuery), TypeAdapter(list[Call]))
FORGET_CALLS: Verb[None, None] = Verb("forget-calls", NOTHING, NOTHING)

FAULT: Verb[Fault, None] = Verb("fault", TypeAdapter(Fault), NOTHING)
CLEAR_FAULTS: Verb[None, None] = Verb("clear-faults", NOTHING, NOTHING)
LATENCY: Verb[Latency, None] = Verb("latency", TypeAdapter(Latency), NOTHING)
THROTTLE: Verb[Throttle, None] = Verb("throttle", TypeAdapter(Throttle), NOTHING)
UNTHROTTLE: Verb[None, None] = Verb("unthrottle", NOTHING, NOTHING)
STALE_READS: Verb[StaleReads, None] = Verb("stale-reads", TypeAdapter(StaleReads), NOTHING)
RACE: Verb[Race, None] = Verb("race", TypeAdapter(Race), NOTHING)
WRITE: Verb[External, None] = Verb("write", TypeAdapter(External), NOTHING)

QUIRKS: Verb[Quirks, None] = Verb("quirks", TypeAdapter(Quirks), NOTHING)
PERMIT: Verb[Permission, None] = Verb("permit", TypeAdapter(Permission), NOTHING)
PROPAGATE: Verb[Propagation, str] = Verb("propagate", TypeAdapter(Propagation), TEXT)
STATUS: Verb[Status, None] = Verb("status", TypeAdapter(Status), NOTHING)

SET_METADATA: Verb[MetadataChange, None] = Verb("set-metadata", TypeAdapter(MetadataChange), NOTHING)
METADATA_FAULT: Verb[MetadataChange, None] = Verb("metadata-fault", TypeAdapter(MetadataChange), NOTHING)
RESET_METADATA: Verb[str, None] = Verb("reset-metadata", TEXT, NOTHING)
EXPIRE_TOKENS: Verb[str, None] = Verb("expire-tokens", TEXT, NOTHING)
