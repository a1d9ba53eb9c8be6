"""The one description of the YAML file: keys, types, defaults, limits and their meaning.

It validates what was read, and it is the JSON Schema that editors use. Keys follow AWSnycast's where both have them.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from bgp2vpc.config import fields
from bgp2vpc.config.model import Config, Ec2Limits, OnExit, Process
from bgp2vpc.routing.prefix_list import PrefixRange
from bgp2vpc.routing.rule import InterfaceChoice, Takeover

_CONFIG: Final = Config(file="")
_EC2: Final = Ec2Limits()
_COMBINED: Final = "What to combine; nothing at all would mean every table."

Seconds: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Period: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Name: TypeAlias = Annotated[str, AfterValidator(fields.name)]
ProcessName: TypeAlias = Annotated[str, AfterValidator(fields.process_name)]


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


InstanceId: TypeAlias = Annotated[str, PlainValidator(fields.instance_id), _text("^i-[0-9a-f]+$")]
VpcId: TypeAlias = Annotated[str, PlainValidator(fields.vpc_id), _text("^vpc-[0-9a-f]+$")]
SubnetId: TypeAlias = Annotated[str, PlainValidator(fields.subnet_id), _text("^subnet-[0-9a-f]+$")]
RouteTableId: TypeAlias = Annotated[str, PlainValidator(fields.route_table_id), _text("^rtb-[0-9a-f]+$")]
Region: TypeAlias = Annotated[str, PlainValidator(fields.region), _text("^[a-z]+(-[a-z]+)+-[0-9]+$")]
SocketPath: TypeAlias = Annotated[Path | None, PlainValidator(fields.socket_path), WithJsonSchema({"type": "string"})]
AcceptEntry: TypeAlias = Annotated[PrefixRange, PlainValidator(fields.accept_entry), WithJsonSchema({"type": "string"})]
Interface: TypeAlias = Annotated[
    InterfaceChoice, PlainValidator(fields.interface), WithJsonSchema({"type": ["integer", "string"]})
]
Command: TypeAlias = Annotated[
    tuple[str, ...],
    PlainValidator(fields.command),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


class Entry(BaseModel):
    """A mapping of known keys. A key without a value counts as not given, so that its lines may be commented out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict):
            return value
        keys = {field.alias or key for key, field in cls.model_fields.items()}
        # Errors name no model, and their reporter wants to know which keys were possible: see messages.py.
        if isinstance(info.context, dict):
            info.context[id(value)] = cls
        return {key: item for key, item in value.items() if item is not None or key not in keys}


class _FindEntry(Entry):
    negate: bool = Field(default=False, alias="not", description="Find the tables this does not match.")
    no_results_ok: bool = Field(default=False, description="Finding no table is no error.")


class ByTagConfig(Entry):
    """Which tag."""

    key: Annotated[str, Field(min_length=1)] = Field(description="The tag's key.", examples=["type"])
    value: str = Field(description="The tag's value, exactly.", examples=["private"])


class ByTagEntry(_FindEntry):
    """Tables with a tag of exactly this key and value."""

    type: Literal["by_tag"]
    config: ByTagConfig = Field(description="Which tag.", examples=["{key: type, value: private}"])


class NoConfig(Entry):
    """Nothing to configure."""


class MainEntry(_FindEntry):
    """The VPC's main table."""

    type: Literal["main"]
    config: NoConfig = Field(default=NoConfig(), description="Nothing.")


class SubnetConfig(Entry):
    """Which subnet."""

    subnet_id: SubnetId = Field(description="The subnet's id.", examples=["subnet-0123456789abcdef0"])


class SubnetEntry(_FindEntry):
    """The table a subnet uses; the main table, if none is associated with it."""

    type: Literal["subnet"]
    config: SubnetConfig = Field(description="Which subnet.", examples=["{subnet_id: subnet-0123456789abcdef0}"])


class IdsConfig(Entry):
    """Which tables."""

    ids: list[RouteTableId] = Field(
        min_length=1, description="Ids of route tables.", examples=["[rtb-0123456789abcdef0]"]
    )


class IdsEntry(_FindEntry):
    """Tables by their ids."""

    type: Literal["ids"]
    config: IdsConfig = Field(description="Which tables.", examples=["{ids: [rtb-0123456789abcdef0]}"])


class FiltersConfig(Entry):
    """The parts of `and` and `or`."""

    filters: list["FindEntry"] = Field(
        min_length=1,
        description=_COMBINED,
        examples=["[{type: main}]"],
    )


def _filters(value: Any) -> Any:
    """The list may stand straight under `config`, too, as AWSnycast's users write it."""
    return {"filters": value} if isinstance(value, list) else value


Filters: TypeAlias = Annotated[
    FiltersConfig, BeforeValidator(_filters, json_schema_input_type=FiltersConfig | list["FindEntry"])
]


class AndEntry(_FindEntry):
    """Tables that all the filters match."""

    type: Literal["and"]
    config: Filters = Field(description=_COMBINED, examples=["{filters: [{type: main}]}"])


