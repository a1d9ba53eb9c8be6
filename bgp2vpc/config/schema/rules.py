"""The part of the schema that describes rules, the entries of `routetables`: which tables, which prefixes, and how."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from bgp2vpc.bgp.prefix_list import PrefixRange
from bgp2vpc.config.document import kind_of
from bgp2vpc.config.schema import aws_fields, fields
from bgp2vpc.config.schema.accounts import AccessEntry
from bgp2vpc.config.schema.announcements import AnnounceOrNot
from bgp2vpc.config.schema.entry import TEXT_OR_LIST, BaseEntry, Hook, Name, VpcId, text_schema
from bgp2vpc.config.schema.find import FindEntry, problem_of
from bgp2vpc.config.schema.prefix_lists import ListOfRule
from bgp2vpc.policy.rule import DeadRoutes, InterfaceChoice, Takeover, Writes
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Target, family_problem


def _check_policy(value: object) -> str | int:
    """`all`, `any`, or how many."""
    if isinstance(value, str):
        if value in ("all", "any"):
            return value
        if value.isascii() and value.isdigit() and len(value) <= 3 and int(value) >= 1:
            return int(value)
    raise ValueError(f"expected all, any, or how many of the checks, got {kind_of(value)}")


Interface: TypeAlias = Annotated[
    InterfaceChoice, PlainValidator(aws_fields.interface), WithJsonSchema({"type": ["integer", "string"]})
]

CheckNames: TypeAlias = Annotated[tuple[str, ...], PlainValidator(fields.check_names), TEXT_OR_LIST]
InstanceRef: TypeAlias = Annotated[
    str | None, PlainValidator(aws_fields.self_or_instance_id), text_schema("^(SELF|i-[0-9a-f]+)$")
]
_FALLBACK = "^((nat|igw|eigw|tgw|vgw|pcx|vpce|eni|cagw|lgw)-[0-9a-f]+|arn:aws[a-z-]*:(networkmanager|odb):.+)$"
Fallback: TypeAlias = Annotated[Target, PlainValidator(aws_fields.fallback), text_schema(_FALLBACK)]


class SettingsEntry(BaseEntry):
    """What becomes of a route that nobody offers any more, and what runs when it is written."""

    remote_healthcheck: str = Field(
        default="",
        description="The remote health check that another instance must pass to keep the route.",
        examples=["dns"],
    )
    never_delete: bool = Field(
        default=False,
        description="Leave the route in place when no instance offers the prefix any more, because its checks fail, "
        "or because it is withdrawn or drained.",
    )
    fallback: Fallback | None = Field(
        default=None,
        description="The target to use when no instance offers the prefix any more: the route is pointed at it "
        "instead of being deleted. A black hole of another instance is also pointed at it. When an "
        "instance offers the prefix again, it takes the route back. `nat-…` is for IPv4 (and NAT64), "
        "`eigw-…` for IPv6; also `igw-`, `tgw-`, `vgw-`, `pcx-`, `vpce-` (Gateway Load Balancer), `eni-` "
        "(of a host that does not announce the prefix), `cagw-`, `lgw-`, the ARN of a core network or an "
        "ODB network. Each poll checks the target and reports one that cannot be used.",
        examples=["nat-0123456789abcdef0"],
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
        default=(),
        description="Run before the route is taken from another instance or target.",
        examples=["[/usr/local/bin/stop-peer]"],
    )
    run_after_replace_route: Hook = Field(
        default=(),
        description="Run after the route was taken from another instance or target.",
        examples=["[logger, route taken]"],
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
    def _one_of_them(self) -> Self:
        if self.never_delete and self.fallback:
            raise ValueError("never_delete leaves the route, fallback points it elsewhere: choose one of them")
        return self

    @property
    def ends_by_itself(self) -> bool:
        """Whether it says what becomes of a withdrawn route; of these two keys it takes none of its rule's then."""
        return not self.model_fields_set.isdisjoint(("never_delete", "fallback"))


class _PermittedEntry(BaseEntry):
    prefix: Annotated[PrefixRange, PlainValidator(fields.accept_entry), text_schema()] = Field(
        description="Which announced prefixes the entry permits: `PREFIX [ge LENGTH] [le LENGTH]`.",
        examples=["192.0.2.0/24 le 32"],
    )


# The keys of the second come first: the target is held against the prefix.
class AcceptEntry(SettingsEntry, _PermittedEntry):
    """Announced prefixes that may be written, with settings of their own."""

    @field_validator("fallback")
    @classmethod
    def _of_the_family(cls, fallback: Target | None, info: ValidationInfo) -> Target | None:
        entry = info.data.get("prefix")  # absent if it is wrong itself
        return _for_all(fallback, [entry.prefix] if entry else [])


def _for_all(fallback: Target | None, prefixes: Iterable[Prefix]) -> Target | None:
    """The fallback, if EC2 takes routes to it for all of these."""
    for prefix in prefixes:
        if fallback and (problem := family_problem(prefix, fallback)):
            raise ValueError(problem)
    return fallback


