"""A health check, its probe and its results, as values. Pure. Times are in seconds."""

import re
from dataclasses import dataclass, replace
from typing import TypeAlias

from bgp2vpc.prefix import IPAddress

Argv: TypeAlias = tuple[str, ...]
"""A program and its arguments, run without a shell. Empty: nothing is run."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How a TLS connection is verified. `ca_pem`: None for the system's CAs. `server_name`: empty: the destination."""

    ca_pem: str | None = None
    verify: bool = True
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Ping:
    """An ICMP or ICMPv6 echo; healthy if the reply arrives in time."""


@dataclass(frozen=True, slots=True)
class Tcp:
    """A TCP connection that sends `send` and then looks for `expect` anywhere in the received data.

    Without `expect` it is healthy once connected and `send` is written.
    """

    port: int
    send: bytes = b""
    expect: bytes = b""
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A program; healthy if it exits with 0. `%DESTINATION%` in an argument stands for the destination."""

    argv: Argv


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP request, or HTTPS with `tls`. Redirects are not followed.

    `host`: the Host header, and the TLS server name unless `tls` has one; empty: the destination. `statuses`: the
    healthy ones. `body`: text that the body must contain. `body_regexp`: must match somewhere in the first 16,384
    characters of the body.
    """

    port: int
    path: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    host: str = ""
    statuses: frozenset[int] = frozenset(range(200, 400))
    body: str = ""
    body_regexp: re.Pattern[str] | None = None
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Dns:
    """A DNS query to the destination; healthy if it has answers of this type and all of `expect` are among them.

    `record`: `A`, `AAAA`, `TXT` … `expect`: records in the notation of zone files.
    """

    name: str
    record: str = "A"
    expect: tuple[str, ...] = ()
    port: int = 53
    tcp: bool = False


Probe: TypeAlias = Ping | Tcp | Program | Http | Dns


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A configured check. `destination`: None for a template, which `for_destination` applies to a route's owner.

    `rise` successes in a row make it healthy, `fall` failures in a row unhealthy. It probes every `every` seconds, with
    a time-out of `timeout`. `on_healthy` and `on_unhealthy` run when the verdict changes, including the first verdict.
    `votes`: the number of votes needed against an owner (see `rise_fall.failing`); None: votes do not count.
    `control`: the name of a check of this host; while that does not pass, failures of this check count as unknown.
    Empty for none.
    """

    name: str
    probe: Probe
    every: float
    timeout: float
    destination: IPAddress | None = None
    rise: int = 2
    fall: int = 3
    on_healthy: Argv = ()
    on_unhealthy: Argv = ()
    votes: int | None = None
    control: str = ""

    @property
    def type(self) -> str:
        """The type as in the configuration."""
        match self.probe:
            case Http(tls=Tls()):
                return "https"
            case Program():
                return "command"
            case probe:
                return type(probe).__name__.lower()

    def for_destination(self, destination: IPAddress) -> "Check":
        """The template applied to one destination."""
        return replace(self, destination=destination)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one probe: healthy, unhealthy, or (None) unknown.

    Unhealthy requires evidence from the destination: a refusal, a wrong answer, or silence while our own process was on
    time. A failure on our own side (no descriptors, a missing program) is unknown. `reason`: why it is not healthy, in
    a few words for people.
    """

    healthy: bool | None
    reason: str = ""
