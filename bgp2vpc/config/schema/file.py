"""The one description of the YAML file: keys, types, defaults, limits and their meaning.

It validates what was read, and it is the JSON Schema that editors use. Keys follow AWSnycast's where both have them.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, AliasChoices, Field, PlainValidator, WithJsonSchema, model_validator

from bgp2vpc.config.model import Config, Ec2Limits, OnExit, Process
from bgp2vpc.config.schema import aws_fields, fields
from bgp2vpc.config.schema.accounts import AccountEntry, Region
from bgp2vpc.config.schema.bgp import BgpEntry
from bgp2vpc.config.schema.checks import CheckEntry
from bgp2vpc.config.schema.entry import BaseEntry, Count, Name, Period, Program, Seconds, VpcId, text_schema
from bgp2vpc.config.schema.leaving import Lifecycle, TagsEntry
from bgp2vpc.config.schema.rules import RuleEntry
from bgp2vpc.config.schema.services import NotifyEntry, SerfEntry, WebEntry
from bgp2vpc.exabgp_api import MAX_LINE
from bgp2vpc.policy.damping import DampingLimits

_CONFIG: Final = Config(file="")
_EC2: Final = Ec2Limits()
_DAMPING: Final = DampingLimits()
EXTENSION: Final = "x-"
"""How a key at the top begins that is not ours, and whose value may be anything."""

Rate: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ProcessName: TypeAlias = Annotated[str, AfterValidator(fields.process_name)]
PollTime: TypeAlias = Annotated[
    float | Literal["auto"] | None,
    PlainValidator(fields.poll_time),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": fields.LONGEST, "unit": "seconds"},
                {"type": "string", "enum": [fields.AUTO]},
            ]
        }
    ),
]
InstanceId: TypeAlias = Annotated[str, PlainValidator(aws_fields.instance_id), text_schema("^i-[0-9a-f]+$")]
SocketPath: TypeAlias = Annotated[Path | None, PlainValidator(fields.socket_path), text_schema()]
GroupName: TypeAlias = Annotated[str, PlainValidator(fields.group_name), text_schema()]
StateFile: TypeAlias = Annotated[Path | None, PlainValidator(fields.state_file), text_schema()]


class ProcessEntry(BaseEntry):
    """A script that prints ExaBGP API lines."""

    run: Program = Field(
        description="The program and its arguments; no shell runs.", examples=["python3 -m exabgp healthcheck …"]
    )
    restart_time: Seconds | None = Field(
        default=None,
        description="Seconds for which the routes of the script stay after it has ended. Default: the file's "
        "restart_time.",
        examples=[60],
    )
    max_prefixes: Count | None = Field(
        default=None,
        description="How many prefixes the script may announce. Default: the file's max_prefixes.",
        examples=[10],
    )
    respawn: bool = Field(
        default=Process(name="", argv=()).respawn,
        description="Start the script again 1 s after it exits. If it keeps crashing, the delay doubles up to 60 s. "
        "If it keeps exiting with 0 at once, the delay is at most half of restart_time, so that its "
        "routes stay.",
    )


class Ec2Entry(BaseEntry):
    """EC2 API pacing and time-outs."""

    burst: Count = Field(
        default=_EC2.burst, description="How many writes of one kind may be sent at once. EC2 refuses the 51st."
    )
    rate: Rate = Field(
        default=_EC2.rate,
        description="Writes of one kind per second after the burst. EC2 allows 5 for the whole account.",
    )
    timeout: Period = Field(default=_EC2.timeout, description="Seconds to wait for EC2's answer.")
    concurrency: Count = Field(
        default=_EC2.concurrency, le=256, description="How many writes to EC2 may be in progress at the same time."
    )


class DampingEntry(BaseEntry):
    """When a route moves between instances too often, it stays where it is for a while (the idea of RFC 2439)."""

    half_life: Period = Field(default=_DAMPING.half_life, description="Seconds in which the penalty halves.")
    suppress: Rate = Field(
        default=_DAMPING.suppress,
        description="Penalty at which the route is suppressed in a table. Each take by this instance adds 1000.",
    )
    reuse: Rate = Field(default=_DAMPING.reuse, description="Penalty below which the route may move again.")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.reuse >= self.suppress:
            raise ValueError(f"reuse ({self.reuse:g}) must be less than suppress ({self.suppress:g})")
        return self


class ConfigFile(BaseEntry):
    """The configuration of bgp2vpc."""

    routetables: dict[Name, RuleEntry] = Field(
        min_length=1,
        validation_alias=AliasChoices("routetables", "route_tables"),
        description="Rules, by name: which route tables, and which prefixes.",
        examples=["{private: {find: {type: main}, accept: [192.0.2.53/32]}}"],
    )
    accounts: dict[Name, AccountEntry] = Field(
        default={},
        description="Other accounts and regions that rules may refer to, by name (docs/other-accounts.md).",
        examples=["{network: {role_arn: arn:aws:iam::111122223333:role/bgp2vpc-routes}}"],
    )
    processes: dict[ProcessName, ProcessEntry] = Field(
        default={}, description="Scripts to run, by name.", examples=["{dns: {run: python3 -m exabgp healthcheck …}}"]
    )
    healthchecks: dict[Name, CheckEntry] = Field(
        default={},
        description="Health checks of this host's services, by name.",
        examples=["{dns: {type: dns, destination: 192.0.2.53, every: 1, config: {name: example.org}}}"],
    )
    remote_healthchecks: dict[Name, CheckEntry] = Field(
        default={},
        description="Health checks of the current owner of a route, by name.",
        examples=["{dns: {type: dns, every: 1, config: {name: example.org}}}"],
    )
    poll_time: PollTime = Field(
        default=None,
        description="Seconds between polls of the route tables, or `auto`: each instance chooses 60 s or more, "
        "depending on the number of instances and on whether EC2 throttles it (docs/performance.md). "
        "Default: `auto` with `bgp`, otherwise 60; 0 means the default.",
        examples=["auto"],
    )
    hook_timeout: Period = Field(
        default=_CONFIG.hook_timeout,
        description="Time limit, in seconds, for the programs of `run_before_…`, `run_after_…` and `run_on_…`.",
    )
    socket: SocketPath = Field(
        default=_CONFIG.socket, description="Path of the unix socket for `tee` and the commands; `none`: no socket."
    )
    socket_group: GroupName | None = Field(
        default=None,
        description="The group whose members may use the socket, in addition to the daemon's own user (mode 0660). "
        "Default: the daemon's group. A daemon that does not run as root must be a member of the group.",
        examples=["netops"],
    )
    on_exit: OnExit = Field(
        default=_CONFIG.on_exit,
        description="What the daemon does with its routes when it stops: `withdraw` (delete them, or restore the "
        "fallback), `keep`, `drain` (as `bgp2vpc drain` does, then withdraw), or `withdraw_announced` "
        "(withdraw what scripts announced, keep the routes of `manage_routes`).",
    )
    drain_timeout: Period = Field(
        default=_CONFIG.drain_timeout,
        description="Seconds that a drain waits for another instance to take our routes, before it withdraws them.",
    )
    state_file: StateFile = Field(
        default=None,
        description="The file that keeps drains and holds across a restart; `none`: no file. Default: `state` in "
        "systemd's `StateDirectory`, if set; otherwise `SOCKET.state`, beside the socket. A file in "
        "`/run` is lost at a reboot.",
        examples=["/var/lib/bgp2vpc/state"],
    )
    lifecycle: Lifecycle = Field(
        default=_CONFIG.lifecycle,
        description="Drain when instance metadata reports a spot interruption, a rebalance recommendation, or that "
        "Auto Scaling takes the instance out of service. Undrain when it no longer does. A mapping also "
        "completes a lifecycle hook when the drain is done.",
    )
    tags: TagsEntry = Field(
        default=TagsEntry(),
        description="Keys of EC2 tags that give orders. An instance with the tag `drain` is drained. On a route "
        "table, `avoid_zone` names zones; their instances are a last resort in that table "
        "(docs/leaving.md).",
        examples=["{drain: 'bgp2vpc:drain', avoid_zone: 'bgp2vpc:avoid-zone'}"],
    )
    restart_time: Seconds = Field(
        default=_CONFIG.restart_time,
        description="Seconds for which routes stay after their source has ended, after a restart of the daemon, and "
        "after a reload that leaves their prefixes to another source.",
    )
    settle_time: Seconds = Field(
        default=_CONFIG.settle_time, description="Seconds after a write during which EC2's reads may not show it yet."
    )
    backup_med: int = Field(
        default=_CONFIG.backup_med,
        ge=0,
        le=2**32 - 1,
        description="A path with this MED or a higher one is a backup: it takes no route from a healthy instance.",
    )
    startup_hold: Seconds = Field(
        default=_CONFIG.startup_hold,
        description="Seconds that `best_path` waits for the announcements of BGP neighbors after the daemon's start, "
        "and after a neighbor's session comes up. It waits less if the neighbor sends End-of-RIB. Until "
        "then it takes and deletes nothing.",
    )
    damping: DampingEntry = Field(
        default=DampingEntry(),
        description="When a route counts as flapping between instances.",
        examples=["{half_life: 120}"],
    )
    max_prefixes: Count = Field(default=_CONFIG.max_prefixes, description="How many prefixes one source may announce.")
    max_line: int = Field(
        default=_CONFIG.max_line,
        ge=256,
        le=MAX_LINE,
        description="Maximum length in bytes of a line from a script or client; longer lines are refused.",
        examples=["65536"],
    )
    max_changes: Count = Field(
        default=_CONFIG.max_changes,
        description="The most routes that one plan may create, replace, or delete because they are dead. A larger "
        "plan is refused. Deletes after a withdrawal do not count.",
    )
    skip_source_dest_check: bool = Field(
        default=_CONFIG.skip_source_dest_check,
        description="Write routes to an interface even if its source/destination check is on.",
    )
    instance_id: InstanceId | None = Field(
        default=None,
        description="The id of this instance. Default: from instance metadata.",
        examples=["i-0123456789abcdef0"],
    )
    region: Region | None = Field(
        default=None,
        description="The region of this instance. Default: from instance metadata.",
        examples=["eu-central-1"],
    )
    vpc_id: VpcId | None = Field(
        default=None,
        description="The VPC of this instance. Default: from instance metadata.",
        examples=["vpc-0123456789abcdef0"],
    )
    bgp: BgpEntry | None = Field(
        default=None,
        description="BGP. `bgp2vpc run` starts ExaBGP with these settings; for a helper, `bgp2vpc exabgp-config` "
        "writes ExaBGP's file from them.",
        examples=["{as: 64512, peers_by_tag: {key: role, value: anycast}}"],
    )
    ec2: Ec2Entry = Field(default=Ec2Entry(), description="EC2 API pacing and time-outs.", examples=["{timeout: 5}"])
    serf: SerfEntry | None = Field(
        default=None,
        description="The HashiCorp Serf agent of this host.",
        examples=["{rpc: 127.0.0.1:7373}"],
    )
    notify: list[NotifyEntry] = Field(
        default=[],
        description="Recipients of alerts: takeovers, withdrawals, lasting failures and recoveries (docs/notify.md).",
        examples=["[{on: [takeover, failure, recovery], url: https://hooks.example.org/bgp2vpc}]"],
    )
    web: WebEntry | None = Field(
        default=None,
        description="Serve the status page, its JSON and Prometheus metrics.",
        examples=["{listen: 127.0.0.1:8179}"],
    )


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the file, for editors and `bgp2vpc check --schema`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ConfigFile.model_json_schema(),
        "patternProperties": {f"^{EXTENSION}": {}},
        "title": "bgp2vpc configuration",
    }
