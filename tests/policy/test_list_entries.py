"""Rules with a managed prefix list: one route for all their prefixes, and what its entries have to be."""

from dataclasses import replace

import pytest

from bgp2vpc.bgp.path import GRACEFUL_SHUTDOWN
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.policy.decide import decide
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.list_entries import EntryPolicy, entry_changes, routes_counted
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.rule import DeadRoutes, Takeover
from bgp2vpc.policy.tables import owned_lists, table_policies
from bgp2vpc.prefix import IPAddress, PrefixListId, parse_prefix
from bgp2vpc.vpc.model import Interface, ManagedPrefixList
from bgp2vpc.vpc.prefix_lists import PrefixListRef
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import (
    IGW,
    INTERFACES,
    LOCAL,
    OURS,
    P1,
    P2,
    P3,
    P6,
    PEER,
    blackhole,
    offer,
    route,
    rule,
    snapshot,
    table,
)

LIST = PrefixListId("pl-1")
OF_US, OF_OTHERS = "bgp2vpc i-1", "bgp2vpc i-9"
THEIRS = Interface(PEER, "vpc-1", "subnet-1", 0, frozenset({IPAddress("10.0.0.11")}), instance_id="i-9")


def listed(*entries, said=OF_US, **more) -> ManagedPrefixList:
    return ManagedPrefixList(
        **{"id": "pl-1", "name": "anycast", "ip_version": 4, "version": 7, "max_entries": 100}
        | {"entries": dict.fromkeys(entries, said)}
        | more
    )


def seen(*tables, lists=(), **more) -> Snapshot:
    found = {each.id: each for each in (lists or (listed(),))}
    return replace(snapshot(*tables, **more), prefix_lists=found, peer_enis={PEER: THEIRS})


def list_rule(*accept, ref=None, **more):
    return rule(*accept, name="lists", prefix_list=ref or PrefixListRef("pl-1"), **more)


def inputs_for(*offers: Offer, **more) -> DecisionInput:
    by_prefix: dict = {}
    for each in offers:
        by_prefix[each.path.prefix] = (*by_prefix.get(each.path.prefix, ()), each)
    return DecisionInput(offers=by_prefix, **more)


def decided(shown: Snapshot, *offers: Offer, rules=(), **more) -> list[str]:
    rules = rules or (list_rule(),)
    plan = decide(table_policies(rules, shown, "vpc-1"), shown, inputs_for(*offers, **more), Policy())
    return [f"{v.table_id} {v.prefix} {v.kind.value} {v.reason.value}" for v in plan.verdicts]


def changes(shown: Snapshot, *offers: Offer, rules=(), stays=(), max_changes=1000) -> tuple[str, str]:
    """What is added, and what is removed; or what is wrong."""
    tables = table_policies(rules or (list_rule(),), shown, "vpc-1")
    (owned,) = owned_lists(tables, shown)
    found = entry_changes(owned, shown, inputs_for(*offers).offers, stays, EntryPolicy("i-1", 500, max_changes))
    return found.problem or " ".join(map(str, found.add)), " ".join(map(str, found.remove))


def last(prefix=P1, **more) -> Offer:
    return offer(prefix, med=1000, **more)


# The place of the list


@pytest.mark.parametrize(
    ("shown", "offers", "verdict"),
    [
        (table(), (offer(P1), offer(P2)), "create absent"),
        (table(), (offer(parse_prefix("198.51.100.1/32")),), ""),  # not of the rule
        (table(), (offer(P6),), ""),  # the list is for IPv4
        (table(route(LIST, OURS)), (offer(P2),), "keep ours"),
        (table(route(LIST, OURS)), (), "delete withdrawn"),
        (table(route(LIST, PEER)), (offer(P1),), "yield owner-healthy"),
        (table(blackhole(LIST)), (offer(P1),), "replace owner-blackhole"),
        (table(blackhole(LIST)), (last(P1), last(P2)), "yield backup-med"),
        (table(blackhole(LIST)), (last(P1), offer(P2)), "replace owner-blackhole"),  # one service is well
        (table(route(LIST, IGW)), (offer(P1),), "foreign foreign-target"),
    ],
)
def test_a_list_is_decided_as_a_prefix_that_is_offered_while_any_of_its_prefixes_is(shown, offers, verdict) -> None:
    assert decided(seen(shown), *offers) == ([f"rtb-1 pl-1 {verdict}"] if verdict else [])


