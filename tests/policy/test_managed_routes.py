"""Managed routes: the rows of the truth table that `accept` does not have, and whose offer counts where."""

import pytest

from bgp2vpc.bgp.prefix_list import PrefixList, parse_prefix_range
from bgp2vpc.bgp.rib import Side
from bgp2vpc.errors import PlanRefused
from bgp2vpc.policy.decide import decide, owners_in_the_way, owners_to_check
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.guard import guard
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.plan import Action, Change, Plan, Reason
from bgp2vpc.policy.rule import ManagedRoute, RouteSettings, Rule, Takeover, fallbacks_of
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.prefix import IPAddress, parse_prefix
from bgp2vpc.vpc.finders import ByTag
from bgp2vpc.vpc.model import InstanceHealth, Interface, RouteState, Subnet, Target, TargetKind, interface_target
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import (
    IGW,
    INTERFACES,
    LOCAL,
    OURS,
    OURS_TOO,
    P1,
    P2,
    PEER,
    WITHOUT_INTERFACE,
    blackhole,
    offer,
    route,
    rule,
    table,
)

NAT = Target(TargetKind.NAT, "nat-1")
NOTHING, US, THEM, DEAD = (), (route(),), (route(target=PEER),), (blackhole(),)
BARE = (blackhole(target=WITHOUT_INTERFACE[1]),)
AT_NAT, AT_GATEWAY = (route(target=NAT),), (route(target=IGW),)
DEAD_GATEWAY = (route(target=IGW, state=RouteState.BLACKHOLE),)
CHECKED = [offer(source="check web", side=Side.CHECK)]
IF_UNHEALTHY = dict(takeover=Takeover.IF_UNHEALTHY)
REMOTE = dict(remote_check="alive", **IF_UNHEALTHY)
KEEP, FALLBACK = dict(never_delete=True), dict(fallback=NAT)
PENDING = dict(pending={"check web"})
FAILING = dict(failing={("alive", PEER)})
PASSING = dict(passing={("alive", PEER)})
IMPAIRED, GONE = dict(health=InstanceHealth.IMPAIRED), dict(health=InstanceHealth.GONE)


ACCEPTS_NOTHING = PrefixList(())


def managing(prefix=P1, name="private", accept=ACCEPTS_NOTHING, where="f.yaml:9", **options) -> Rule:
    managed = ManagedRoute(prefix=prefix, source="check web", where=where, **options)
    return Rule(name, ByTag("type", "private"), accept, manages={prefix: managed})


def decided(routes, offers, options, *, health=None, interfaces=INTERFACES, others=(), **given) -> str:
    """`verdict reason target` for P1, and after `->` the change, if any."""
    shown = Snapshot({"rtb-1": table(*routes)}, interfaces, {"i-9": health} if health else {}, "i-1", dict(others))
    tables = table_policies([managing(**options)], shown, "vpc-1")
    plan = decide(tables, shown, DecisionInput(offers={P1: tuple(offers)} if offers else {}, **given), Policy())
    guard(plan, tables, shown, max_changes=10)
    text = " ".join(f"{v.kind.value} {v.reason.value} {v.target}" for v in plan.verdicts) or "nothing"
    return text + "".join(f" -> {c.action.value} {c.target}" for c in plan.changes)


