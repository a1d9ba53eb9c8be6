"""The doctor's facts and findings, as values.

Each of the `HostFacts` (from `gather`) is independent: one that could not be had is a `Trouble`, and the others are
judged all the same.
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
    """The result of a check. Values are the words of `--json`."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `message`: a sentence. `mend`: the command that mends it, if anything is wrong."""

    check: str
    state: State
    message: str
    mend: str = ""

    def to_json(self) -> dict[str, str]:
        """The contract of `doctor --json`."""
        return {"check": self.check, "state": self.state.value, "message": self.message, "mend": self.mend}


def ok(check: str, message: str) -> Finding:
    """All is well."""
    return Finding(check, State.OK, message)


def warn(check: str, message: str, mend: str = "") -> Finding:
    """It works, or may; look at it."""
    return Finding(check, State.WARN, message, mend)


def fail(check: str, message: str, mend: str = "") -> Finding:
    """It does not work."""
    return Finding(check, State.FAIL, message, mend)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something is not known. `error`: the exception, if there was one."""

    why: str
    error: Exception | None = None


REGION_UNKNOWN: Final = Trouble("the region is not known")

T = TypeVar("T")
Known: TypeAlias = T | Trouble


@dataclass(frozen=True, slots=True)
class Host:
    """This machine. `addresses`: address -> interfaces that have it. `rp_filter`: interface -> 0, 1 or 2, as effective.

    `forwards`: IP versions that are forwarded. `contained`: whether this is a container. `metadata_proxy`: HOST:PORT
    of the proxy that the environment has programs ask instance metadata through; empty: none.
    """

    addresses: Mapping[IPAddress, frozenset[str]] = field(default_factory=dict)
    rp_filter: Mapping[str, int] = field(default_factory=dict)
    forwards: frozenset[int] = frozenset()
    contained: bool = False
    metadata_proxy: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """The daemon that runs. `offered`: what this host's sources and checks offer now.

    `runs_exabgp`: it is `bgp2vpc run` with a `bgp:` section; `exabgp_pid`: its ExaBGP, if that runs now.
    """

    pid: int
    offered: frozenset[Prefix] = frozenset()
    runs_exabgp: bool = False
    exabgp_pid: int | None = None


@dataclass(frozen=True, slots=True)
class MetadataAnswer:
    """What instance metadata says; `role`: the name of the instance's role, empty if it has none.

    `tags`: the keys of the tags that it shows; None: it shows none.
    """

    instance: Instance
    role: str = ""
    tags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """EC2's endpoint. `latency`: seconds of one request. `ahead`: seconds by which its clock is ahead of ours; None:
    it did not say. `proxy`: HOST:PORT of the proxy of the environment that it is spoken to through, or empty;
    `addresses` are what is connected to: the proxy's, if there is one.
    """

    url: str
    addresses: tuple[IPAddress, ...] = ()
    latency: float = 0.0
    ahead: float | None = None
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Vpc:
    """What EC2 said of the VPC, the tables that rules found, and the instances that `peers_by_tag` finds.

    `fallbacks`: (VPC, target) -> what speaks against it as a fallback; empty: nothing. `accounts`: how many tables were
    read in each other account or region.
    """

    instance: Instance
    snapshot: Snapshot
    tables: Mapping[str, TablePolicy]
    fallbacks: Mapping[tuple[str, Target], Known[str]] = field(default_factory=dict)
    members: Known[tuple[TaggedInstance, ...]] = ()
    accounts: Mapping[Access, Known[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A call made with DryRun. `about`: a table, or empty. `error` None: EC2 would have done it."""

    operation: str
    about: str = ""
    error: Ec2Error | None = None
    access: Access = OWN


@dataclass(frozen=True, slots=True)
class Closed:
    """A file that a user may not read, why, and what mends it. `sure`: that user has to, or only root may read it."""

    why: str
    mend: str = ""
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Exabgp:
    """ExaBGP. `file` empty: none was found. `version` empty: it could not be asked. `refusal`: why it says no.

    `child`: the command line of the child of ExaBGP that is the daemon, or has started it; empty: it runs none.
    `same`: file names in the stanzas that mean the configuration looked at. `closed`: those that helpers cannot read.
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
    """A TCP socket that listens on this host. `pid` 0: its process is not for us to see. `session`: the process's."""

    address: IPAddress
    port: int
    pid: int = 0
    name: str = ""
    session: int = 0


@dataclass(frozen=True, slots=True)
class OwnExabgp:
    """The ExaBGP that `bgp2vpc run` runs, or would run. `refusal`: why it does not take the file made for it.

    `holders`: who listens at ports where it is to listen. `first_port`: those below need a privilege, which the daemon
    has if `may_bind_below`; None: no daemon runs.
    """

    version: Known[str] = ""
    refusal: Known[str] = ""
    listens: frozenset[tuple[IPAddress, int]] = frozenset()
    holders: tuple[PortHolder, ...] = ()
    first_port: int = 1024
    may_bind_below: bool | None = None


class TcpAnswer(Enum):
    """What a port answers to who wants to connect."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BgpSessions:
    """The BGP sessions that there are to be, and what may keep them from it.

    `answers`: neighbor -> what its port answered to a connection from our address. `interfaces`: address -> its
    interface, of neighbors and of our own, as far as they are of our VPC. `rules`: of the security groups of these
    interfaces. `lists`: the prefix lists that these name -> CIDRs.
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
    """Those of the configuration that cannot be run here."""
    region: str = ""
    """In which EC2 is asked."""
    sessions: Known[BgpSessions] | None = None
    """None: no `bgp:` section."""
    own_exabgp: Known[OwnExabgp] | None = None
    """None: `bgp2vpc run` runs none."""
    daemons: Mapping[int, str] = field(default_factory=dict)
    """Process id -> `run` or `helper`: the daemons with this configuration."""
