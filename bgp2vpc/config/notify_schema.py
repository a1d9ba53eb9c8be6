"""Entries of `notify`: whom to tell of what."""

from typing import Annotated, Final, Self, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from bgp2vpc.config import fields
from bgp2vpc.config.entry import Count, Entry, Period
from bgp2vpc.notify.model import Happening, Recipient

_RECIPIENT: Final = Recipient(on=frozenset())
_COUNTED: Final = {Happening.FAILURE, Happening.RECOVERY}

Program: TypeAlias = Annotated[
    tuple[str, ...],
    PlainValidator(fields.command),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Url: TypeAlias = Annotated[str, PlainValidator(fields.url), WithJsonSchema({"type": "string", "pattern": "^https?://"})]


class NotifyEntry(Entry):
    """A program or a URL, and what it is told of."""

    on: Annotated[list[Happening], Field(min_length=1)] = Field(
        description="What to tell: `takeover` (we took a route, or lost one), `withdrawal` (a route of ours was "
        "deleted, without a successor), `failure` (something failed `after` times in a row), `recovery` (from it).",
        examples=["[takeover, failure, recovery]"],
    )
    run: Program | None = Field(
        default=None,
        description="A program and its arguments; no shell runs. It finds `BGP2VPC_EVENT`, `BGP2VPC_MESSAGE` and more "
        "in its environment.",
        examples=["/usr/local/bin/page-somebody"],
    )
    url: Url | None = Field(
        default=None,
        description="An address that is sent the same as JSON, by POST; any 2xx is an acceptance.",
        examples=["https://hooks.example.org/bgp2vpc"],
    )
    after: Count = Field(
        default=_RECIPIENT.after,
        description="How many times in a row something has to fail; a failure is told once, and its end, too.",
    )
    timeout: Period = Field(
        default=_RECIPIENT.timeout, description="Seconds that one try may take; then a program is killed."
    )
    retries: int = Field(
        default=_RECIPIENT.retries,
        ge=0,
        le=100,
        description="How often it is tried again, after 1, 2, 4 … 60 s, before it is dropped.",
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.run is None) == (self.url is None):
            raise ValueError("needs either 'run' (a program) or 'url' (an address to post JSON to), not both")
        if "after" in self.model_fields_set and not _COUNTED & set(self.on):
            raise ValueError("after counts failures: add failure or recovery to 'on', or leave it out")
        return self