TABLE = [
    # the table has, what the check's source offers, the managed route, what we know, what becomes of it
    (NOTHING,    [],      {},           {},                "nothing"),
    (NOTHING,    [],      FALLBACK,     {},                "nothing"),
    (NOTHING,    CHECKED, {},           {},                "create absent eni-1 -> create eni-1"),
    (US,         CHECKED, {},           {},                "keep ours eni-1"),
    (US,         [],      {},           {},                "delete withdrawn None -> delete eni-1"),
    (US,         [],      {},           PENDING,            "keep leftover eni-1"),
    (US,         [],      KEEP,         {},                "keep never-delete eni-1"),
    (US,         [],      FALLBACK,     {},                "replace fallback nat-1 -> replace nat-1"),
    (US,         [],      FALLBACK,     PENDING,            "keep leftover eni-1"),
    (THEM,       [],      {},           {},                "nothing"),
    (THEM,       [],      {},           PENDING,            "nothing"),
    (THEM,       CHECKED, {},           {},                "replace takeover-always eni-1 -> replace eni-1"),
    (THEM,       CHECKED, IF_UNHEALTHY, {},                "yield owner-healthy eni-9"),
    (THEM,       CHECKED, REMOTE,       {},                "yield owner-healthy eni-9"),
    (THEM,       CHECKED, REMOTE,       FAILING,           "replace owner-failing eni-1 -> replace eni-1"),
    (THEM,       [],      REMOTE,       FAILING,           "nothing"),
    (THEM,       CHECKED, IF_UNHEALTHY, FAILING,           "yield owner-healthy eni-9"),
    (THEM,       CHECKED, REMOTE,       dict(failing={("alive", "eni-8")}), "yield owner-healthy eni-9"),
    (THEM,       CHECKED, REMOTE,       dict(failing={("other", PEER)}),    "yield owner-healthy eni-9"),
    (THEM,       CHECKED, IF_UNHEALTHY, GONE,              "replace owner-gone eni-1 -> replace eni-1"),
    (THEM,       CHECKED, REMOTE,       IMPAIRED,          "replace owner-impaired eni-1 -> replace eni-1"),
    (THEM,       CHECKED, REMOTE,       IMPAIRED | PASSING, "yield owner-healthy eni-9"),
    (THEM,       CHECKED, REMOTE,       IMPAIRED | FAILING, "replace owner-impaired eni-1 -> replace eni-1"),
    (THEM,       CHECKED, IF_UNHEALTHY, IMPAIRED | PASSING, "replace owner-impaired eni-1 -> replace eni-1"),
    (THEM,       CHECKED, REMOTE,       IMPAIRED | dict(passing={("alive", "eni-8")}),
                                                           "replace owner-impaired eni-1 -> replace eni-1"),
    (THEM,       CHECKED, REMOTE,       GONE | PASSING,    "replace owner-gone eni-1 -> replace eni-1"),
    (DEAD,       CHECKED, REMOTE,       PASSING,           "replace owner-blackhole eni-1 -> replace eni-1"),
    (DEAD,       CHECKED, IF_UNHEALTHY, {},                "replace owner-blackhole eni-1 -> replace eni-1"),
    (THEM,       [],      FALLBACK,     {},                "nothing"),
    (DEAD,       [],      FALLBACK,     {},                "replace fallback nat-1 -> replace nat-1"),
    (DEAD,       [],      FALLBACK,     PENDING,            "nothing"),
    (BARE,       CHECKED, IF_UNHEALTHY, {},                "replace owner-blackhole eni-1 -> replace eni-1"),
    (BARE,       [],      FALLBACK,     {},                "replace fallback nat-1 -> replace nat-1"),
    (DEAD_GATEWAY, [],    FALLBACK,     {},                "nothing"),
    (AT_NAT,     CHECKED, FALLBACK,     {},                "replace fallback eni-1 -> replace eni-1"),
    (AT_NAT,     [],      FALLBACK,     {},                "keep fallback nat-1"),
    (AT_NAT,     CHECKED, {},           {},                "foreign foreign-target nat-1"),
    (AT_GATEWAY, CHECKED, FALLBACK,     {},                "foreign foreign-target igw-1"),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "offers", "options", "known", "expected"), TABLE)
def test_the_truth_table_of_managed_routes(routes, offers, options, known, expected):
    assert decided(routes, offers, options, **known) == expected


def test_a_backup_path_takes_nothing_from_the_fallback():
    backup = [offer(source="check web", side=Side.CHECK, med=1000)]
    assert decided(AT_NAT, backup, FALLBACK) == "yield backup-med nat-1"


def test_only_the_source_of_its_own_check_counts_for_a_managed_route():
    other = [offer(source="check other", side=Side.CHECK)]
    assert decided(NOTHING, other, {}) == "nothing"
    assert decided(US, other, {}) == "delete withdrawn None -> delete eni-1"


def test_what_a_script_announces_counts_for_a_managed_route_only_if_the_rule_accepts_it():
    script = [offer(source="script")]
    assert decided(NOTHING, script, {}) == "nothing"
    assert decided(NOTHING, script, dict(accept=rule().accept)) == "create absent eni-1 -> create eni-1"


