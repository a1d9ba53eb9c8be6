"""The parts of the schema for what AWS orders: the end of a drain for Auto Scaling, and tags."""

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, Tag

from bgp2vpc.config.model import CompletedHook, OrderTags
from bgp2vpc.config.schema import aws_fields
from bgp2vpc.config.schema.entry import BaseEntry

_TAGS: Final = OrderTags()
_HOOK: Final = CompletedHook(name="")

HookName: TypeAlias = Annotated[str, AfterValidator(aws_fields.hook_name)]
GroupOfInstances: TypeAlias = Annotated[str, AfterValidator(aws_fields.scaling_group)]
TagKey: TypeAlias = Annotated[str, AfterValidator(aws_fields.tag_key)]


class LifecycleEntry(BaseEntry):
    """As `lifecycle: true`; and when a drain because Auto Scaling terminates the instance is done, it is told."""

    complete: HookName = Field(
        description="The name of the lifecycle hook (for `autoscaling:EC2_INSTANCE_TERMINATING`) to complete when "
        "the drain is done, and to extend until then.",
        examples=["bgp2vpc-drained"],
    )
    group: GroupOfInstances = Field(
        default=_HOOK.group,
        description="The Auto Scaling group. Default: the group of this instance, from its tag "
        "`aws:autoscaling:groupName` in instance metadata, or from Auto Scaling.",
        examples=["anycast"],
    )


# A tag of a union becomes a step of an error's location: it must not be a key of the mapping.
Lifecycle: TypeAlias = Annotated[
    Annotated[bool, Tag("flag")] | Annotated[LifecycleEntry, Tag("(hook)")],
    Discriminator(lambda value: "(hook)" if isinstance(value, dict) else "flag"),
]


class TagsEntry(BaseEntry):
    """Which tags give orders. Whoever may set them, gives these orders."""

    drain: TagKey = Field(
        default=_TAGS.drain,
        description="Key of a tag of this instance. While the instance has the tag, all its prefixes are drained, "
        "unless the value is `false`, `no`, `off` or `0`. Any other value is shown as the reason.",
        examples=["bgp2vpc:drain"],
    )
    avoid_zone: TagKey = Field(
        default=_TAGS.avoid_zone,
        description="Key of a tag of route tables. Its value names availability zones. In a table with the tag, "
        "hosts in these zones are a last resort.",
        examples=["bgp2vpc:avoid-zone"],
    )
