"""The part of the schema that says how route tables are found."""

from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Field, PlainValidator

from bgp2vpc.config.schema import aws_fields
from bgp2vpc.config.schema.entry import BaseEntry, Cidr, NoConfig, Regexp, VpcId, text_schema

_COMBINED: Final = "The finders to combine; an empty list would mean every table."

SubnetId: TypeAlias = Annotated[str, PlainValidator(aws_fields.subnet_id), text_schema("^subnet-[0-9a-f]+$")]
RouteTableId: TypeAlias = Annotated[
    str, PlainValidator(aws_fields.route_table_id), text_schema("^(tgw-)?rtb-[0-9a-f]+$")
]
TagKey: TypeAlias = Annotated[str, Field(min_length=1)]


class _FindEntry(BaseEntry):
    negate: bool = Field(default=False, alias="not", description="Find the tables that this finder does not match.")
    no_results_ok: bool = Field(default=False, description="It is not an error if no table matches.")


class ByTagConfig(BaseEntry):
    """Which tag."""

    key: TagKey = Field(description="The tag's key.", examples=["type"])
    value: str = Field(
        description="The tag's exact value; SELF_AZ: the name of this instance's availability zone.",
        examples=["private"],
    )


class ByTagEntry(_FindEntry):
    """Tables with a tag of exactly this key and value."""

    type: Literal["by_tag"]
    config: ByTagConfig = Field(description="Which tag.", examples=["{key: type, value: private}"])


class ByTagRegexpConfig(BaseEntry):
    """Which tag."""

    key: TagKey = Field(description="The tag's key.", examples=["Name"])
    regexp: Regexp = Field(description="Found anywhere in the tag's value; ^ and $ are its ends.", examples=["^nat-"])


class ByTagRegexpEntry(_FindEntry):
    """Tables with a tag whose value matches a regular expression, anywhere in the value."""

    type: Literal["by_tag_regexp"]
    config: ByTagRegexpConfig = Field(description="Which tag.", examples=["{key: Name, regexp: ^private-}"])


class MainEntry(_FindEntry):
    """The VPC's main table."""

    type: Literal["main"]
    config: NoConfig = Field(default=NoConfig(), description="Nothing.", examples=["{}"])


class SubnetConfig(BaseEntry):
    """Which subnet."""

    subnet_id: SubnetId = Field(description="The subnet's id.", examples=["subnet-0123456789abcdef0"])


class SubnetEntry(_FindEntry):
    """The table that a subnet uses: the main table if none is associated with the subnet."""

    type: Literal["subnet"]
    config: SubnetConfig = Field(description="Which subnet.", examples=["{subnet_id: subnet-0123456789abcdef0}"])


class HasRouteToConfig(BaseEntry):
    """Which route."""

    cidr: Cidr = Field(description="The destination, exactly.", examples=["0.0.0.0/0"])


class HasRouteToEntry(_FindEntry):
    """Tables with a route to exactly this destination, whatever it points at."""

    type: Literal["has_route_to"]
    config: HasRouteToConfig = Field(description="Which route.", examples=["{cidr: 10.9.0.0/16}"])


class VpcConfig(BaseEntry):
    """Which VPC."""

    vpc_id: VpcId = Field(description="The VPC's id.", examples=["vpc-0123456789abcdef0"])


class VpcEntry(_FindEntry):
    """Tables of this VPC. Used directly or within `and`, it also sets the rule's `vpc_id`."""

    type: Literal["vpc"]
    config: VpcConfig = Field(description="Which VPC.", examples=["{vpc_id: vpc-0123456789abcdef0}"])


class ByAzConfig(BaseEntry):
    """Which availability zone."""

    az: str = Field(min_length=1, description="The zone's name; SELF: this instance's.", examples=["SELF"])


class ByAzEntry(_FindEntry):
    """Tables whose subnets are all in one availability zone. The main table has all subnets that use no other table."""

    type: Literal["by_az"]
    config: Annotated[
        ByAzConfig,
        # The zone may stand straight under `config`, too.
        BeforeValidator(
            lambda value: {"az": value} if isinstance(value, str) else value,
            json_schema_input_type=ByAzConfig | str,
        ),
    ] = Field(description="Which zone.", examples=["{az: SELF}"])


class IdsConfig(BaseEntry):
    """Which tables."""

    ids: list[RouteTableId] = Field(
        min_length=1, description="Ids of route tables.", examples=["[rtb-0123456789abcdef0]"]
    )


class IdsEntry(_FindEntry):
    """Tables by their ids."""

    type: Literal["ids"]
    config: IdsConfig = Field(description="Which tables.", examples=["{ids: [rtb-0123456789abcdef0]}"])


class FiltersConfig(BaseEntry):
    """The parts of `and` and `or`."""

    filters: list["FindEntry"] = Field(
        min_length=1,
        description=_COMBINED,
        examples=["[{type: main}]"],
    )


Filters: TypeAlias = Annotated[
    FiltersConfig,
    # The list may stand straight under `config`, too, as AWSnycast's users write it.
    BeforeValidator(
        lambda value: {"filters": value} if isinstance(value, list) else value,
        json_schema_input_type=FiltersConfig | list["FindEntry"],
    ),
]


class AndEntry(_FindEntry):
    """Tables that all the filters match."""

    type: Literal["and"]
    config: Filters = Field(description=_COMBINED, examples=["{filters: [{type: main}]}"])


class OrEntry(_FindEntry):
    """Tables that at least one of the filters matches."""

    type: Literal["or"]
    config: Filters = Field(description=_COMBINED, examples=["{filters: [{type: main}]}"])


FindEntry: TypeAlias = Annotated[
    ByTagEntry
    | ByTagRegexpEntry
    | MainEntry
    | SubnetEntry
    | HasRouteToEntry
    | VpcEntry
    | ByAzEntry
    | IdsEntry
    | AndEntry
    | OrEntry,
    Field(discriminator="type"),
]
_OF_GATEWAYS: Final = ("by_tag", "by_tag_regexp", "ids", "and", "or")


def problem_of(entry: FindEntry, *, transit: bool) -> str:
    """Why this cannot find tables of transit gateways, or (not `transit`) of a VPC; empty: it can."""
    if isinstance(entry, AndEntry | OrEntry):
        return next(filter(None, (problem_of(each, transit=transit) for each in entry.config.filters)), "")
    if transit and entry.type not in _OF_GATEWAYS:
        return f"{entry.type} finds tables of a VPC; those of transit gateways are found by {', '.join(_OF_GATEWAYS)}"
    ids = entry.config.ids if isinstance(entry, IdsEntry) else []
    wrong = next((each for each in ids if each.startswith("tgw-rtb-") is not transit), None)
    if wrong is None:
        return ""
    return (
        f"{wrong} is no table of a transit gateway (tgw-rtb-…)"
        if transit
        else (f"{wrong} is a table of a transit gateway: it belongs below transit_gateway_route_tables")
    )


FIND_TYPES: Final[tuple[str, ...]] = tuple(
    get_args(entry.model_fields["type"].annotation)[0] for entry in get_args(get_args(FindEntry)[0])
)
