"""Alerts and their recipients, as values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

_PATH: Final = re.compile(r"[/?#]")
"""The characters that end host and port of a URL."""


Address: TypeAlias = tuple[tuple[str, ...], str]
"""The program (arguments) and URL of a recipient, one of which is empty."""


class AlertKind(Enum):
    """The kinds of alerts; the values are the words of the configuration."""

    TAKEOVER = "takeover"
    WITHDRAWAL = "withdrawal"
    FAILURE = "failure"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An entry of `notify`: a program (`argv`) or a `url`, and the kinds of alerts it gets (`on`).

    `after`: number of failures in a row before the alert. `timeout`: seconds for one attempt. `retries`: further
    attempts after a failed one.
    """

    on: frozenset[AlertKind]
    argv: tuple[str, ...] = ()
    url: str = ""
    after: int = 3
    timeout: float = 10.0
    retries: int = 3

    @property
    def address(self) -> Address:
        """Identifies the recipient across a reload that changes the rest of its entry."""
        return self.argv, self.url

    @property
    def name(self) -> str:
        """The name for logs: the program, or scheme, host and port of the URL, whose path is often a secret."""
        if self.argv:
            return self.argv[0]
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{_PATH.split(rest, maxsplit=1)[0].rpartition('@')[2]}"


@dataclass(frozen=True, slots=True)
class Notice:
    """An event for alerts: a sentence and its facts. `times`: the number of failures, for failure and recovery.

    `told`: the recipients of this failure so far, shared by all notices from the first failure to the recovery.
    """

    kind: AlertKind
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)
    times: int = 0
    told: set[Address] = field(default_factory=set, compare=False, repr=False)

    def is_for(self, recipient: Recipient) -> bool:
        """Whether this recipient gets the notice. A failure is sent once, after `after` failures in a row.

        A recovery goes to recipients of the failure, and to recipients that want recoveries but no failures.
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
        """Record that a failure was sent, so that it is not sent again, but its recovery is."""
        if self.kind is AlertKind.FAILURE:
            self.told.add(recipient.address)

    def is_not_told_to(self, recipient: Recipient) -> None:
        """Record that a failure could not be delivered: it is sent again when the operation fails once more."""
        if self.kind is AlertKind.FAILURE:
            self.told.discard(recipient.address)


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """A notice as delivered, with its time (UTC, RFC 3339) and sender."""

    notice: Notice
    time: str
    instance_id: str
    vpc_id: str

    def to_json(self) -> dict[str, Any]:
        """The body of the POST."""
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
        """The environment of the program: the same values as `BGP2VPC_…`."""
        return {f"BGP2VPC_{key.upper()}": str(value) for key, value in self.to_json().items() if key != "schema"}