def test_a_list_of_which_not_all_has_been_told_after_a_start_keeps_its_route() -> None:
    shown = seen(table(route(LIST, OURS)), lists=(listed(P1, P2),))
    assert decided(shown, leftovers_held=True, seen={P1}) == ["rtb-1 pl-1 keep leftover"]


def test_a_hold_of_the_list_holds_its_route() -> None:
    assert decided(seen(table(blackhole(LIST))), offer(P1), held={LIST}) == ["rtb-1 pl-1 yield held"]


def test_a_dead_route_of_a_list_is_deleted_only_if_nobody_offers_any_of_its_prefixes() -> None:
    shown = replace(seen(table(blackhole(LIST))), deleted=frozenset({PEER}))
    rules = (list_rule(dead_routes=DeadRoutes.DELETE),)
    assert decided(shown, rules=rules) == ["rtb-1 pl-1 delete owner-dead"]
    assert decided(shown, offer(P2), rules=rules) == ["rtb-1 pl-1 replace owner-blackhole"]


BEST = (list_rule(takeover=Takeover.BEST_PATH),)


def heard(prefix=P1, **more) -> Offer:
    return offer(prefix, source="peer 10.0.0.11", side=Side.PEER, next_hop="10.0.0.11", **more)


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ((offer(P1, med=100),), (heard(P1, med=50),), "yield peer-best"),
        ((offer(P1, med=50),), (heard(P1, med=100),), "replace best-path"),
        # The best of the paths of each announcer counts.
        ((offer(P1, med=100), offer(P2, med=10)), (heard(P1, med=50), heard(P3, med=60)), "replace best-path"),
        ((offer(P1, med=100),), (heard(P1, med=1000), heard(P2, med=2000)), "replace owner-last-resort"),
        ((offer(P1),), (heard(P1, communities=(GRACEFUL_SHUTDOWN,)),), "replace owner-last-resort"),
        ((offer(P1),), (heard(P1, communities=(GRACEFUL_SHUTDOWN,)), heard(P2)), "yield peer-best"),
    ],
)
def test_best_path_compares_the_best_of_what_each_instance_announces(ours, theirs, verdict) -> None:
    assert decided(seen(table(route(LIST, PEER))), *ours, *theirs, rules=BEST) == [f"rtb-1 pl-1 {verdict}"]


@pytest.mark.parametrize(
    ("lists", "ref", "words"),
    [
        ((listed(id="pl-2"),), PrefixListRef("pl-1"), "there is no prefix list pl-1"),
        ((listed(owner_id="AWS", version=0),), PrefixListRef("pl-1"), "managed by AWS"),
        ((listed(owner_id="999"),), PrefixListRef("pl-1"), "belongs to account 999"),
        ((listed(P1, said="by hand"),), PrefixListRef("pl-1"), "entries that bgp2vpc did not write (192.0.2.1/32)"),
        ((listed(P1, said="by hand"),), PrefixListRef("pl-1", keeps_foreign=True), ""),
        ((listed(entries=None),), PrefixListRef("pl-1"), "could not be read"),
        ((listed(is_synced=True),), PrefixListRef("pl-1"), "IPAM"),
        ((listed(state="delete-in-progress"),), PrefixListRef("pl-1"), "state delete-in-progress"),
        ((listed(state="modify-in-progress"),), PrefixListRef("pl-1"), ""),
        ((listed(), listed(id="pl-2")), PrefixListRef(name="anycast"), "all have name anycast"),
        ((listed(), listed(id="pl-2", ip_version=6)), PrefixListRef(name="anycast"), ""),
        ((listed(tags={"a": "b"}), listed(id="pl-2")), PrefixListRef(tag=("a", "b")), ""),
    ],
)
def test_no_route_is_written_for_a_list_that_cannot_be_used(lists, ref, words) -> None:
    interfaces = tuple(replace(each, owner_id="111") for each in INTERFACES)
    shown, rules = seen(table(), lists=lists, interfaces=interfaces), (list_rule(ref=ref),)
    plan = decide(table_policies(rules, shown, "vpc-1"), shown, inputs_for(offer(P1)), Policy())
    verdict = next(each for each in plan.verdicts if each.prefix == LIST)
    assert verdict.kind.value == ("blocked" if words else "create")
    assert words in verdict.detail


