"""What a health check is, as values, and what it tells. Pure. Times are in seconds."""

import re
from dataclasses import dataclass, replace
from typing import TypeAlias

from bgp2vpc.prefix import IPAddress

Argv: TypeAlias = tuple[str, ...]
"""A program and its arguments; no shell. Empty: nothing is run."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How a TLS connection is checked. `ca_pem` None: the system's CAs. `server_name` empty: the destination."""

    ca_pem: str | None = None
    verify: bool = True
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Ping:
    """ICMP (ICMPv6) echo: healthy if the reply comes in time."""


@dataclass(frozen=True, slots=True)
class Tcp:
    """A connection; `send` goes out as it stands, then `expect` must be found anywhere in what arrives in time.

    Without `expect`: healthy once connected and `send` is written.
    """

    port: int
    send: bytes = b""
    expect: bytes = b""
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A program: healthy if it exits with 0. `%DESTINATION%` in an argument stands for the destination."""

    argv: Argv


@dataclass(frozen=True, slots=True)
class Http:
    """One request, HTTPS if `tls`; redirects are answers like any other.

    `host`: the Host header (and the TLS server name, unless `tls` names one); empty: the destination. `statuses`: those
    that are healthy. `body`: must be found in the answer's body, as text; `body_regexp`: must match
    somewhere in its first 16,384 characters.
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
    """One question, asked of the destination: healthy if there are answers of this type, and `expect` is among them.

    `record`: `A`, `AAAA`, `TXT` …; `expect`: answers as zone files write them, all of which must be there.
    """

    name: str
    record: str = "A"
    expect: tuple[str, ...] = ()
    port: int = 53
    tcp: bool = False


Probe: TypeAlias = Ping | Tcp | Program | Http | Dns


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A configured check. `destination` None: a template, to be instantiated for the owner of a route.

    `rise` successes in a row make it healthy, `fall` failures in a row unhealthy. One probe every `every` seconds, each
    given up after `timeout`. `on_healthy` and `on_unhealthy` are run when the verdict changes, also the first time.
    `votes`: how many voters have to speak against an owner (see `rise_fall.failing`); None: nobody else is asked.
    `control`: the name of a check of this host that must pass, or a failure of this one tells nothing; empty: none.
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
        """The word of the configuration."""
        match self.probe:
            case Http(tls=Tls()):
                return "https"
            case Program():
                return "command"
            case probe:
                return type(probe).__name__.lower()

    def for_destination(self, destination: IPAddress) -> "Check":
        """The check that this template stands for at one destination."""
        return replace(self, destination=destination)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe found: healthy, unhealthy, or (None) unknown.

    Unhealthy needs evidence from what is checked: a refusal, a wrong answer, or silence while we were on time. What
    fails on our own side (no descriptors, a program that is not there) says nothing about it: unknown. `reason`: why
    it is not healthy, in a few words for people.
    """

    healthy: bool | None
    reason: str = ""