def test_what_a_check_offers_does_not_count_where_a_rule_merely_accepts_the_prefix():
    shown = Snapshot({"rtb-1": table()}, INTERFACES, {}, "i-1")
    plan = decide(table_policies([rule()], shown, "vpc-1"), shown, DecisionInput(offers={P1: tuple(CHECKED)}), Policy())
    assert plan.verdicts == ()


MULTIHOMED = (
    Interface(OURS, "vpc-1", "subnet-1", 0, source_dest_check=True),
    Interface(OURS_TOO, "vpc-1", "subnet-2", 1),
)


def test_a_managed_route_points_at_the_first_interface_that_may_forward():
    assert decided(NOTHING, CHECKED, {}, interfaces=MULTIHOMED) == "create absent eni-2 -> create eni-2"
    assert decided(NOTHING, CHECKED, {}, interfaces=MULTIHOMED[:1]) == "blocked source-dest-check None"
    script, accepted = [offer(source="script")], dict(accept=rule().accept)
    assert decided(NOTHING, script, accepted, interfaces=MULTIHOMED) == "blocked source-dest-check None"


OTHERS = {"i-9": (Interface(PEER, "vpc-1", "subnet-1", 0),)}
FOR_ANOTHER = dict(instance_id="i-9")


def test_a_route_managed_for_another_instance_points_at_that_ones_interface():
    assert decided(NOTHING, CHECKED, FOR_ANOTHER, others=OTHERS) == "create absent eni-9 -> create eni-9"
    assert decided(THEM, CHECKED, FOR_ANOTHER, others=OTHERS) == "keep ours eni-9"
    assert decided(THEM, [], FOR_ANOTHER, others=OTHERS) == "delete withdrawn None -> delete eni-9"
    assert decided(US, CHECKED, FOR_ANOTHER, others=OTHERS) == "replace takeover-always eni-9 -> replace eni-9"
    assert decided(US, [], FOR_ANOTHER, others=OTHERS) == "nothing"


def test_an_instance_without_interface_is_said():
    assert decided(NOTHING, CHECKED, FOR_ANOTHER) == "blocked no-interface None"
    shown = Snapshot({"rtb-1": table()}, INTERFACES, {}, "i-1")
    tables = table_policies([managing(**FOR_ANOTHER)], shown, "vpc-1")
    (verdict,) = decide(tables, shown, DecisionInput(offers={P1: tuple(CHECKED)}), Policy()).verdicts
    assert verdict.detail == "i-9 has no interface with device index 0 in vpc-1"
    change = Change(Action.CREATE, "rtb-1", P1, interface_target(OURS), Reason.ABSENT)
    with pytest.raises(PlanRefused, match="eni-1 is no interface of i-9; nothing was written"):
        guard(Plan((change,)), tables, shown, max_changes=10)


def within(prefix, subnets, *, accepted=False, where="f.yaml:9") -> str:
    local = route(parse_prefix("10.0.0.0/16"), LOCAL)
    shown = Snapshot({"rtb-1": table(local)}, INTERFACES, {}, "i-1", {}, subnets)
    inputs = DecisionInput(
        offers={prefix: (offer(prefix, source="check web", side=Side.LOCAL if accepted else Side.CHECK),)}
    )
    by = rule(str(prefix)) if accepted else managing(prefix, where=where)
    plan = decide(table_policies([by], shown, "vpc-1"), shown, inputs, Policy())
    return " ".join(f"{v.kind.value} {v.reason.value} {v.detail}".strip() for v in plan.verdicts)


def test_a_prefix_within_the_vpc_is_blocked_unless_it_is_a_whole_subnet_or_nobody_knows():
    subnet = parse_prefix("10.0.1.0/24")
    subnets = {"subnet-1": Subnet("subnet-1", "vpc-1", "us-east-1a", (subnet,))}
    told = within(parse_prefix("10.0.1.53/32"), subnets)
    assert told.startswith("blocked inside-vpc f.yaml:9: 10.0.1.53/32 lies within the VPC's own 10.0.0.0/16")
    assert within(subnet, subnets) == "create absent"
    assert within(parse_prefix("10.0.1.53/32"), subnets, accepted=True) == (
        "blocked inside-vpc 10.0.1.53/32 lies within the VPC's own 10.0.0.0/16 and is none of its subnets, so EC2 "
        "would refuse it; anycast prefixes lie outside the VPC"
    )
    assert within(parse_prefix("10.0.1.53/32"), subnets, where="").startswith("blocked inside-vpc 10.0.1.53/32 lies")
    assert within(parse_prefix("10.0.1.53/32"), None) == "create absent"