def test_a_list_that_cannot_be_used_any_more_still_loses_its_route_when_nothing_is_offered() -> None:
    shown = seen(table(route(LIST, OURS)), lists=(listed(P1, said="by hand"),))
    assert decided(shown, offer(P1)) == ["rtb-1 pl-1 keep ours"]
    assert decided(shown) == ["rtb-1 pl-1 delete withdrawn"]


# A route of its own, where another rule is about the prefix as well

BOTH = (list_rule(), rule(name="own"))


@pytest.mark.parametrize(
    ("routes", "entries", "verdict"),
    [
        ((route(LIST, OURS),), (P1,), "yield in-prefix-list"),
        ((route(LIST, OURS),), (), "yield in-prefix-list"),  # it is about to be an entry
        ((), (), "yield in-prefix-list"),  # so is the route of the list
        ((route(LIST, PEER),), (P1,), "yield in-prefix-list"),
        ((route(LIST, PEER),), (), "create absent"),  # its service is down at the owner
        ((route(LIST, PEER), route(P1, OURS)), (), "keep ours"),
        ((route(LIST, PEER), route(P1, OURS)), (P1,), "delete in-prefix-list"),
        ((blackhole(LIST), route(P1, OURS)), (P1,), "keep ours"),  # the list does not serve it
        ((route(LIST, PEER), blackhole(P1)), (P1,), "replace owner-blackhole"),  # it would win over the list
    ],
)
def test_a_prefix_has_a_route_of_its_own_only_if_the_list_does_not_serve_it(routes, entries, verdict) -> None:
    shown = seen(table(*routes), lists=(listed(*entries, said=OF_OTHERS),))
    assert f"rtb-1 {P1} {verdict}" in decided(shown, offer(P1), rules=BOTH)


def test_a_prefix_has_a_route_of_its_own_while_there_is_no_room_in_the_list() -> None:
    full = seen(table(route(LIST, OURS)), lists=(listed(P2, max_entries=1),))
    assert f"rtb-1 {P1} create absent" in decided(full, offer(P1), offer(P2), rules=BOTH)
    assert f"rtb-1 {P2} yield in-prefix-list" in decided(full, offer(P1), offer(P2), rules=BOTH)
    raised = seen(table(route(LIST, OURS), route(P1, OURS)), lists=(listed(P1, P2, max_entries=2),))
    assert f"rtb-1 {P1} delete in-prefix-list" in decided(raised, offer(P1), offer(P2), rules=BOTH)


def test_a_prefix_has_a_route_of_its_own_where_the_list_cannot_be_used_and_none_while_that_is_not_known() -> None:
    unusable = seen(table(), lists=(listed(P2, said="by hand"),))
    assert decided(unusable, offer(P1), rules=BOTH) == [f"rtb-1 {P1} create absent", "rtb-1 pl-1 blocked prefix-list"]
    unread = replace(unusable, prefix_lists=None)
    assert f"rtb-1 {P1} yield in-prefix-list" in decided(unread, offer(P1), rules=BOTH)


def test_a_route_that_its_rule_never_deletes_stays_beside_the_list() -> None:
    shown = seen(table(route(LIST, PEER), route(P1, OURS)), lists=(listed(P1, said=OF_OTHERS),))
    rules = (list_rule(), rule(name="own", never_delete=True))
    assert f"rtb-1 {P1} keep ours" in decided(shown, offer(P1), rules=rules)


def test_a_rule_with_a_list_gives_its_prefixes_no_routes() -> None:
    assert decided(seen(table()), offer(P1)) == ["rtb-1 pl-1 create absent"]


# Entries


def owner(*entries, said=OF_US, **more) -> Snapshot:
    return seen(table(route(LIST, OURS)), lists=(listed(*entries, said=said, **more),))


