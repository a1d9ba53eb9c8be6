"""Alerts and their recipients, as values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

_PATH: Final = re.compile(r"[/?#]")
"""What ends the host and port of a URL."""


Address: TypeAlias = tuple[tuple[str, ...], str]
"""A program, or a URL."""


class AlertKind(Enum):
    """Kinds of alerts. Values are the words of the configuration."""

    TAKEOVER = "takeover"
    WITHDRAWAL = "withdrawal"
    FAILURE = "failure"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One entry of `notify`: a program (`argv`) or an address (`url`), and what it is told of.

    `after`: how many times in a row something has to fail before the alert. `timeout`: seconds for one try; after a
    failed one there are up to `retries` more.
    """

    on: frozenset[AlertKind]
    argv: tuple[str, ...] = ()
    url: str = ""
    after: int = 3
    timeout: float = 10.0
    retries: int = 3

    @property
    def address(self) -> Address:
        """What identifies the recipient across a reload that changes the rest of its entry."""
        return self.argv, self.url

    @property
    def name(self) -> str:
        """For logs: the program, or the URL's host and port. The rest of a URL is often a secret."""
        if self.argv:
            return self.argv[0]
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{_PATH.split(rest, maxsplit=1)[0].rpartition('@')[2]}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One event: a sentence, and the facts in it. `times`: how often it has failed, for failure and recovery.

    `told`: the recipients of this failure so far; all notices from its first failure to its recovery share this set.
    """

    kind: AlertKind
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)
    times: int = 0
    told: set[Address] = field(default_factory=set, compare=False, repr=False)

    def is_for(self, recipient: Recipient) -> bool:
        """Whether this recipient gets it. A failure is sent once, when it has happened `after` times in a row.

        A recovery goes to those who got the failure, and to those who want recoveries but no failures.
        """
        if self.kind not in recipient.on:
            return False
        if self.kind is AlertKind.FAILURE:
            return self.times >= recipient.after and recipient.address not in self.told
        if self.kind is AlertKind.RECOVERY:
            silent = AlertKind.FAILURE not in recipient.on and self.times >= recipient.after
            return silent or recipient.address in self.told
        return True

    def is_told_to(self, recipient: Recipient) -> None:
        """Remember that it was sent, so that the failure is not sent again and its recovery is."""
        if self.kind is AlertKind.FAILURE:
            self.told.add(recipient.address)


@dataclass(frozen=True, slots=True)
class AlertMessage:
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
            "event": self.notice.kind.value,
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
