"""The configuration as the rest of the program sees it: frozen, complete, checked. Times are in seconds."""

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
"""Above 1023, so that an ExaBGP without privileges may listen there."""
DEFAULT_SOCKET: Final = Path("/run/bgp2vpc/bgp2vpc.sock")


class OnExit(Enum):
    """What becomes of our routes when the daemon is told to stop. Values are the words of the configuration."""

    WITHDRAW = "withdraw"
    KEEP = "keep"
    WITHDRAW_ANNOUNCED = "withdraw_announced"
    DRAIN = "drain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ec2Limits:
    """How hard we may lean on EC2: `burst` writes of one kind at once, then `rate` per second; `timeout` per call."""

    # EC2 allows 50 and then 5 per second for the whole account: a little less leaves room for clocks that differ.
    burst: int = 48
    rate: float = 4.9
    timeout: float = 3.0
    # As many as EC2 takes at once: a full burst then costs one round trip.
    concurrency: int = 50


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of an instance."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class OrderTags:
    """Keys of tags that give orders; empty: no such tag is read.

    `drain`: of this instance, which it drains. `avoid_zone`: of a route table; its value names the zones whose hosts
    are a last resort there.
    """

    drain: str = ""
    avoid_zone: str = ""


@dataclass(frozen=True, slots=True)
class CompletedHook:
    """The Auto Scaling lifecycle hook that is completed when a drain is done; `group` empty: this instance's."""

    name: str
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bgp:
    """What ExaBGP's configuration is made of. `local_addresses` empty, `router_id` None: our interface's addresses.

    `port`: the TCP port of sessions within our AS, None: `RUN_PORT` with `bgp2vpc run`, 179 for a helper's ExaBGP.
    `exabgp`: the program that `bgp2vpc run` runs. `config_file`: ExaBGP's file, kept in step with the members found by
    tag. `ipv6`: IPv6 sessions with them, too.
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
    """A script that prints announcements. `restart_time`: how long its paths outlive it."""

    name: str
    argv: tuple[str, ...]
    restart_time: float = 10.0
    max_prefixes: int = 1000
    respawn: bool = True


@dataclass(frozen=True, slots=True)
class NamedProgram:
    """A program that the file names, at `line` under `key`: a path, or a name to be looked for in PATH."""

    line: int
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a source says of a managed prefix while it is healthy. `for_exabgp`: whether ExaBGP hears it, too."""

    prefix: Prefix
    line: str
    for_exabgp: bool


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """A source that offers managed prefixes: while `needed` of the `checks` are healthy; without checks, always."""

    name: str
    checks: tuple[str, ...]
    needed: int
    announcements: tuple[Announcement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One configuration file. `socket` None: no unix socket. `state_file` None: drains do not outlive the daemon.

    `completed_hook` None: what Auto Scaling waits for is for others to complete.
    `poll_time` None: each host chooses it by the size of the fleet.
    `warnings`: what was read and is probably not what was meant. `notes`: what AWSnycast's users may like to know.
    `programs`: all that may be run.
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
        """Configured source -> how many prefixes it may offer."""
        scripts = {process.name: process.max_prefixes for process in self.processes}
        return scripts | {source.name: len(source.announcements) for source in self.checked_sources}

    def part(self, access: Access, region: str) -> "Config":
        """With those rules only whose tables an instance in this region reaches so. Peers are found in our own."""
        rules = tuple(rule for rule in self.rules if rule.access.seen_from(region) == access)
        return replace(self, rules=rules, bgp=self.bgp if access == OWN else None)

    @property
    def policy(self) -> Policy:
        """What the file says once for all rules."""
        return Policy(self.backup_med, self.skip_source_dest_check, self.tags.avoid_zone)