def test_the_owners_to_check_are_the_peers_that_hold_what_names_a_remote_check():
    shown = Snapshot({"rtb-1": table(route(P1, PEER), route(P2, PEER)), "rtb-2": table(table_id="rtb-2")}, INTERFACES)
    tables = table_policies([managing(P1, remote_check="alive"), managing(P2, name="other")], shown, "vpc-1")
    assert owners_to_check(tables, shown, DecisionInput(offers={})) == {("rtb-1", P1): ("alive", PEER)}
    assert owners_to_check(tables, shown, DecisionInput(offers={}), only={P2}) == {}
    bare = shown.with_tables([table(*BARE)], ["rtb-1"])
    assert (
        owners_to_check(
            table_policies([managing(P1, remote_check="alive")], bare, "vpc-1"), bare, DecisionInput(offers={})
        )
        == {}
    )
    ours = shown.with_tables([table(route(P1, OURS))], ["rtb-1"])
    assert (
        owners_to_check(
            table_policies([managing(P1, remote_check="alive")], ours, "vpc-1"), ours, DecisionInput(offers={})
        )
        == {}
    )


def test_the_health_of_owners_matters_only_while_our_check_passes():
    shown = Snapshot({"rtb-1": table(route(P1, PEER))}, INTERFACES)
    tables = table_policies([managing(P1)], shown, "vpc-1")
    assert owners_in_the_way(tables, shown, DecisionInput(offers={P1: tuple(CHECKED)})) == {"i-9"}
    assert (
        owners_in_the_way(tables, shown, DecisionInput(offers={P1: (offer(source="check other", side=Side.CHECK),)}))
        == frozenset()
    )


def test_the_guard_refuses_any_target_but_our_interfaces_and_the_fallback():
    shown = Snapshot({"rtb-1": table()}, INTERFACES)
    tables = table_policies([managing(fallback=NAT)], shown, "vpc-1")

    def guarded(action: Action, target: Target) -> None:
        guard(Plan((Change(action, "rtb-1", P1, target, Reason.FALLBACK),)), tables, shown, max_changes=10)

    guarded(Action.REPLACE, NAT)
    guarded(Action.CREATE, interface_target(OURS))
    for action, target in ((Action.CREATE, NAT), (Action.REPLACE, IGW), (Action.REPLACE, interface_target(PEER))):
        with pytest.raises(PlanRefused, match="no interface of this instance"):
            guarded(action, target)


def test_a_next_hop_of_this_host_is_used_for_a_prefix_that_is_accepted_as_well():
    script = [offer(source="script", next_hop=IPAddress("10.0.1.10"))]
    assert decided(NOTHING, script, dict(accept=rule().accept)) == "create absent eni-2 -> create eni-2"


ANNOUNCED = [(routes, bool(offers), options, known, expected) for routes, offers, options, known, expected in TABLE]


@pytest.mark.parametrize("of_entry", [False, True], ids=["of the rule", "of an entry"])
@pytest.mark.parametrize(("routes", "is_offered", "options", "known", "expected"), ANNOUNCED)
def test_the_same_table_holds_for_announced_prefixes(of_entry, routes, is_offered, options, known, expected):
    """What a pending check is for a managed route, the time after our start is for an announced one."""
    takeover = options.get("takeover", Takeover.ALWAYS)
    settings = {key: value for key, value in options.items() if key != "takeover"}
    accept = rule().accept
    own = dict(entry_settings={accept.entries[0]: RouteSettings(**settings)}) if of_entry else settings
    by = Rule("private", ByTag("type", "private"), accept, takeover=takeover, **own)
    health = {"i-9": known["health"]} if "health" in known else {}
    shown = Snapshot({"rtb-1": table(*routes)}, INTERFACES, health, "i-1")
    tables = table_policies([by], shown, "vpc-1")
    told = {key: known[key] for key in ("failing", "passing") if key in known}
    inputs = DecisionInput(
        offers={P1: (offer(source="script"),)} if is_offered else {}, leftovers_held="pending" in known, **told
    )
    plan = decide(tables, shown, inputs, Policy())
    guard(plan, tables, shown, max_changes=10)
    text = " ".join(f"{v.kind.value} {v.reason.value} {v.target}" for v in plan.verdicts) or "nothing"
    assert text + "".join(f" -> {c.action.value} {c.target}" for c in plan.changes) == expected


