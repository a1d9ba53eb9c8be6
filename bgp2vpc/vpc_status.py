"""The rows of `bgp2vpc status --json` about the VPC: prefixes, route tables and accounts.

`status.py` has the other rows, and describes the conventions of all.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DampedRow:
    """A place that is suppressed by damping: we take no route there for the next `seconds`."""

    route_table_id: str
    prefix: str
    seconds: int


@dataclass(frozen=True, slots=True)
class RouteRow:
    """The verdict on a prefix in a route table. `owner`: the other instance that has the route.

    `has`: the present target of the route; `target`: the wanted one. None: no route.
    """

    route_table_id: str
    prefix: str
    verdict: str
    reason: str
    target: str | None
    rule: str
    owner: str | None
    detail: str
    since: str | None
    target_since: str | None
    has: str | None


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """Another instance, or an interface without a known instance, that has the route of a prefix in `tables` tables.

    `zone`: empty if it is not known.
    """

    owner: str
    zone: str
    tables: int


@dataclass(frozen=True, slots=True)
class PrefixRow:
    """A prefix that is managed or announced here, and its routes in the tables of its rules.

    `announced`: a source of this host offers it now; a health check does while it passes. If it is neither managed nor
    announced, a script or `tee` has withdrawn it. `permitted`: a rule manages or accepts it. `tables`: how many tables
    its rules find. In `ours` of them an active route points at this instance, in `peer` at another instance, in
    `foreign` at something else, such as a gateway. `blackholes`, `without_route`: the ids of the other tables.
    `owners`: the owners of the routes in `peer`. `since`: since when all of these values are unchanged.
    """

    prefix: str
    managed: bool
    announced: bool
    permitted: bool
    tables: int
    ours: int
    peer: int
    foreign: int
    blackholes: tuple[str, ...]
    without_route: tuple[str, ...]
    owners: tuple[OwnerRow, ...]
    since: str

    @property
    def not_served(self) -> int:
        """The number of tables with a black hole or no route for it."""
        return len(self.blackholes) + len(self.without_route)

    @property
    def is_served(self) -> bool:
        """Whether its rules find a table, and all of these tables have an active route for it."""
        return self.tables > 0 and not self.not_served


@dataclass(frozen=True, slots=True)
class TableRow:
    """A route table that a rule finds. `name`: its tag Name. `zone`: that of all its subnets; empty: not known.

    `account`: as in AccountRow; empty: our own account and region.
    """

    route_table_id: str
    name: str
    zone: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """Another account or region. `account`: its name in the configuration, with the account's id and the region.

    `role_arn` empty: our own credentials are used. `region` empty: our own. `tables`: how many are known. `answers`:
    whether the last read succeeded; None: it was not read yet.
    """

    account: str
    account_id: str
    role_arn: str
    region: str
    vpc_ids: tuple[str, ...]
    tables: int
    answers: bool | None


@dataclass(frozen=True, slots=True)
class FallbackRow:
    """A fallback of rules, for tables of a VPC. `problem`: why it cannot be used; empty: none; None: not known."""

    target: str
    vpc_id: str
    rules: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class PrefixListRow:
    """A managed prefix list of rules. `name`, `ip_version`: empty and 0 where EC2 does not show the list.

    `entries`: how many it has; None: not known. `max_entries`: how many it can have, which is also the number of
    routes it counts as in each table. `tables`: how many are to have a route for it; in `ours` of them that route
    points at this instance. `to_add`, `to_remove`: how many entries we still have to change if we own the list;
    `no_room`: how many do not fit. `problem`: why it cannot be used; empty: none.
    """

    prefix_list_id: str
    name: str
    rules: tuple[str, ...]
    ip_version: int
    version: int
    entries: int | None
    max_entries: int
    tables: int
    ours: int
    to_add: int
    to_remove: int
    no_room: int
    problem: str