Accept: TypeAlias = Annotated[
    Annotated[AcceptEntry, Tag("settings")]
    | Annotated[
        AcceptEntry,
        PlainValidator(lambda text: AcceptEntry.model_construct({"prefix"}, prefix=fields.accept_entry(text))),
        WithJsonSchema({"type": "string"}),
        Tag("text"),
    ],
    Discriminator(lambda value: "settings" if isinstance(value, dict | AcceptEntry) else "text"),
]


Cidrs: TypeAlias = Annotated[
    Annotated[
        list[Annotated[Prefix, PlainValidator(fields.managed_prefix), text_schema()]], Field(min_length=1), Tag("list")
    ]
    | Annotated[list[Prefix], PlainValidator(lambda text: [fields.managed_prefix(text)]), text_schema(), Tag("text")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "text"),
]


class _ManagedEntry(BaseEntry):
    cidr: Cidrs = Field(
        description="The prefix, or a list of prefixes; an address means a host route.", examples=["192.0.2.53/32"]
    )
    instance: InstanceRef = Field(
        default=None,
        description="The instance that the route points at: `SELF` (this one, the default) or the id of another.",
        examples=["i-0123456789abcdef0"],
    )
    healthcheck: CheckNames = Field(
        default=(),
        description="The health check that the prefix depends on, or a list of checks. Default: none, so the prefix "
        "is always offered.",
        examples=["[dns, network]"],
    )
    healthcheck_policy: Annotated[
        str | int,
        PlainValidator(_check_policy),
        WithJsonSchema({"anyOf": [{"enum": ["all", "any"]}, {"type": "integer", "minimum": 1}]}),
    ] = Field(default="all", description="How many of the listed checks must be healthy: `all`, `any`, or a number.")
    if_unhealthy: bool | None = Field(
        default=None,
        description="Take the route from another instance only if that instance is gone, impaired, or fails its "
        "remote health check. Default: as the rule's `takeover` says. If the rule has no `takeover`: "
        "with `bgp`, `best_path` for an announced prefix, otherwise true; without `bgp`, false.",
        examples=["true"],
    )
    announce: AnnounceOrNot | None = Field(
        default=None,
        description="Attributes with which ExaBGP (a helper, or `run` with `bgp`) announces the prefix, or `false`. "
        "Default: announced without attributes; default routes (0.0.0.0/0, ::/0) and routes of other "
        "instances are not announced.",
        examples=["{med: 100, community: '65000:53'}"],
    )


class RouteEntry(SettingsEntry, _ManagedEntry):
    """A prefix that is kept in the tables while its health checks pass."""

    @field_validator("fallback")
    @classmethod
    def _of_the_family(cls, fallback: Target | None, info: ValidationInfo) -> Target | None:
        return _for_all(fallback, info.data.get("cidr", []))  # absent if it is wrong itself

    @model_validator(mode="after")
    def _enough_checks(self) -> Self:
        if isinstance(self.healthcheck_policy, int) and self.healthcheck_policy > len(self.healthcheck):
            raise ValueError(
                f"healthcheck_policy: {self.healthcheck_policy}, but {len(self.healthcheck)} in the list of healthcheck"
            )
        return self


class TransitEntry(BaseEntry):
    """Tables of transit gateways that get static routes to this VPC's attachment while the VPC serves a prefix."""

    find: FindEntry = Field(
        description="Which tables, of the transit gateways that this VPC is attached to: `by_tag`, `by_tag_regexp`, "
        "`ids` (of `tgw-rtb-…`), `and`, `or`.",
        examples=["{type: by_tag, config: {key: type, value: anycast}}"],
    )

    @field_validator("find")
    @classmethod
    def _of_gateways(cls, find: FindEntry) -> FindEntry:
        if problem := problem_of(find, transit=True):
            raise ValueError(problem)
        return find


