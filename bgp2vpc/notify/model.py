"""Whom to tell of what. Values; who reads the configuration makes them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

_PATH: Final = re.compile(r"[/?#]")
"""What ends the host and port of a URL."""


class Happening(Enum):
    """What somebody may want to be told of. Values are the words of the configuration."""

    TAKEOVER = "takeover"
    WITHDRAWAL = "withdrawal"
    FAILURE = "failure"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One entry of `notify`: a program (`argv`) or an address (`url`), and what it is told of.

    `after`: how many times in a row something has to fail before it is told. `timeout`: seconds for one try; after a
    failed one there are up to `retries` more.
    """

    on: frozenset[Happening]
    argv: tuple[str, ...] = ()
    url: str = ""
    after: int = 3
    timeout: float = 10.0
    retries: int = 3

    @property
    def name(self) -> str:
        """For logs: the program, or the URL's host and port, for what is around them is often a secret."""
        if self.argv:
            return self.argv[0]
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{_PATH.split(rest, maxsplit=1)[0].rpartition('@')[2]}"


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened: one sentence, and the facts in it. `times`: how often it has failed, for failure and recovery."""

    happening: Happening
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)
    times: int = 0

    def is_for(self, recipient: Recipient) -> bool:
        """Whether this recipient wants it. A failure is told once, when it has lasted; then its end is, too."""
        if self.happening not in recipient.on:
            return False
        if self.happening is Happening.FAILURE:
            return self.times == recipient.after
        return self.happening is not Happening.RECOVERY or self.times >= recipient.after


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice with its date (UTC, RFC 3339) and sender, as it is delivered."""

    notice: Notice
    time: str
    instance_id: str
    vpc_id: str

    def to_json(self) -> dict[str, Any]:
        """The body of a POST."""
        count = {"times": self.notice.times} if self.notice.times else {}
        return {
            "schema": 1,
            "event": self.notice.happening.value,
            "message": self.notice.message,
            "time": self.time,
            "instance_id": self.instance_id,
            "vpc_id": self.vpc_id,
            **self.notice.facts,
            **count,
        }

    def environment(self) -> dict[str, str]:
        """What a program finds in its environment: the same, as `BGP2VPC_…`."""
        return {f"BGP2VPC_{key.upper()}": str(value) for key, value in self.to_json().items() if key != "schema"}
