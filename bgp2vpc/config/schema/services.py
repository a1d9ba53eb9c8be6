"""The parts of the schema for what runs beside the routes: the Serf agent, the web page, messages to people."""

from pathlib import Path
from typing import Annotated, Final, Self, TypeAlias

from pydantic import Field, PlainValidator, model_validator

from bgp2vpc.config.schema import fields
from bgp2vpc.config.schema.entry import BaseEntry, Count, Period, Program, text_schema
from bgp2vpc.notify.model import AlertKind, Recipient
from bgp2vpc.serf.model import Agent
from bgp2vpc.serf.vote import REPEATS

_SERF: Final = Agent(host="127.0.0.1")
_RECIPIENT: Final = Recipient(on=frozenset())
_COUNTED: Final = {AlertKind.FAILURE, AlertKind.RECOVERY}

Url: TypeAlias = Annotated[str, PlainValidator(fields.url), text_schema("^https?://")]
RpcAddress: TypeAlias = Annotated[tuple[str, int], PlainValidator(fields.rpc_address), text_schema()]
ListenAddress: TypeAlias = Annotated[tuple[str, int], PlainValidator(fields.listen_address), text_schema()]
TokenFile: TypeAlias = Annotated[Path | None, PlainValidator(fields.file_path), text_schema()]
HostName: TypeAlias = Annotated[str, PlainValidator(fields.host_name), text_schema()]


class SerfEntry(BaseEntry):
    """The HashiCorp Serf agent of this host: who is gone, and others' votes about the owners of routes."""

    rpc: RpcAddress = Field(
        description="Address and port of the agent: its `-rpc-addr`.",
        examples=["127.0.0.1:7373"],
    )
    auth_key: str = Field(
        default=_SERF.auth_key, description="The agent's `rpc_auth`, if it has one.", examples=["a-long-secret"]
    )
    every: Period = Field(
        default=_SERF.every, ge=0.1, description="Seconds between two requests for the member list of the cluster."
    )
    vote_time: Period = Field(
        default=_SERF.vote_time,
        description="Seconds for which a vote is valid. We repeat our own votes three times within this time.",
    )

    @model_validator(mode="after")
    def _votes_are_repeated_in_time(self) -> Self:
        if self.vote_time < REPEATS * self.every:
            least = REPEATS * self.every
            raise ValueError(
                f"vote_time must be at least {least:g} ({REPEATS} times 'every'): votes are repeated in time"
            )
        return self


class WebEntry(BaseEntry):
    """The status page, `/status.json`, `/metrics`, and steering by POST (docs/web.md)."""

    listen: ListenAddress = Field(
        description="Address and port; everyone who can reach the port can read everything, so use 127.0.0.1.",
        examples=["127.0.0.1:8179"],
    )
    token_file: TokenFile = Field(
        default=None,
        description="File with the token that orders by POST require. Only its owner and group may have read access. "
        "Without the file, orders over HTTP are off.",
        examples=["/etc/bgp2vpc.token"],
    )
    hosts: Annotated[list[HostName], Field(max_length=100)] = Field(
        default=[],
        description="Further names of this server, besides localhost and the address, that a browser, a proxy or "
        "Prometheus sends as `Host`.",
        examples=["[bgp2vpc.example.org]"],
    )


class NotifyEntry(BaseEntry):
    """A program or a URL, and what it is told of."""

    on: Annotated[list[AlertKind], Field(min_length=1)] = Field(
        description="Which events: `takeover` (we took or lost a route), `withdrawal` (one of our routes was deleted "
        "without a successor), `failure` (something failed `after` times in a row), `recovery` (a "
        "failure has ended).",
        examples=["[takeover, failure, recovery]"],
    )
    run: Program | None = Field(
        default=None,
        description="A program and its arguments; no shell runs. Its environment has `BGP2VPC_EVENT`, "
        "`BGP2VPC_MESSAGE` and more.",
        examples=["/usr/local/bin/page-somebody"],
    )
    url: Url | None = Field(
        default=None,
        description="A URL that receives the same data as JSON by POST; any 2xx status means delivered.",
        examples=["https://hooks.example.org/bgp2vpc"],
    )
    after: Count = Field(
        default=_RECIPIENT.after,
        description="How many times in a row something has to fail before the alert is sent. Each failure is sent "
        "once, and so is its recovery.",
    )
    timeout: Period = Field(
        default=_RECIPIENT.timeout,
        description="Seconds that one delivery may take; a program that takes longer is killed.",
    )
    retries: int = Field(
        default=_RECIPIENT.retries,
        ge=0,
        le=100,
        description="How many times a failed delivery is retried, after 1, 2, 4 … 60 s, before the alert is dropped.",
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.run is None) == (self.url is None):
            raise ValueError("needs either 'run' (a program) or 'url' (an address to post JSON to), not both")
        if "after" in self.model_fields_set and not _COUNTED & set(self.on):
            raise ValueError("after counts failures: add failure or recovery to 'on', or leave it out")
        return self
