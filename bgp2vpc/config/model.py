"""The configuration as used by the rest of the program: frozen, complete, validated. Times are in seconds."""

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Final

from bgp2vpc.bgp.mesh import MeshPeer
from bgp2vpc.errors import Problem
from bgp2vpc.exabgp_api import USUAL_MAX_LINE
from bgp2vpc.health.model import Check
from bgp2vpc.notify.model import Recipient
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.serf.model import Agent
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.auto_poll_time import SHORTEST
from bgp2vpc.web.model import WebSettings

DEFAULT_FILE: Final = "/etc/bgp2vpc.yaml"
RUN_PORT: Final = 1790
"""The BGP port with `bgp2vpc run`; above 1023, so that ExaBGP can listen there without privileges."""
DEFAULT_SOCKET: Final = Path("/run/bgp2vpc/bgp2vpc.sock")


class OnExit(Enum):
    """What to do with our routes when the daemon is stopped; the values are the words of the configuration."""

    WITHDRAW = "withdraw"
    KEEP = "keep"
    WITHDRAW_ANNOUNCED = "withdraw_announced"
    DRAIN = "drain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ec2Limits:
    """Limits of EC2 calls: `burst` writes of one kind at once, then `rate` per second; `timeout` per call."""

    # EC2 allows a burst of 50 and then 5 per second; slightly less leaves room for clock drift.
    burst: int = 48
    rate: float = 4.9
    timeout: float = 3.0
    # EC2's burst, so that a whole burst takes one round trip.
    concurrency: int = 50


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of an instance."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class OrderTags:
    """Keys of the tags that give orders; empty for none.

    `drain`: a tag of this instance that drains it. `avoid_zone`: a tag of a route table whose value names the zones
    whose hosts are a last resort there.
    """

    drain: str = ""
    avoid_zone: str = ""


@dataclass(frozen=True, slots=True)
class CompletedHook:
    """The Auto Scaling lifecycle hook to complete after a drain. `group`: empty for this instance's group."""

    name: str
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bgp:
    """The section `bgp`, from which ExaBGP's configuration is generated.

    `local_addresses`, `router_id`: empty or None for the addresses of our interface.
    `port`: the TCP port of sessions within our AS; None for `RUN_PORT` with `bgp2vpc run`, 179 for a helper's ExaBGP.
    `exabgp`: the program that `bgp2vpc run` runs. `config_file`: ExaBGP's file, updated when the members found by tag
    change. `ipv6`: also have IPv6 sessions with these members.
    """

    asn: int
    router_id: IPAddress | None = None
    local_addresses: tuple[IPAddress, ...] = ()
    hold_time: int = 3
    peers: tuple[MeshPeer, ...] = ()
    peers_by_tag: Tag | None = None
    ipv6: bool = False
    port: int | None = None
    exabgp: Path | None = None
    config_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A script that prints announcements. `restart_time`: how long its paths are kept after its end."""

    name: str
    argv: tuple[str, ...]
    restart_time: float = 10.0
    max_prefixes: int = 1000
    respawn: bool = True


@dataclass(frozen=True, slots=True)
class NamedProgram:
    """A program that the file names, at `line` under `key`: a path, or a name to be found in PATH."""

    line: int
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """The announcement of a managed prefix. `line`: as in ExaBGP's API. `for_exabgp`: whether ExaBGP gets it, too."""

    prefix: Prefix
    line: str
    for_exabgp: bool


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """A source that offers managed prefixes while `needed` of its `checks` are healthy; always without checks."""

    name: str
    checks: tuple[str, ...]
    needed: int
    announcements: tuple[Announcement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration file.

    `socket`: None for no unix socket. `state_file`: None: drains and holds do not survive a restart.
    `completed_hook`: None: bgp2vpc completes no lifecycle hook.
    `poll_time`: None: each host chooses it by the size of the fleet.
    `warnings`: entries that are valid but probably not meant. `notes`: information for users of AWSnycast and about
    `if_unhealthy`. `programs`: all programs that the file names.
    """

    file: str
    poll_time: float | None = SHORTEST
    socket: Path | None = DEFAULT_SOCKET
    socket_group: str | None = None
    processes: tuple[Process, ...] = ()
    rules: tuple[Rule, ...] = ()
    checks: tuple[Check, ...] = ()
    remote_checks: tuple[Check, ...] = ()
    checked_sources: tuple[CheckedSource, ...] = ()
    hook_timeout: float = 10.0
    on_exit: OnExit = OnExit.WITHDRAW_ANNOUNCED
    restart_time: float = 10.0
    settle_time: float = 10.0
    backup_med: int = 500
    startup_hold: float = 10.0
    damping: DampingLimits = field(default_factory=DampingLimits)
    max_prefixes: int = 1000
    max_line: int = USUAL_MAX_LINE
    max_changes: int = 1000
    drain_timeout: float = 30.0
    state_file: Path | None = None
    lifecycle: bool = False
    completed_hook: CompletedHook | None = None
    tags: OrderTags = field(default_factory=OrderTags)
    skip_source_dest_check: bool = False
    instance_id: str | None = None
    region: str | None = None
    vpc_id: str | None = None
    bgp: Bgp | None = None
    ec2: Ec2Limits = field(default_factory=Ec2Limits)
    serf: Agent | None = None
    web: WebSettings | None = None
    notify: tuple[Recipient, ...] = ()
    warnings: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    programs: tuple[NamedProgram, ...] = field(default=(), compare=False)

    @property
    def source_limits(self) -> dict[str, int]:
        """Configured source -> maximum number of its prefixes."""
        scripts = {process.name: process.max_prefixes for process in self.processes}
        return scripts | {source.name: len(source.announcements) for source in self.checked_sources}

    def part(self, access: Access, region: str) -> "Config":
        """The configuration with only the rules that use this access, for an instance in this region.

        `bgp` is kept only for our own account and region, where peers are found.
        """
        rules = tuple(rule for rule in self.rules if rule.access.seen_from(region) == access)
        return replace(self, rules=rules, bgp=self.bgp if access == OWN else None)

    @property
    def policy(self) -> Policy:
        """The settings that apply to all rules."""
        return Policy(self.backup_med, self.skip_source_dest_check, self.tags.avoid_zone)
