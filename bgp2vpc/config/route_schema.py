"""The part of the schema that describes managed routes: fixed prefixes bound to health checks."""

from typing import Annotated, Self, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema, model_validator

from bgp2vpc.config import fields, route_fields
from bgp2vpc.config.entry import TEXT_OR_LIST, Entry, Hook, text_schema
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Target

Words: TypeAlias = Annotated[str, PlainValidator(route_fields.words), TEXT_OR_LIST]

CheckNames: TypeAlias = Annotated[tuple[str, ...], PlainValidator(fields.check_names), TEXT_OR_LIST]
InstanceRef: TypeAlias = Annotated[
    str | None, PlainValidator(fields.self_or_instance_id), text_schema("^(SELF|i-[0-9a-f]+)$")
]
Fallback: TypeAlias = Annotated[Target, PlainValidator(fields.fallback), text_schema("^(nat|igw|tgw|vgw)-[0-9a-f]+$")]


class AnnounceEntry(Entry):
    """Attributes of the announcement, in ExaBGP's words."""

    med: Words | None = Field(
        default=None, description="MED; from `backup_med` on also a last resort in the VPC.", examples=[100]
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
    def words(self) -> str:
        """As they stand in an `announce route` line."""
        given = ((key, getattr(self, key)) for key in type(self).model_fields)
        return " ".join(f"{key.replace('_', '-')} {value}" for key, value in given if value is not None)

    @model_validator(mode="after")
    def _understood(self) -> Self:
        route_fields.refuse_wrong_attributes(self.words)
        return self


def _kind_of_announce(value: object) -> str:
    return "attributes" if isinstance(value, dict) else "flag"


Announce: TypeAlias = Annotated[
    Annotated[bool, Tag("flag")] | Annotated[AnnounceEntry, Tag("attributes")], Discriminator(_kind_of_announce)
]


class RouteEntry(Entry):
    """A prefix that is kept in the tables while its health checks pass."""

    cidr: Annotated[Prefix, PlainValidator(fields.managed_prefix), text_schema()] = Field(
        description="The prefix; an address means a host route.", examples=["192.0.2.53/32"]
    )
    instance: InstanceRef = Field(
        default=None,
        description="The instance it points at: `SELF` (this one, the default) or another's id.",
        examples=["i-0123456789abcdef0"],
    )
    healthcheck: CheckNames = Field(
        default=(),
        description="The health check it depends on, or a list of them. Default: none; always offered.",
        examples=["[dns, network]"],
    )
    healthcheck_policy: Annotated[
        str | int,
        PlainValidator(route_fields.policy),
        WithJsonSchema({"anyOf": [{"enum": ["all", "any"]}, {"type": "integer", "minimum": 1}]}),
    ] = Field(default="all", description="How many of several checks must be healthy: `all`, `any`, or a number.")
    remote_healthcheck: str = Field(
        default="",
        description="The remote health check that another instance must pass to keep the route.",
        examples=["dns"],
    )
    if_unhealthy: bool | None = Field(
        default=None,
        description="Take the route from another instance only if that is dead, impaired or fails its remote health "
        "check. Default: always, unless the rule has a `takeover`.",
        examples=["true"],
    )
    never_delete: bool = Field(default=False, description="Leave the route where it is when the checks fail.")
    fallback: Fallback | None = Field(
        default=None,
        description="Point the route there, instead of deleting it, when the checks fail; and take it from there when "
        "they pass.",
        examples=["nat-0123456789abcdef0"],
    )
    announce: Announce | None = Field(
        default=None,
        description="Attributes of the announcement to ExaBGP (helper mode), or `false`. Default: announced without "
        "attributes, but for default routes (0.0.0.0/0, ::/0) and other instances', which are not.",
        examples=["{med: 100, community: '65000:53'}"],
    )
    run_before_add_route: Hook = Field(
        default=(),
        description="Run before the route is created; no shell.",
        examples=["[/usr/local/bin/open-firewall]"],
    )
    run_after_add_route: Hook = Field(
        default=(), description="Run after the route was created.", examples=["[logger, route added]"]
    )
    run_before_replace_route: Hook = Field(
        default=(), description="Run before the route is taken from others.", examples=["[/usr/local/bin/stop-peer]"]
    )
    run_after_replace_route: Hook = Field(
        default=(), description="Run after the route was taken from others.", examples=["[logger, route taken]"]
    )
    run_before_delete_route: Hook = Field(
        default=(),
        description="Run before the route is deleted or pointed at its fallback.",
        examples=["[/usr/local/bin/drain]"],
    )
    run_after_delete_route: Hook = Field(
        default=(),
        description="Run after the route was deleted or pointed at its fallback.",
        examples=["[logger, route gone]"],
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.never_delete and self.fallback:
            raise ValueError("never_delete leaves the route, fallback points it elsewhere: choose one of them")
        if isinstance(self.healthcheck_policy, int) and self.healthcheck_policy > len(self.healthcheck):
            raise ValueError(
                f"healthcheck_policy: {self.healthcheck_policy}, but {len(self.healthcheck)} in the list of healthcheck"
            )
        return self
