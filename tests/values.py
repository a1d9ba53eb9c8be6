"""Short ways to write down paths, routes and tables in tests."""

from bgp2vpc.bgp.events import Announce, Withdraw
from bgp2vpc.bgp.path import SELF, Attributes, Path
from bgp2vpc.bgp.prefix_list import PrefixList, parse_prefix_range
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.place_state import NEVER, PlaceState
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import IPAddress, Prefix, parse_prefix
from bgp2vpc.vpc.finders import ByTag
from bgp2vpc.vpc.model import Interface, Route, RouteState, RouteTable, Target, TargetKind, interface_target
from bgp2vpc.vpc.snapshot import Snapshot

P1, P2, P3, P6 = map(parse_prefix, ("192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32", "2001:db8:53::1/128"))
OURS, OURS_TOO, PEER = "eni-1", "eni-2", "eni-9"
INTERFACES = (
    Interface(OURS, "vpc-1", "subnet-1", 0, frozenset({IPAddress("10.0.0.10"), IPAddress("2001:db8::10")})),
    Interface(OURS_TOO, "vpc-1", "subnet-2", 1, frozenset({IPAddress("10.0.1.10")})),
)
IGW, LOCAL = Target(TargetKind.GATEWAY, "igw-1"), Target(TargetKind.LOCAL, "local")


def path(prefix=P1, next_hop=SELF, path_id=None, **attributes) -> Path:
    return Path(
        parse_prefix(prefix) if isinstance(prefix, str) else prefix,
        IPAddress(next_hop) if isinstance(next_hop, str) else next_hop,
        Attributes(**attributes),
        path_id,
    )


def announce(prefix=P1, **kwargs) -> Announce:
    return Announce(path(prefix, **kwargs))


def withdraw(prefix: Prefix | str = P1, path_id=None) -> Withdraw:
    return Withdraw(parse_prefix(prefix) if isinstance(prefix, str) else prefix, path_id)


def offer(prefix=P1, source="s", side=Side.LOCAL, router_id=None, **kwargs) -> Offer:
    return Offer(source, path(prefix, **kwargs), side, IPAddress(router_id) if router_id else None)


def route(prefix=P1, target: Target | str = OURS, **kwargs) -> Route:
    target = interface_target(target) if isinstance(target, str) else target
    if target.id == PEER:
        kwargs.setdefault("instance_id", "i-9")
    return Route(prefix, target, **kwargs)


def blackhole(prefix=P1, target=PEER) -> Route:
    return route(prefix, target, state=RouteState.BLACKHOLE, instance_id=None)


# What EC2 may show of a black hole whose interface is gone: the instance that had it, or nothing.
WITHOUT_INTERFACE = (Target(TargetKind.INSTANCE, "i-gone"), Target(TargetKind.NONE, "unknown"))


def table(*routes: Route, table_id="rtb-1", vpc_id="vpc-1", tags=(("type", "private"),), **kwargs) -> RouteTable:
    return RouteTable(table_id, vpc_id, tags=dict(tags), routes=routes, **kwargs)


def snapshot(*tables: RouteTable, interfaces=INTERFACES, health=()) -> Snapshot:
    return Snapshot({each.id: each for each in tables}, interfaces, dict(health), "i-1")


def rule(*accept: str, name="private", find=None, **kwargs) -> Rule:
    entries = accept or ("192.0.2.0/24 le 32", "2001:db8:53::/48 le 128")
    finder = find or ByTag("type", "private")
    return Rule(name, finder, PrefixList(tuple(map(parse_prefix_range, entries))), **kwargs)


_ELSEWHERE = PlaceState(late={PEER: 1e9, "eni-8": 1e9}, suppressed_until=1e9, unsettled_until=1e9, moved_at=1e9)


def inputs_of(offers=(), *, late=(), is_suppressed=False, is_unsettled=False, moved_at=NEVER, **more) -> DecisionInput:
    """These offers of P1, and what is remembered of it in rtb-1; of other places it is all that there could be."""
    here = PlaceState(
        late=dict.fromkeys(late, 1e9),
        suppressed_until=1e9 if is_suppressed else None,
        unsettled_until=1e9 if is_unsettled else None,
        moved_at=moved_at,
    )
    remembered = {("rtb-1", P1): here, ("rtb-2", P1): _ELSEWHERE, ("rtb-1", P2): _ELSEWHERE}
    return DecisionInput(offers={P1: tuple(offers)} if offers else {}, remembered=remembered, **more)
