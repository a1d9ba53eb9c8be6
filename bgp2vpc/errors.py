"""What can go wrong, by who has to act on it.

Bgp2vpcError
├── ConfigError             the author of the file; exit 2
├── MetadataError           the host: instance metadata did not answer, and nothing replaces it
├── NoThread                the host: it lets this process start no further thread
├── CheckUnknown            the host: something of ours keeps a health check from telling how its destination is
├── SerfError               time, or the operator: there is no talking with the Serf agent
│   ├── SerfAway            time: it does not run, does not answer, or has gone
│   ├── SerfRefused         the operator: it wants another key, or is too old
│   └── NotSerf             the operator: something else listens there
├── PlanRefused             the operator: the plan is valid but larger than allowed; exit 3
├── ExabgpSilent            time, or the operator: ExaBGP runs, and does not answer
├── FallbackUnusable        the operator: what a route is to fall back to does not exist or does not work
├── ExabgpError             the operator: ExaBGP's configuration cannot be made, checked or written
├── ExabgpDown              time, or the operator: the ExaBGP that we run has ended, hangs, or does not start
└── Ec2Error
    ├── Transient           time: the same call again, later (5xx, time-outs, broken answers)
    │   └── Throttled       time, and more of it: the account's request bucket is empty
    ├── Disagreement        us: the VPC is not what we thought, so look again before anything else
    │   ├── RouteExists     CreateRoute found the prefix taken
    │   ├── RouteMissing    ReplaceRoute or DeleteRoute found no such route
    │   ├── TableGone       the route table does not exist (any more)
    │   ├── InterfaceGone   the network interface does not exist (any more)
    │   └── ListChanged     the prefix list has another version, or another change of it is under way
    └── OperatorError       the operator: the same call fails until somebody changes something
        ├── Denied          IAM does not allow the call
        ├── Credentials     none, expired, or the clock is off
        ├── QuotaReached    the route table, or the prefix list, is full
        └── Refused         EC2 does not accept the parameters
            └── NoLifecycleAction   time, or the operator: Auto Scaling waits for no such lifecycle action (yet)

Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from dataclasses import dataclass
from pathlib import Path


class Bgp2vpcError(Exception):
    """Anything this program raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration file. `line` counts from 1; `key` is dotted (`routetables.private.accept[0]`).

    `line` 0: the file as a whole, such as one that cannot be read; it has no key then.
    """

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f":{self.line}: {self.key}" if self.line else ""
        return f"{self.file}{where}: {self.message}"


class ConfigError(Bgp2vpcError):
    """The file cannot be used; `problems` holds every mistake found in it, in the order of its lines."""

    def __init__(self, file: Path | str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.file = str(file)
        self.problems = problems


class MetadataError(Bgp2vpcError):
    """Instance metadata did not tell what is needed."""


class NoThread(Bgp2vpcError):
    """The system lets this process start no further thread (a limit of tasks, or no memory). It may pass."""


class PlanRefused(Bgp2vpcError):
    """A plan that asks for more than the configuration allows at once. Nothing of it was written."""


class CheckUnknown(Bgp2vpcError):
    """A health check cannot tell how its destination is, for a reason on our own side. Its verdict stays."""


class SerfError(Bgp2vpcError):
    """The Serf agent of this host tells us nothing."""


class SerfAway(SerfError):
    """It does not run, does not answer, or has closed the connection."""


class SerfRefused(SerfError):
    """It does not let us in, or does not know what we ask for."""


class NotSerf(SerfError):
    """What answers there speaks something else."""


class ExabgpSilent(Bgp2vpcError):
    """ExaBGP does not answer: it is stopped, or its host swaps, or it waits for a disk."""


class FallbackUnusable(Bgp2vpcError):
    """What a route would be pointed at when nobody offers it any more does not exist, or does not work."""


class ExabgpError(Bgp2vpcError):
    """ExaBGP's configuration cannot be made, checked or written; what was there before is there still."""


class ExabgpDown(Bgp2vpcError):
    """The ExaBGP that we run has ended, hangs, or does not start. `what`: that; `said`: the end of its log, or empty.

    `said` may differ from try to try where `what` is the same.
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
    """The bucket of this action, shared by the whole account and region, is empty."""


class Disagreement(Ec2Error):
    """The VPC differs from the snapshot the call was based on."""


class RouteExists(Disagreement):
    """The prefix already has a static route in this table."""


class RouteMissing(Disagreement):
    """The prefix has no static route in this table."""


class TableGone(Disagreement):
    """No such route table."""


class InterfaceGone(Disagreement):
    """No such network interface."""


class ListChanged(Disagreement):
    """The managed prefix list is not of the version that we know, or EC2 is at work on another change of it."""


class OperatorError(Ec2Error):
    """Repeating the call is useless until somebody has changed something."""


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
