"""The exceptions, by who has to act on them; "time" means that it may pass by itself.

Bgp2vpcError
├── ConfigError             the author of the file; exit 2
├── MetadataError           the host: instance metadata does not answer, and the file does not replace it
├── NoThread                the host: this process can start no further thread
├── CheckUnknown            the host: a health check gets no result for a reason on our own side
├── SerfError               time, or the operator: the Serf agent cannot be used
│   ├── SerfAway            time: the agent does not run, does not answer, or closed the connection
│   ├── SerfRefused         the operator: the agent expects another key, or is too old
│   └── NotSerf             the operator: another program listens on the agent's port
├── PlanRefused             the operator: the plan is valid but larger than allowed; exit 3
├── ExabgpSilent            time, or the operator: ExaBGP runs, but does not answer
├── FallbackUnusable        the operator: the fallback target of a route does not exist or does not work
├── ExabgpError             the operator: ExaBGP's configuration cannot be created, checked or written
├── ExabgpDown              time, or the operator: the ExaBGP that we run has ended, hangs, or does not start
└── Ec2Error
    ├── Transient           time: the same call again, later (5xx, time-outs, broken answers)
    │   ├── Throttled       more time: the account's request bucket is empty
    │   └── NoAnswer        time: no answer has arrived; the network may be at fault, EC2's or ours
    ├── Disagreement        us: the VPC differs from the snapshot, so read it again first
    │   ├── RouteExists     CreateRoute found the prefix taken
    │   ├── RouteMissing    ReplaceRoute or DeleteRoute found no such route
    │   ├── TableGone       the route table does not exist (any more)
    │   ├── InterfaceGone   the network interface does not exist (any more)
    │   └── ListChanged     the prefix list has another version, or another change of it is under way
    └── OperatorError       the operator: the same call fails until somebody changes something
        ├── Denied          IAM does not allow the call
        ├── Credentials     none, expired, or the host's clock is off
        ├── QuotaReached    the route table, or the prefix list, is full
        └── Refused         EC2 does not accept the parameters
            └── NoLifecycleAction   time, or the operator: Auto Scaling waits for no such lifecycle action (yet)

Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from dataclasses import dataclass
from pathlib import Path


class Bgp2vpcError(Exception):
    """Base of all exceptions that this program raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration file. `line` counts from 1; `key` is dotted (`routetables.private.accept[0]`).

    `line` 0: the problem is the whole file, for example an unreadable one; `key` is not shown then.
    """

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f":{self.line}: {self.key}" if self.line else ""
        return f"{self.file}{where}: {self.message}"


class ConfigError(Bgp2vpcError):
    """The file cannot be used. `problems`: all mistakes found in it, in the order of its lines."""

    def __init__(self, file: Path | str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.file = str(file)
        self.problems = problems


class MetadataError(Bgp2vpcError):
    """The instance id, region or VPC is neither configured nor to be had from instance metadata (or EC2)."""


class NoThread(Bgp2vpcError):
    """The system refuses this process a further thread (a limit of tasks, or no memory). This may pass."""


class PlanRefused(Bgp2vpcError):
    """A plan or a drain is refused as unsafe, for example for too many changes at once. Nothing of it was written."""


class CheckUnknown(Bgp2vpcError):
    """The probes of a health check have no result, for a reason on our own side. Its verdict stays."""


class SerfError(Bgp2vpcError):
    """The Serf agent of this host cannot be used."""


class SerfAway(SerfError):
    """The agent does not run, does not answer, or has closed the connection."""


class SerfRefused(SerfError):
    """The agent refused our key, or does not support a command that we need."""


class NotSerf(SerfError):
    """The program that answers at the agent's address does not speak Serf's protocol."""


class ExabgpSilent(Bgp2vpcError):
    """ExaBGP runs, but does not answer: it is stopped, its host swaps, or it waits for a disk."""


class FallbackUnusable(Bgp2vpcError):
    """The target a route falls back to when nobody offers the prefix does not exist, or does not work."""


class ExabgpError(Bgp2vpcError):
    """ExaBGP's configuration cannot be created, checked or written. The old file is still in place.

    `is_refusal`: ExaBGP has read it and does not accept it, so it would refuse the same text again.
    """

    def __init__(self, message: str, *, is_refusal: bool = False) -> None:
        super().__init__(message)
        self.is_refusal = is_refusal


class ExabgpDown(Bgp2vpcError):
    """The ExaBGP that we run has ended, hangs, or does not start.

    `what`: which of these. `said`: the end of its log, or empty; it may differ between tries with the same `what`.
    """

    def __init__(self, what: str, said: str = "") -> None:
        super().__init__(f"{what}: {said}" if said else what)
        self.what = what


class Ec2Error(Bgp2vpcError):
    """A failed EC2 call: `code` and `message` as EC2 gave them (or botocore's name for the failure)."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code
        self.message = message


class Transient(Ec2Error):
    """May pass by itself. A write may have been applied although its answer was lost: read before repeating it."""


class Throttled(Transient):
    """The request bucket of this action, which the account shares per region, is empty."""


class NoAnswer(Transient):
    """No answer has arrived: a time-out, or no connection. The network is at fault, or EC2 as a whole."""


class Disagreement(Ec2Error):
    """The VPC differs from the snapshot the call was based on."""


class RouteExists(Disagreement):
    """The prefix already has a static route in this table."""


class RouteMissing(Disagreement):
    """The prefix has no static route in this table."""


class TableGone(Disagreement):
    """The route table does not exist (any more)."""


class InterfaceGone(Disagreement):
    """The network interface does not exist (any more)."""


class ListChanged(Disagreement):
    """The managed prefix list has another version than we read, or EC2 is still applying another change of it."""


class OperatorError(Ec2Error):
    """The call fails again until an operator has changed something."""


class Denied(OperatorError):
    """The instance role (or the credentials in the environment) lacks a permission."""


class Credentials(OperatorError):
    """No usable credentials, or a clock too far off for the signature."""


class QuotaReached(OperatorError):
    """The route table holds as many routes as its quota allows, or the prefix list as many entries as MaxEntries."""


class Refused(OperatorError):
    """EC2 does not accept these parameters."""


class NoLifecycleAction(Refused):
    """Auto Scaling waits for no lifecycle action of this hook and instance: not yet, not any more, or never."""
