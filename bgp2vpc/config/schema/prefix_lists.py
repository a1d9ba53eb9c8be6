"""The part of the schema that describes `prefix_list`: the managed prefix list of a rule."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    model_validator,
)

from bgp2vpc.config.schema import aws_fields
from bgp2vpc.config.schema.entry import BaseEntry, text_schema
from bgp2vpc.config.schema.find import TagKey

PrefixListIdText: TypeAlias = Annotated[str, PlainValidator(aws_fields.prefix_list_id), text_schema("^pl-[0-9a-f]+$")]


class PrefixListTagConfig(BaseEntry):
    """Which tag."""

    key: TagKey = Field(description="The tag's key.", examples=["bgp2vpc"])
    value: str = Field(description="The tag's value, exactly.", examples=["anycast"])


class PrefixListFindEntry(BaseEntry):
    """The prefix list with a tag of exactly this key and value."""

    type: Literal["by_tag"]
    config: PrefixListTagConfig = Field(description="Which tag.", examples=["{key: bgp2vpc, value: anycast}"])


class PrefixListEntry(BaseEntry):
    """Which managed prefix list, and what becomes of entries that bgp2vpc did not write."""

    id: PrefixListIdText | None = Field(
        default=None, description="The prefix list's id.", examples=["pl-0123456789abcdef0"]
    )
    name: str | None = Field(
        default=None,
        min_length=1,
        description="The prefix list's exact name. One IPv4 list and one IPv6 list may have the same name.",
        examples=["anycast"],
    )
    find: PrefixListFindEntry | None = Field(
        default=None,
        description="The prefix list with this tag. One IPv4 list and one IPv6 list may have the tag.",
        examples=["{type: by_tag, config: {key: bgp2vpc, value: anycast}}"],
    )
    foreign_entries: Literal["refuse", "keep"] = Field(
        default="refuse",
        description="What to do if the list has entries that bgp2vpc did not write: `refuse` to point the route for "
        "the list at this instance, or `keep` the entries, so that this instance receives their traffic "
        "as well.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if [self.id, self.name, self.find].count(None) != 2:
            raise ValueError("needs exactly one of id, name and find")
        return self


ListOfRule: TypeAlias = Annotated[
    Annotated[PrefixListEntry, Tag("mapping")]
    | Annotated[
        PrefixListEntry,
        PlainValidator(lambda value: PrefixListEntry.model_construct({"id"}, id=aws_fields.prefix_list_id(value))),
        text_schema("^pl-[0-9a-f]+$"),
        Tag("text"),
    ],
    Discriminator(lambda value: "mapping" if isinstance(value, dict | PrefixListEntry) else "text"),
]
