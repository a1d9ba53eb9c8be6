"""What a daemon tells of the VPC: rows of `bgp2vpc status --json` about prefixes, route tables and accounts.

`status.py` has the others, and what all of them have in common.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DampedRow:
    """Where nothing is taken for so many seconds."""

    route_table_id: str
    prefix: str
    seconds: int


@dataclass(frozen=True, slots=True)
class RouteRow:
    """The verdict on a prefix in a route table. `owner`: the other instance that has the route.

    `has`: what the route points at now, where `target` is what it is to point at; None: there is no route.
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
    """Another instance that has the route of a prefix in so many `tables`; an interface where EC2 names no instance.

    `zone`: empty if it is not known.
    """

    owner: str
    zone: str
    tables: int


@dataclass(frozen=True, slots=True)
class PrefixRow:
    """A prefix that is managed or announced here, and what the tables of its rules have for it.

    `announced`: a source of this host offers it now; a health check does while it passes. If it is neither managed nor
    announced, a script or `tee` has withdrawn it. `permitted`: a rule manages or accepts it. `tables`: how many its
    rules find. In `ours` of them an active route points at this instance, in `peer` at another one, in `foreign` at
    something else, such as a gateway. `blackholes`, `without_route`: the ids of the others. `owners`: of those in
    `peer`. `since`: since when all of this is so.
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
        """In how many tables no traffic for it arrives anywhere."""
        return len(self.blackholes) + len(self.without_route)

    @property
    def is_served(self) -> bool:
        """Whether every table of its rules has a route for it, and there is one."""
        return self.tables > 0 and not self.not_served


@dataclass(frozen=True, slots=True)
class TableRow:
    """A route table that a rule finds. `name`: its tag Name. `zone`: that of all its subnets; empty: not known.

    `account`: as in AccountRow; empty: it is of our own account and region.
    """

    route_table_id: str
    name: str
    zone: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """Another account or region. `account`: its name in the configuration, with the account's id and the region.

    `role_arn` empty: our own credentials are used. `region` empty: our own. `tables`: how many are known. `answers`: it
    has answered when it was asked last; None: it was not asked yet.
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
    """A fallback of rules, for tables of a VPC. `problem`: what speaks against it; empty: nothing; None: not known."""

    target: str
    vpc_id: str
    rules: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class PrefixListRow:
    """A managed prefix list of rules. `name`, `ip_version`: empty and 0 where EC2 does not show the list.

    `entries`: how many it has; None: not known. `max_entries`: how many it can have, and as how many routes it counts
    in each table. `tables`: how many are to have a route for it; in `ours` of them it points at this instance.
    `to_add`, `to_remove`: how many entries we still have to change, as we own it; `no_room`: how many do not fit.
    `problem`: what speaks against using it; empty: nothing.
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