class OrEntry(_FindEntry):
    """Tables that at least one of the filters matches."""

    type: Literal["or"]
    config: Filters = Field(description=_COMBINED, examples=["{filters: [{type: main}]}"])


FindEntry: TypeAlias = Annotated[
    ByTagEntry | MainEntry | SubnetEntry | IdsEntry | AndEntry | OrEntry, Field(discriminator="type")
]
FIND_TYPES: Final[tuple[str, ...]] = tuple(
    get_args(entry.model_fields["type"].annotation)[0] for entry in get_args(get_args(FindEntry)[0])
)


class RuleEntry(Entry):
    """Which route tables, which prefixes, and how."""

    find: FindEntry = Field(description="Which route tables.", examples=["{type: main}"])
    accept: list[AcceptEntry] = Field(
        min_length=1,
        description="Which announced prefixes may be written; nothing else ever is.",
        examples=['["192.0.2.0/24 le 32"]'],
    )
    takeover: Takeover = Field(
        default=Takeover.IF_UNHEALTHY,
        description="When a route that points at another instance may be taken: always, or if_unhealthy (its target is "
        "gone, stopped or impaired).",
    )
    takeover_foreign: bool = Field(
        default=False, description="Also take routes that point at no instance: gateways, NAT, peerings."
    )
    interface: Interface | None = Field(
        default=None,
        description="Which network interface of this instance routes point at: a device index or a subnet. Default: by "
        "the next hop's address, or device index 0 in the table's VPC.",
    )
    next_hop_self: bool = Field(default=False, description="Point at this instance whatever next hop is announced.")
    vpc_id: VpcId | None = Field(default=None, description="The VPC of the tables, if not this instance's own.")
    no_results_ok: bool = Field(default=False, description="Finding no table is no error.")


class ProcessEntry(Entry):
    """A script that prints ExaBGP API lines."""

    run: Command = Field(
        description="The program and its arguments; no shell runs.", examples=["python3 -m exabgp healthcheck …"]
    )
    restart_time: Seconds | None = Field(
        default=None, description="Seconds its routes outlive it. Default: the file's restart_time."
    )
    max_prefixes: Count | None = Field(
        default=None, description="How many prefixes it may announce. Default: the file's max_prefixes."
    )
    respawn: bool = Field(default=Process(name="", argv=()).respawn, description="Start it again when it ends.")


class Ec2Entry(Entry):
    """How hard to lean on EC2."""

    burst: Count = Field(default=_EC2.burst, description="Writes of one kind at once. EC2 refuses the 51st.")
    rate: Period = Field(
        default=_EC2.rate, description="Then, writes of one kind per second. EC2 allows 5 for the whole account."
    )
    timeout: Period = Field(default=_EC2.timeout, description="Seconds to wait for EC2's answer.")
    concurrency: Count = Field(default=_EC2.concurrency, le=256, description="Calls at the same time.")


class ConfigFile(Entry):
    """The configuration of bgp2vpc."""

    routetables: dict[Name, RuleEntry] = Field(
        min_length=1,
        description="Rules, by name: which route tables, which prefixes.",
        examples=["{private: {find: {type: main}, accept: [192.0.2.53/32]}}"],
    )
    processes: dict[ProcessName, ProcessEntry] = Field(default={}, description="Scripts to run, by name.")
    poll_time: Period = Field(
        default=_CONFIG.poll_time, description="Seconds between looks at the route tables when nothing happens."
    )
    socket: SocketPath = Field(
        default=_CONFIG.socket, description="Path of the unix socket for `tee`, `api` and `status`; none for no socket."
    )
    on_exit: OnExit = Field(default=_CONFIG.on_exit, description="What becomes of our routes when the daemon stops.")
    restart_time: Seconds = Field(
        default=_CONFIG.restart_time, description="Seconds a source's routes outlive it, and ours a crash."
    )
    settle_time: Seconds = Field(
        default=_CONFIG.settle_time, description="Seconds a write may take to show in EC2's reads."
    )
    backup_med: int = Field(
        default=_CONFIG.backup_med, ge=0, le=2**32 - 1, description="A path with this MED or more is used last."
    )
    max_prefixes: Count = Field(default=_CONFIG.max_prefixes, description="How many prefixes one source may announce.")
    max_changes: Count = Field(
        default=_CONFIG.max_changes, description="A plan that creates and replaces more routes is refused."
    )
    skip_source_dest_check: bool = Field(
        default=_CONFIG.skip_source_dest_check,
        description="Write although the interface's source/destination check is on.",
    )
    instance_id: InstanceId | None = Field(default=None, description="Replaces instance metadata.")
    region: Region | None = Field(default=None, description="Replaces instance metadata.")
    vpc_id: VpcId | None = Field(default=None, description="Replaces instance metadata.")
    ec2: Ec2Entry = Field(default=Ec2Entry(), description="How hard to lean on EC2.")
    web: Any = Field(default=None, description="The status page: not served by this version, ignored.")


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the file, for editors and `bgp2vpc check --schema`."""
    described = ConfigFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": "bgp2vpc configuration"}
