"""The doctor's facts and findings, as values.

The facts in `HostFacts` (from `gather`) are independent: one that could not be determined is a `Trouble`, and does not
affect findings about the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias, TypeVar

from bgp2vpc.bgp.mesh import Neighbor
from bgp2vpc.doctor.exabgp_conf import ExabgpConf
from bgp2vpc.errors import Ec2Error, Problem
from bgp2vpc.policy.tables import TablePolicy
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.model import Instance, Interface, SecurityGroupRule, TaggedInstance, Target
from bgp2vpc.vpc.snapshot import Snapshot


class State(Enum):
    """The result of a check; the values are the words of `--json`."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `message`: a sentence. `mend`: the command that mends the problem, if there is one."""

    check: str
    state: State
    message: str
    mend: str = ""

    def to_json(self) -> dict[str, str]:
        """An item of `doctor --json`."""
        return {"check": self.check, "state": self.state.value, "message": self.message, "mend": self.mend}


def ok(check: str, message: str) -> Finding:
    """A finding without a problem."""
    return Finding(check, State.OK, message)


def warn(check: str, message: str, mend: str = "") -> Finding:
    """A finding of a possible problem."""
    return Finding(check, State.WARN, message, mend)


def fail(check: str, message: str, mend: str = "") -> Finding:
    """A finding of something that does not work."""
    return Finding(check, State.FAIL, message, mend)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a fact is unknown. `error`: the exception, if there was one."""

    why: str
    error: Exception | None = None


REGION_UNKNOWN: Final = Trouble("the region is not known")
TRANSIT: Final = "transit gateways"
PREFIX_LISTS: Final = "prefix lists"

T = TypeVar("T")
Known: TypeAlias = T | Trouble


@dataclass(frozen=True, slots=True)
class Host:
    """This machine. `addresses`: address -> the interfaces that have it. `rp_filter`: interface -> effective 0, 1 or 2.

    `forwards`: the IP versions that are forwarded. `contained`: whether this is a container. `metadata_proxy`:
    HOST:PORT of the proxy that the environment sets for requests to instance metadata; empty for none.
    """

    addresses: Mapping[IPAddress, frozenset[str]] = field(default_factory=dict)
    rp_filter: Mapping[str, int] = field(default_factory=dict)
    forwards: frozenset[int] = frozenset()
    contained: bool = False
    metadata_proxy: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """The running daemon. `offered`: the prefixes that this host's sources and checks offer now.

    `runs_exabgp`: it is `bgp2vpc run` with a `bgp:` section. `exabgp_pid`: its ExaBGP, None if that is not running.
    """

    pid: int
    offered: frozenset[Prefix] = frozenset()
    runs_exabgp: bool = False
    exabgp_pid: int | None = None


@dataclass(frozen=True, slots=True)
class MetadataAnswer:
    """The answer of instance metadata. `role`: the name of the instance's role, empty if it has none.

    `tags`: the keys of the instance's tags; None if metadata does not show tags.
    """

    instance: Instance
    role: str = ""
    tags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """EC2's endpoint.

    `latency`: seconds of one request. `ahead`: seconds by which its clock is ahead of ours, None if unknown. `proxy`:
    HOST:PORT of the environment's proxy, empty for none. `addresses`: of the proxy, if there is one, else of EC2.
    """

    url: str
    addresses: tuple[IPAddress, ...] = ()
    latency: float = 0.0
    ahead: float | None = None
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Vpc:
    """The VPC as read from EC2, the tables that rules find, and the instances that `peers_by_tag` finds (`members`).

    `fallbacks`: (VPC, target) -> why it cannot be a fallback, empty if it can. `accounts`: for each other account or
    region, the number of tables read. `troubles`: what else could not be read (`TRANSIT`, `PREFIX_LISTS`), and why.
    """

    instance: Instance
    snapshot: Snapshot
    tables: Mapping[str, TablePolicy]
    fallbacks: Mapping[tuple[str, Target], Known[str]] = field(default_factory=dict)
    members: Known[tuple[TaggedInstance, ...]] = ()
    accounts: Mapping[Access, Known[int]] = field(default_factory=dict)
    troubles: Mapping[str, Trouble] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A call made with DryRun. `about`: a table, or empty. `error`: None if the call would have succeeded."""

    operation: str
    about: str = ""
    error: Ec2Error | None = None
    access: Access = OWN


@dataclass(frozen=True, slots=True)
class Closed:
    """A file that a user may not read. `sure`: the user is that of a running helper, or only root may read the file."""

    why: str
    mend: str = ""
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Exabgp:
    """ExaBGP. `file`: empty if none was found. `version`: empty if unknown. `refusal`: why it refuses the file.

    `child`: the command line of ExaBGP's child that is the daemon or has started it, empty if there is none. `same`:
    file names in the stanzas that are the configuration being checked. `closed`: files that helpers cannot read.
    """

    file: str = ""
    conf: ExabgpConf = field(default_factory=ExabgpConf)
    version: str = ""
    refusal: Known[str] = ""
    child: tuple[str, ...] = ()
    same: frozenset[str] = frozenset()
    closed: Mapping[str, Closed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortHolder:
    """A listening TCP socket of this host. `pid`: 0 if its process is not visible to us. `session`: its session id."""

    address: IPAddress
    port: int
    pid: int = 0
    name: str = ""
    session: int = 0


@dataclass(frozen=True, slots=True)
class OwnExabgp:
    """The ExaBGP that `bgp2vpc run` runs or would run. `refusal`: why it refuses the generated file.

    `listens`: where it has to listen. `holders`: the sockets that listen at these ports. `first_port`: ports below
    require a privilege. `may_bind_below`: whether the daemon has that; None if no daemon runs.
    """

    version: Known[str] = ""
    refusal: Known[str] = ""
    listens: frozenset[tuple[IPAddress, int]] = frozenset()
    holders: tuple[PortHolder, ...] = ()
    first_port: int = 1024
    may_bind_below: bool | None = None


class TcpAnswer(Enum):
    """The answer of a port to a connection attempt."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BgpSessions:
    """The configured BGP sessions, and what may block them.

    `answers`: neighbor -> the answer of its port to a connection from our address. `interfaces`: address -> interface,
    of us and of neighbors in our VPC. `rules`: the rules of these interfaces' security groups. `lists`: prefix lists
    that the rules refer to -> CIDRs.
    """

    neighbors: tuple[Neighbor, ...] = ()
    answers: Mapping[IPAddress, Known[TcpAnswer]] = field(default_factory=dict)
    interfaces: Mapping[IPAddress, Interface] = field(default_factory=dict)
    rules: Known[tuple[SecurityGroupRule, ...]] = ()
    lists: Mapping[str, Known[tuple[Prefix, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostFacts:
    """All facts."""

    host: Known[Host]
    running: Known[Running]
    metadata: Known[MetadataAnswer]
    endpoint: Known[Endpoint]
    vpc: Known[Vpc]
    rehearsals: Known[tuple[Rehearsal, ...]]
    exabgp: Known[Exabgp]
    programs: tuple[Problem, ...] = ()
    """Programs of the configuration that cannot be run here."""
    region: str = ""
    """The region of EC2 calls."""
    sessions: Known[BgpSessions] | None = None
    """None without a `bgp:` section."""
    own_exabgp: Known[OwnExabgp] | None = None
    """None if `bgp2vpc run` runs no ExaBGP."""
    daemons: Mapping[int, str] = field(default_factory=dict)
    """Process id -> `run` or `helper`, of the daemons with this configuration."""