def test_the_first_entry_that_permits_a_prefix_has_its_settings():
    written = ("192.0.2.53/32", "192.0.2.0/24 le 32", "192.0.2.0/24 le 30", "198.51.100.0/24")
    entries = tuple(map(parse_prefix_range, written))
    own, wide = RouteSettings(fallback=NAT), RouteSettings(never_delete=True)
    by = Rule(
        "private", ByTag("type", "private"), PrefixList(entries), remote_check="alive",
        entry_settings={entries[0]: own, entries[1]: wide, entries[2]: RouteSettings()},
        manages={P2: ManagedRoute(prefix=P2, source="check web")},
    )  # fmt: skip
    assert by.settings_of(parse_prefix("192.0.2.53/32")) is own
    assert by.settings_of(parse_prefix("192.0.2.4/30")) is wide, "not the narrower one that comes later"
    assert by.settings_of(parse_prefix("198.51.100.0/24")) is by, "an entry without settings of its own"
    assert by.settings_of(parse_prefix("203.0.113.0/24")) is by
    assert by.settings_of(P2) is by.manages[P2]
    assert by.remote_check_of(parse_prefix("192.0.2.53/32")) == "alive"


def test_the_fallbacks_of_rules_by_the_vpc_of_their_tables():
    one, entry = (
        rule(fallback=NAT, manages={P2: ManagedRoute(prefix=P2, source="check web", fallback=IGW)}),
        rule().accept,
    )
    other = Rule("other", ByTag("type", "x"), entry, vpc_id="vpc-2", entry_settings={
        entry.entries[0]: RouteSettings(fallback=NAT), entry.entries[1]: RouteSettings(fallback=NAT),
    })  # fmt: skip
    nothing = Rule("nothing", ByTag("type", "x"), fallback=ENI, manages={P1: ManagedRoute(prefix=P1, source="x")})
    assert fallbacks_of([one, other, nothing, rule(name="last", fallback=NAT)], "vpc-1") == {
        ("vpc-1", NAT): ["private", "last"],
        ("vpc-1", IGW): ["private"],
        ("vpc-2", NAT): ["other"],
    }


ENI = interface_target("eni-77")
AT_ENI = (route(target="eni-77"),)


def test_a_fallback_that_is_an_interface_is_no_instance_that_owns_the_route():
    options = dict(fallback=ENI, remote_check="alive", takeover=Takeover.IF_UNHEALTHY)
    assert decided(AT_ENI, CHECKED, options) == "replace fallback eni-1 -> replace eni-1"
    assert decided(AT_ENI, [], options) == "keep fallback eni-77"
    assert decided(US, [], options) == "replace fallback eni-77 -> replace eni-77"
    assert decided(US, [], dict(fallback=interface_target(OURS))) == "keep fallback eni-1", "it is there already"
    shown = Snapshot({"rtb-1": table(*AT_ENI)}, INTERFACES)
    tables = table_policies([managing(**options)], shown, "vpc-1")
    inputs = DecisionInput(offers={P1: tuple(CHECKED)})
    assert owners_to_check(tables, shown, inputs) == {}
    assert owners_in_the_way(tables, shown, inputs) == frozenset()
    (back,) = decide(tables, shown, inputs, Policy()).changes
    assert not back.is_move, "damping counts what instances take from each other"
    assert not back.is_withdrawal
    ours = Snapshot({"rtb-1": table(*US)}, INTERFACES)
    (put,) = decide(
        table_policies([managing(**options)], ours, "vpc-1"), ours, DecisionInput(offers={}), Policy()
    ).changes
    assert put.is_withdrawal
    assert not put.is_move