class _TablesEntry(BaseEntry):
    find: FindEntry = Field(description="Which route tables.", examples=["{type: main}"])
    transit_gateway_route_tables: TransitEntry | None = Field(
        default=None,
        description="Transit gateway route tables that get static routes to this VPC's attachment for the same "
        "prefixes, so that other VPCs and the datacenter reach the services in this VPC. See "
        "docs/transit-gateway.md.",
        examples=["{find: {type: by_tag, config: {key: type, value: anycast}}}"],
    )
    accept: Annotated[list[Accept], Field(min_length=1)] | None = Field(
        default=None,
        description="Announced prefixes that may be written; all others are refused.",
        examples=['["192.0.2.0/24 le 32"]'],
    )
    manage_routes: Annotated[list[RouteEntry], Field(min_length=1)] | None = Field(
        default=None,
        description="Fixed prefixes, announced while health checks are healthy.",
        examples=["[{cidr: 192.0.2.53/32, healthcheck: dns}]"],
    )
    prefix_list: ListOfRule | None = Field(
        default=None,
        description="The managed prefix list whose entries are the rule's prefixes. Each table gets one route, for "
        "the list, and all prefixes move together. `pl-…`, or a mapping that selects the list.",
        examples=["pl-0123456789abcdef0"],
    )
    takeover: Takeover | None = Field(
        default=None,
        description="When the daemon may take a route that points at another instance: `always`, `if_unhealthy` (its "
        "target is gone, stopped or impaired, or fails its remote health check), or `best_path` (this "
        "instance has the best of all known paths). Default: best_path if the file has `bgp`; otherwise "
        "if_unhealthy, and always for `manage_routes`.",
        examples=["best_path"],
    )
    affinity: Literal["az"] | None = Field(
        default=None,
        description="With `best_path`: among equal paths, a table prefers an instance in its own availability zone.",
        examples=["az"],
    )
    write: Writes = Field(
        default=Writes.OWN,
        description="With `best_path`: write routes only for this instance's `own` paths, or for the paths of `any` "
        "announcer in the VPC.",
    )
    takeover_foreign: bool = Field(
        default=False,
        description="Also take routes that do not point at an instance, such as routes to gateways, NAT and peering "
        "connections.",
    )
    dead_routes: DeadRoutes = Field(
        default=DeadRoutes.KEEP,
        description="What to do with a black hole for a prefix in `accept` that no source or peer announces, once "
        "EC2 reports that its instance is terminated or its network interface is gone: `keep` it, or "
        "`delete` it, so that a less specific route carries the traffic. `fallback` and `never_delete` "
        "take precedence.",
    )
    interface: Interface | None = Field(
        default=None,
        description="The network interface of this instance that routes point at: a device index or a subnet. "
        "Default: the interface with the next hop's address, or device index 0 in the table's VPC.",
        examples=[1],
    )
    next_hop_self: bool = Field(
        default=False, description="Point routes at this instance, whatever the announced next hop."
    )
    vpc_id: VpcId | None = Field(
        default=None,
        description="The VPC of the tables, if it is not this instance's own.",
        examples=["vpc-0123456789abcdef0"],
    )
    account: Name | None = Field(
        default=None,
        description="The entry of `accounts` whose role and region are used to read and write the tables. "
        "Alternatively, set `role_arn`, `external_id` and `region` here.",
        examples=["network"],
    )
    no_results_ok: bool = Field(default=False, description="Do not warn if the rule matches no route table.")


class RuleEntry(AccessEntry, SettingsEntry, _TablesEntry):
    """Which route tables, which prefixes, and how."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["accept"]}, {"required": ["manage_routes"]}]})

    @field_validator("fallback")
    @classmethod
    def _of_all_families(cls, fallback: Target | None, info: ValidationInfo) -> Target | None:
        permitted = [each.prefix.prefix for each in info.data.get("accept") or () if not each.ends_by_itself]
        routes = (each for each in info.data.get("manage_routes") or () if not each.ends_by_itself)
        return _for_all(fallback, (*permitted, *(prefix for route in routes for prefix in route.cidr)))

    @field_validator("find")
    @classmethod
    def _of_a_vpc(cls, find: FindEntry) -> FindEntry:
        if problem := problem_of(find, transit=False):
            raise ValueError(problem)
        return find

    @field_validator("vpc_id", "account", "role_arn", "region")
    @classmethod
    def _of_this_vpc(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("transit_gateway_route_tables"):
            raise ValueError(
                "transit_gateway_route_tables is about this instance's own VPC, account and region: leave one of the "
                "two out"
            )
        return value

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if self.accept is None and self.manage_routes is None:
            raise ValueError(
                "needs 'accept' (which announced prefixes may be written, such as ['192.0.2.0/24 le 32']) or "
                "'manage_routes' (prefixes bound to health checks)"
            )
        if self.accept is None and self.dead_routes is DeadRoutes.DELETE:
            raise ValueError("dead_routes: delete is about prefixes in accept: add that, or leave dead_routes out")
        return self

    @model_validator(mode="after")
    def _one_route_for_all(self) -> Self:
        """With a prefix list there is one route, and nothing of it can depend on the prefix."""
        if self.prefix_list is None:
            return self
        if self.write is not Writes.OWN:
            raise ValueError("write: any does not go with prefix_list: who holds its route writes its own prefixes")
        if elsewhere := sorted({"account", *AccessEntry.model_fields} & self.model_fields_set):
            raise ValueError(
                f"{elsewhere[0]} does not go with prefix_list: lists and tables are those of this instance's own "
                "account and region"
            )
        if self.transit_gateway_route_tables is not None:
            raise ValueError(
                "transit_gateway_route_tables does not go with prefix_list: tables of transit gateways get a route for "
                "each prefix; say it of a second rule that accepts the same prefixes, without a list"
            )
        per_prefix = {"instance", "if_unhealthy", *SettingsEntry.model_fields}
        for key, entries in (("accept", self.accept), ("manage_routes", self.manage_routes)):
            for number, each in enumerate(entries or ()):
                if own := sorted(per_prefix & each.model_fields_set):
                    raise ValueError(
                        f"{key}[{number}] has {', '.join(own)} of its own, but with prefix_list one route serves all "
                        "prefixes: say it of the rule"
                    )
        return self
