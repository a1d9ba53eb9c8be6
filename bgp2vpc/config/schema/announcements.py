"""The part of the schema that describes how a managed prefix is announced."""

from typing import Annotated, Self, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    model_validator,
)

from bgp2vpc.bgp.events import Announce
from bgp2vpc.bgp.path import Attributes
from bgp2vpc.config.document import kind_of
from bgp2vpc.config.schema import fields
from bgp2vpc.config.schema.entry import TEXT_OR_LIST, BaseEntry
from bgp2vpc.exabgp_api.line import parse


def _attribute_value(value: object) -> str:
    """The value of an attribute, as an `announce route` line has it: a list in brackets."""
    found = fields.texts(value)
    for each in found:
        if len(each.split()) != 1 or set(each) & set("[](){};"):
            raise ValueError(f"expected one word, or a list of words, got {kind_of(each)}")
    return f"[ {' '.join(found)} ]" if isinstance(value, list) else found[0]


Words: TypeAlias = Annotated[str, PlainValidator(_attribute_value), TEXT_OR_LIST]


class AnnounceEntry(BaseEntry):
    """Attributes of the announcement, in ExaBGP's words."""

    med: Words | None = Field(
        default=None, description="MED; `backup_med` or more also makes the path a backup in the VPC.", examples=[100]
    )
    local_preference: Words | None = Field(default=None, description="Local preference.", examples=[200])
    origin: Words | None = Field(default=None, description="`igp`, `egp` or `incomplete`.", examples=["igp"])
    as_path: Words | None = Field(default=None, description="AS path, a list of numbers.", examples=["[65001, 65002]"])
    community: Words | None = Field(
        default=None, description="One community or a list of them.", examples=["['65000:53', no-export]"]
    )
    large_community: Words | None = Field(
        default=None, description="One large community or a list of them.", examples=["'65000:1:53'"]
    )
    extended_community: Words | None = Field(
        default=None, description="One extended community or a list of them.", examples=["'target:65000:53'"]
    )

    @property
    def attributes(self) -> Attributes:
        """The attributes of the path. Raises ValueError if a value is not what ExaBGP's word takes."""
        given = ((key, getattr(self, key)) for key in type(self).model_fields)
        words = (f"{key.replace('_', '-')} {value}" for key, value in given if value is not None)
        command = parse(f"announce route 192.0.2.0/32 next-hop self {' '.join(words)}")  # with any prefix
        for event in command.events:
            if isinstance(event, Announce):
                return event.path.attributes
        raise ValueError(command.error)

    @model_validator(mode="after")
    def _understood(self) -> Self:
        _ = self.attributes
        return self


AnnounceOrNot: TypeAlias = Annotated[
    Annotated[bool, Tag("flag")] | Annotated[AnnounceEntry, Tag("attributes")],
    Discriminator(lambda value: "attributes" if isinstance(value, dict) else "flag"),
]