@pytest.mark.parametrize(
    ("entries", "offers", "add", "remove"),
    [
        ((), (offer(P1), offer(P2)), f"{P1} {P2}", ""),
        ((P1, P2), (offer(P1), offer(P2)), "", ""),
        ((P1, P2), (offer(P1),), "", f"{P2}"),
        ((P1, P2), (), "", ""),  # nothing at all is offered: the route goes, and not the entries
        ((P1, P2), (offer(P1), last(P2)), "", f"{P2}"),
        ((), (offer(P1), last(P2)), f"{P1}", ""),
        ((P1,), (last(P1), last(P2)), "", ""),
        ((), (last(P1), last(P2)), f"{P1} {P2}", ""),
        ((), (offer(P1), heard(P2)), f"{P1}", ""),  # what others announce is not served here
        ((), (offer(P1), offer(P6)), f"{P1}", ""),
        ((P3,), (offer(P1), offer(parse_prefix("198.51.100.1/32"))), f"{P1}", f"{P3}"),
    ],
)
def test_the_entries_are_what_is_offered_here(entries, offers, add, remove) -> None:
    assert changes(owner(*entries), *offers) == (add, remove)


def test_entries_of_others_are_never_removed() -> None:
    shown = seen(
        table(route(LIST, OURS)),
        lists=(listed(entries={P1: "by hand", P2: OF_US, P3: OF_OTHERS}),),
    )
    rules = (list_rule(ref=PrefixListRef("pl-1", keeps_foreign=True)),)
    p4 = parse_prefix("192.0.2.4/32")
    assert changes(shown, offer(p4), rules=rules) == (f"{p4}", f"{P2} {P3}")


def test_held_prefixes_and_leftovers_stay_as_they_are() -> None:
    assert changes(owner(P1), offer(P2), offer(P3), stays={P1, P3}) == (f"{P2}", "")


def test_what_lies_within_the_vpc_is_no_entry() -> None:
    shown = seen(table(route(LIST, OURS), route(parse_prefix("192.0.2.0/31"), LOCAL)))
    assert changes(shown, offer(P1), offer(P2)) == (f"{P2}", "")


def test_entries_beyond_max_entries_are_not_added_and_named() -> None:
    shown = owner(P1, max_entries=2)
    (owned,) = owned_lists(table_policies((list_rule(),), shown, "vpc-1"), shown)
    found = entry_changes(
        owned, shown, inputs_for(offer(P1), offer(P2), offer(P3)).offers, (), EntryPolicy("i-1", 500, 9)
    )
    assert (found.add, found.no_room) == ((P2,), (P3,))
    assert changes(owner(P1, max_entries=2), offer(P2), offer(P3)) == (f"{P2} {P3}", f"{P1}")


def test_more_additions_than_max_changes_are_refused_and_removals_are_not() -> None:
    add, remove = changes(owner(P3), offer(P1), offer(P2), max_changes=1)
    assert "2 entries to add at once, more than max_changes: 1" in add
    assert remove == f"{P3}"


@pytest.mark.parametrize(
    ("said", "offers", "removed"),
    [
        (OF_US, (), f"{P1}"),
        ("bgp2vpc i-gone", (), f"{P1}"),
        (OF_OTHERS, (), ""),  # it owns the list in another table
        (OF_US, (heard(P1),), ""),  # so does who is known to offer it
    ],
)
def test_of_a_list_with_several_owners_each_removes_what_nobody_else_serves(said, offers, removed) -> None:
    shown = seen(table(route(LIST, OURS)), table(route(LIST, PEER), table_id="rtb-2"), lists=(listed(P1, said=said),))
    assert changes(shown, offer(P2), *offers, rules=BEST) == (f"{P2}", removed)


def test_who_owns_no_table_of_the_list_writes_no_entries() -> None:
    shown = seen(table(route(LIST, PEER)))
    assert owned_lists(table_policies((list_rule(),), shown, "vpc-1"), shown) == []


def test_a_list_counts_in_the_quota_of_a_table_with_its_max_entries() -> None:
    shown = seen(table(route(P1), route(P6), route(LIST)), lists=(listed(P1, P2, max_entries=50), listed(id="pl-2")))
    (found,) = shown.tables.values()
    assert routes_counted(found, (), shown, 4) == (51, 50)
    assert routes_counted(found, (LIST, PrefixListId("pl-2")), shown, 4) == (151, 150)
    assert routes_counted(found, (), shown, 6) == (1, 0)
