"""Best path between instances: the table of `policy.verdict_by_best_path`, decided through `decide` as in use."""

import itertools
from dataclasses import replace

import pytest

from bgp2vpc.bgp.path import GRACEFUL_SHUTDOWN, AsSegment, SegmentKind
from bgp2vpc.bgp.rib import Side
from bgp2vpc.bgp.sessions import Neighbors, Standing
from bgp2vpc.policy.decide import Unresolved, decide, owners_in_the_way, owners_to_check, unresolved
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.guard import guard
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.rule import ManagedRoute, Takeover, Writes
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.prefix import IPAddress, parse_prefix
from bgp2vpc.vpc.model import InstanceHealth, Interface, Subnet, parse_target
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import (
    IGW,
    OURS,
    OURS_TOO,
    P1,
    P2,
    P3,
    P6,
    PEER,
    WITHOUT_INTERFACE,
    blackhole,
    inputs_of,
    offer,
    route,
    rule,
    snapshot,
    table,
)

NINE, EIGHT = IPAddress("10.0.0.9"), IPAddress("10.0.0.99")
BEST_PATH = dict(takeover=Takeover.BEST_PATH)
OURS_AT_10 = (
    Interface(
        OURS, "vpc-1", "subnet-1", 0, frozenset({IPAddress("10.0.0.10")}), zone="a", address=IPAddress("10.0.0.10")
    ),
    Interface(OURS_TOO, "vpc-1", "subnet-2", 1, frozenset({IPAddress("10.0.1.10")}), address=IPAddress("10.0.1.10")),
)


def neighbor(interface_id: str, address: IPAddress, zone: str = "b", **more) -> Interface:
    addresses = frozenset({address})
    return Interface(
        interface_id,
        "vpc-1",
        "subnet-9",
        0,
        addresses,
        zone=zone,
        address=address,
        instance_id=f"i-{interface_id}",
        **more,
    )


def own(**attributes):
    return offer(source="dns", **attributes)


def peer(address: IPAddress = NINE, **attributes):
    return offer(source=f"peer {address}", side=Side.PEER, next_hop=str(address), router_id=str(address), **attributes)


def shown_to_us(*routes, near=NINE, interfaces=None, health=()) -> Snapshot:
    """We have 10.0.0.10 in zone a; eni-9 is at `near` (10.0.0.9) and eni-8 at 10.0.0.99, both in zone b."""
    known = interfaces or (neighbor(PEER, near), neighbor("eni-8", EIGHT))
    seen = snapshot(table(*routes, subnet_ids=frozenset({"subnet-1"})), interfaces=OURS_AT_10, health=health)
    return Snapshot(
        seen.tables,
        seen.interfaces,
        seen.health,
        "i-1",
        subnets={"subnet-1": Subnet("subnet-1", "vpc-1", "a")},
        peer_enis={each.id: each for each in known},
    )


def neighbors(*standings: Standing, address: IPAddress = NINE) -> Neighbors:
    """What is known of 10.0.0.9, when it offers nothing."""
    known = Neighbors()
    for standing in standings:
        match standing:
            case Standing.WITHDRAWN:
                known.up(address, 0.0)
                known.end_of_rib(address, None)
                known.departed([(P1, address)], Standing.WITHDRAWN, 0.0)
            case Standing.SILENT:
                known.up(address, 0.0)
                known.waited_enough(10.0, 10.0)
            case Standing.LOST:
                known.down(address, 5.0)
    return known


def decided(routes, offers, *, shown=None, known=None, policy=None, rule_options=BEST_PATH, **more) -> str:
    """`verdict reason target`, and after `->` the change, if any."""
    seen = shown or shown_to_us(*routes)
    tables = table_policies([rule(**rule_options)], seen, "vpc-1")
    inputs = inputs_of(offers, neighbors=known or Neighbors(), **more)
    plan = decide(tables, seen, inputs, policy or Policy())
    guard(plan, tables, seen, max_changes=10)
    assert len(plan.verdicts) <= 1
    text = " ".join(f"{v.kind.value} {v.reason.value} {v.target}" for v in plan.verdicts) or "nothing"
    awaited = "".join(f", awaits {v.awaits}" for v in plan.verdicts if v.awaits)
    return text + awaited + "".join(f" -> {c.action.value} {c.target}" for c in plan.changes)


NOTHING, US, THEM, OTHER = (), (route(),), (route(target=PEER),), (route(target="eni-8"),)
DEAD, GATEWAY = (blackhole(),), (route(target=IGW),)
BARE = (blackhole(target=WITHOUT_INTERFACE[0]),)
WITHDRAWN, SILENT, LOST = neighbors(Standing.WITHDRAWN), neighbors(Standing.SILENT), neighbors(Standing.LOST)
BETTER, WORSE, EQUAL = own(med=50), own(med=200), own(med=100)
THEIRS = peer(med=100)
DRAINING = dict(communities=(GRACEFUL_SHUTDOWN,), med=500)

UNHEARD = neighbors(Standing.LOST)
UNHEARD.unheard = True

LATE = {PEER}

TABLE = [
    # the table has, offers, options, what becomes of it
    (NOTHING, [BETTER, THEIRS], {}, "create absent eni-1 -> create eni-1"),
    (NOTHING, [WORSE, THEIRS], {}, "yield peer-best None, awaits eni-9"),
    (NOTHING, [THEIRS], {}, "nothing"),
    (US, [BETTER, THEIRS], {}, "keep ours eni-1"),
    (US, [EQUAL, THEIRS], {}, "keep ours eni-1"),
    (US, [WORSE, THEIRS], {}, "keep peer-best eni-1, awaits eni-9"),
    (US, [THEIRS], {}, "keep handover eni-1, awaits eni-9"),
    (US, [THEIRS], dict(late=LATE, is_unsettled=True), "keep handover eni-1"),
    (US, [], dict(is_unsettled=True), "delete withdrawn None -> delete eni-1"),
    (US, [], dict(lost_sessions={P1: {NINE}}), "keep handover eni-1"),
    (US, [], dict(lost_sessions={P2: {NINE}}), "delete withdrawn None -> delete eni-1"),
    (US, [BETTER], dict(lost_sessions={P1: {NINE}}), "keep ours eni-1"),
    (US, [], {}, "delete withdrawn None -> delete eni-1"),
    (THEM, [BETTER, THEIRS], {}, "replace best-path eni-1 -> replace eni-1"),
    (THEM, [EQUAL, THEIRS], {}, "yield peer-best eni-9"),
    (THEM, [WORSE, THEIRS], {}, "yield peer-best eni-9"),
    (THEM, [THEIRS], {}, "nothing"),
    # our own path cannot be installed, or nobody has spoken of the prefix yet
    (NOTHING, [own(next_hop="198.51.100.1"), THEIRS], {}, "blocked next-hop-not-ours None"),
    (US, [own(next_hop="10.0.0.77")], {}, "delete next-hop-not-ours None -> delete eni-1"),
    (US, [own(next_hop="10.0.0.77"), THEIRS], {}, "keep handover eni-1, awaits eni-9"),
    (US, [BETTER, THEIRS], dict(rule_options=BEST_PATH | dict(interface=7)), "blocked no-interface eni-1"),
    (US, [THEIRS], dict(leftovers_held=True), "keep leftover eni-1"),
    # the owner, eni-9, offers nothing
    (THEM, [BETTER], dict(known=WITHDRAWN), "replace owner-withdrew eni-1 -> replace eni-1"),
    (THEM, [BETTER], dict(known=SILENT), "replace owner-silent eni-1 -> replace eni-1"),
    (THEM, [BETTER], dict(known=LOST), "replace owner-lost eni-1 -> replace eni-1"),
    (THEM, [BETTER], {}, "yield owner-healthy eni-9"),
    ((route(target="eni-7"),), [BETTER], {}, "yield owner-healthy eni-7"),
    (THEM, [], dict(known=WITHDRAWN), "nothing"),
    (DEAD, [BETTER], {}, "replace owner-blackhole eni-1 -> replace eni-1"),
    (DEAD, [WORSE, THEIRS], {}, "replace owner-blackhole eni-1 -> replace eni-1"),
    (DEAD, [WORSE, peer(EIGHT)], {}, "yield peer-best eni-9, awaits eni-8"),
    (BARE, [BETTER], {}, "replace owner-blackhole eni-1 -> replace eni-1"),
    (BARE, [WORSE, peer(EIGHT)], {}, "yield peer-best i-gone, awaits eni-8"),
    (BARE, [], {}, "nothing"),
    # a third one competes
    (THEM, [WORSE, peer(EIGHT)], dict(known=WITHDRAWN), "yield peer-best eni-9, awaits eni-8"),
    (OTHER, [EQUAL, THEIRS, peer(EIGHT, med=200)], {}, "yield peer-best eni-8, awaits eni-9"),
    # what leads nowhere is not considered
    (NOTHING, [WORSE, peer(IPAddress("198.51.100.1"))], {}, "create absent eni-1 -> create eni-1"),
    (NOTHING, [WORSE, peer(IPAddress("10.0.1.10"))], {}, "create absent eni-1 -> create eni-1"),
    (US, [peer(IPAddress("198.51.100.1"))], {}, "delete withdrawn None -> delete eni-1"),
    (THEM, [peer(IPAddress("198.51.100.1"))], dict(known=WITHDRAWN), "nothing"),
    # the owner or we are unwell: ExaBGP's healthcheck says MED 1000 when down
    (THEM, [own(med=1000), peer(med=1000)], {}, "yield peer-best eni-9"),
    (THEM, [own(med=100), peer(med=1000)], {}, "replace owner-last-resort eni-1 -> replace eni-1"),
    (THEM, [own(med=100), peer(med=500)], {}, "replace owner-last-resort eni-1 -> replace eni-1"),
    (US, [own(med=1000), peer(med=1000)], {}, "keep ours eni-1"),
    (THEM, [own(med=500)], dict(known=LOST), "yield backup-med eni-9"),
    (THEM, [own(med=1000)], dict(known=LOST), "yield backup-med eni-9"),
    (THEM, [own(med=1000)], dict(known=SILENT), "replace owner-silent eni-1 -> replace eni-1"),
    (THEM, [own(med=1000)], dict(known=WITHDRAWN), "replace owner-withdrew eni-1 -> replace eni-1"),
    # leaving
    (THEM, [EQUAL, peer(**DRAINING)], {}, "replace owner-last-resort eni-1 -> replace eni-1"),
    (THEM, [EQUAL, peer(local_preference=900, **DRAINING)], {}, "replace owner-last-resort eni-1 -> replace eni-1"),
    (THEM, [own(med=1000), peer(**DRAINING)], {}, "yield backup-med eni-9"),
    (THEM, [own(med=200), peer(**DRAINING), peer(EIGHT, local_preference=900, med=1000)], {},
     "replace owner-last-resort eni-1 -> replace eni-1"),
    (THEM, [own(med=1000, local_preference=900), peer(**DRAINING), peer(EIGHT, med=200)], {},
     "yield peer-best eni-9, awaits eni-8"),
    (THEM, [own(med=500, local_preference=900), peer(**DRAINING), peer(EIGHT, med=200)], {},
     "yield peer-best eni-9, awaits eni-8"),
    (US, [own(**DRAINING), THEIRS], {}, "keep peer-best eni-1, awaits eni-9"),
    (US, [own(**DRAINING)], {}, "keep ours eni-1"),
    # what is none of the instances'
    (GATEWAY, [BETTER, THEIRS], {}, "foreign foreign-target igw-1"),
    (GATEWAY, [WORSE, THEIRS], {}, "foreign foreign-target igw-1"),
    # not all is known yet: nothing is taken or deleted
    (NOTHING, [BETTER], dict(neighbors_held=True), "create absent eni-1 -> create eni-1"),
    (THEM, [BETTER], dict(known=LOST, neighbors_held=True), "yield not-ready eni-9"),
    (THEM, [BETTER, THEIRS], dict(neighbors_held=True), "yield not-ready eni-9"),
    (US, [], dict(neighbors_held=True), "keep not-ready eni-1"),
    (US, [THEIRS], dict(neighbors_held=True), "keep not-ready eni-1"),
    # our own ExaBGP hangs: as `if_unhealthy`
    (THEM, [BETTER, THEIRS], dict(known=UNHEARD), "yield owner-healthy eni-9"),
    (THEM, [BETTER], dict(known=UNHEARD), "yield owner-healthy eni-9"),
    (THEM, [WORSE, peer(EIGHT, med=50)], dict(known=UNHEARD), "yield peer-best eni-9"),
    (DEAD, [BETTER, THEIRS], dict(known=UNHEARD), "replace owner-blackhole eni-1 -> replace eni-1"),
    (NOTHING, [BETTER, THEIRS], dict(known=UNHEARD), "create absent eni-1 -> create eni-1"),
    (US, [BETTER, THEIRS], dict(known=UNHEARD), "keep ours eni-1"),
    # who has let us wait is passed over, unless it has written after all
    (NOTHING, [WORSE, THEIRS], dict(late={PEER}), "create absent eni-1 -> create eni-1"),
    (US, [THEIRS], dict(late={PEER}), "delete withdrawn None -> delete eni-1"),
    (THEM, [WORSE, THEIRS], dict(late={PEER}), "yield peer-best eni-9"),
    # suppressed: only what is certain
    (THEM, [BETTER, THEIRS], dict(is_suppressed=True), "yield damped eni-9"),
    (THEM, [BETTER], dict(known=LOST, is_suppressed=True), "yield damped eni-9"),
    (THEM, [BETTER], dict(known=SILENT, is_suppressed=True), "yield damped eni-9"),
    (THEM, [BETTER], dict(known=WITHDRAWN, is_suppressed=True), "replace owner-withdrew eni-1 -> replace eni-1"),
    (THEM, [EQUAL, peer(med=1000)], dict(is_suppressed=True), "replace owner-last-resort eni-1 -> replace eni-1"),
    (DEAD, [BETTER], dict(is_suppressed=True), "replace owner-blackhole eni-1 -> replace eni-1"),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "offers", "options", "expected"), TABLE)
def test_the_truth_table(routes, offers, options, expected):
    seen = shown_to_us(*routes)
    met = Snapshot(
        seen.tables, seen.interfaces, {}, "i-1", subnets=seen.subnets, peer_enis=seen.peer_enis,
        unresolvable=frozenset({IPAddress("198.51.100.1")}),
    )  # fmt: skip
    assert decided(routes, offers, shown=met, **options) == expected


CHECKED = BEST_PATH | dict(remote_check="alive")
FAILING = frozenset({("alive", PEER)})

WITNESSES = [
    # the session, the check, what becomes of the owner's route
    ([BETTER], dict(known=LOST), "yield owner-unheard eni-9"),
    ([WORSE, peer(EIGHT)], dict(known=LOST), "yield peer-best eni-9"),
    ([WORSE, peer(EIGHT)], dict(known=LOST, failing=FAILING), "yield peer-best eni-9, awaits eni-8"),
    ([BETTER], dict(known=LOST, failing=FAILING), "replace owner-failing eni-1 -> replace eni-1"),
    ([BETTER], dict(failing=FAILING), "replace owner-failing eni-1 -> replace eni-1"),
    ([EQUAL, THEIRS], dict(failing=FAILING), "replace owner-failing eni-1 -> replace eni-1"),
    ([own(med=1000), THEIRS], dict(failing=FAILING), "yield backup-med eni-9"),
    ([EQUAL, THEIRS], dict(failing=FAILING, is_suppressed=True), "yield damped eni-9"),
    ([BETTER], dict(known=WITHDRAWN), "replace owner-withdrew eni-1 -> replace eni-1"),
]


@pytest.mark.parametrize(("offers", "options", "expected"), WITNESSES)
def test_with_a_remote_check_a_lost_session_alone_moves_nothing(offers, options, expected):
    assert decided(THEM, offers, rule_options=CHECKED, **options) == expected


def test_a_route_that_moved_to_the_owner_after_its_session_was_lost_tells_that_it_is_alive():
    for moved, expected in (
        (4.9, "replace owner-lost eni-1 -> replace eni-1"),
        (5.0, "yield owner-unheard eni-9"),
    ):
        assert decided(THEM, [BETTER], known=LOST, moved_at=moved) == expected
    assert decided(DEAD, [BETTER], known=LOST).startswith("replace owner-blackhole")
    known = neighbors(Standing.LOST)
    known.departed([(P1, NINE)], Standing.LOST, 7.0)
    assert decided(THEM, [BETTER], known=known, moved_at=6.0) == "replace owner-lost eni-1 -> replace eni-1"


def test_a_session_that_was_lost_in_an_outage_of_our_own_moves_nothing_for_now_unless_the_owner_fails_its_check():
    known = neighbors(Standing.LOST)  # at 5.0
    for doubtful_until, expected in (
        (4.9, "replace owner-lost eni-1 -> replace eni-1"),
        (5.0, "yield owner-unheard eni-9"),
    ):
        known.doubtful_until = doubtful_until
        assert decided(THEM, [BETTER], known=known) == expected
        assert decided(THEM, [BETTER], known=Neighbors.from_json(known.to_json())) == expected
    known.silent = frozenset([NINE])
    for each in (known, Neighbors.from_json(known.to_json())):
        assert decided(THEM, [BETTER], known=each) == "replace owner-lost eni-1 -> replace eni-1"
    known.silent = frozenset()
    failing = dict(failing=FAILING, rule_options=CHECKED)
    assert decided(THEM, [BETTER], known=known, **failing) == "replace owner-failing eni-1 -> replace eni-1"


def test_a_route_that_moved_to_the_owner_long_ago_tells_nothing():
    for read_at, expected in (
        (305.0, "yield owner-unheard eni-9"),
        (305.1, "replace owner-lost eni-1 -> replace eni-1"),
    ):
        shown = replace(shown_to_us(*THEM), read_at=read_at)
        assert decided(THEM, [BETTER], shown=shown, known=LOST, moved_at=5.0) == expected


def test_who_was_given_the_route_lately_and_is_silent_may_be_about_to_announce():
    for read_at, expected in (
        (14.9, "yield owner-unheard eni-9"),
        (15.0, "replace owner-silent eni-1 -> replace eni-1"),
    ):
        shown = replace(shown_to_us(*THEM), read_at=read_at)
        assert decided(THEM, [BETTER], shown=shown, known=SILENT, moved_at=5.0) == expected


def test_an_owner_that_is_not_heard_is_judged_by_ec2_too():
    for health, expected in (
        (InstanceHealth.GONE, "replace owner-gone eni-1 -> replace eni-1"),
        (InstanceHealth.IMPAIRED, "replace owner-impaired eni-1 -> replace eni-1"),
        (InstanceHealth.OK, "yield owner-unheard eni-9"),
    ):
        shown = shown_to_us(*THEM, health={"i-9": health})
        assert decided(THEM, [BETTER], shown=shown, known=LOST, rule_options=CHECKED) == expected
    shown = shown_to_us(*THEM, health={"i-9": InstanceHealth.IMPAIRED})
    assert decided(THEM, [EQUAL, THEIRS], shown=shown) == "yield peer-best eni-9"


def test_somebody_else_may_say_that_a_member_has_failed():
    known = neighbors(Standing.SILENT)
    known.failed(NINE, 5.0)
    assert decided(THEM, [EQUAL, THEIRS], known=known) == "replace owner-lost eni-1 -> replace eni-1"
    assert decided(NOTHING, [WORSE, THEIRS], known=known) == "create absent eni-1 -> create eni-1"
    known.recovered(NINE)
    assert decided(THEM, [EQUAL, THEIRS], known=known) == "yield peer-best eni-9"


def test_the_lowest_address_of_an_interface_wins_a_tie_whoever_asks():
    assert decided(NOTHING, [EQUAL, THEIRS]) == "yield peer-best None, awaits eni-9"
    assert decided(NOTHING, [EQUAL, peer(EIGHT, med=100)]) == "create absent eni-1 -> create eni-1"


NEAR = BEST_PATH | dict(affinity=True)


def test_affinity_prefers_the_zone_of_the_table_and_nothing_but_a_failure_crosses_over():
    assert decided(NOTHING, [EQUAL, THEIRS], rule_options=NEAR) == "create absent eni-1 -> create eni-1"
    assert decided(THEM, [EQUAL, THEIRS], rule_options=NEAR) == "replace best-path eni-1 -> replace eni-1"
    assert decided(THEM, [WORSE, THEIRS], rule_options=NEAR) == "yield peer-best eni-9"
    near_them = shown_to_us(*US, interfaces=(neighbor(PEER, NINE, zone="a"),))
    far_us = Snapshot(
        near_them.tables, near_them.interfaces, {}, "i-1",
        subnets={"subnet-1": Subnet("subnet-1", "vpc-1", "b")}, peer_enis={PEER: neighbor(PEER, NINE)},
    )  # fmt: skip
    assert decided(US, [EQUAL, THEIRS], shown=far_us, rule_options=NEAR) == "keep peer-best eni-1, awaits eni-9"


def test_a_next_hop_that_has_not_been_looked_up_holds_what_would_be_taken_or_deleted():
    unknown = peer(IPAddress("10.0.0.77"))
    assert decided(US, [unknown]) == "keep not-ready eni-1"
    assert decided(THEM, [BETTER, unknown], known=LOST) == "yield not-ready eni-9"
    assert decided(NOTHING, [BETTER, unknown]) == "create absent eni-1 -> create eni-1"


def test_an_interface_that_does_not_forward_is_not_considered():
    shown = shown_to_us(*THEM, interfaces=(neighbor(PEER, NINE, source_dest_check=True),))
    assert decided(THEM, [WORSE, THEIRS], shown=shown) == "replace best-path eni-1 -> replace eni-1"
    policy = Policy(skip_source_dest_check=True)
    assert decided(THEM, [WORSE, THEIRS], shown=shown, policy=policy) == "yield peer-best eni-9"


ANY = BEST_PATH | dict(writes=Writes.ANY)
ANY_CHECKED = ANY | dict(remote_check="alive")

BRIDGE = [
    (NOTHING, [THEIRS], {}, ANY, "create absent eni-9 -> create eni-9"),
    (NOTHING, [WORSE, THEIRS], {}, ANY, "create absent eni-9 -> create eni-9"),
    (THEM, [THEIRS], {}, ANY, "keep best-path eni-9"),
    (THEM, [THEIRS, peer(EIGHT, med=50)], {}, ANY, "replace best-path eni-8 -> replace eni-8"),
    (THEM, [peer(EIGHT)], dict(known=WITHDRAWN), ANY, "replace owner-withdrew eni-8 -> replace eni-8"),
    (US, [THEIRS], {}, ANY, "replace best-path eni-9 -> replace eni-9"),
    (US, [BETTER, THEIRS], {}, ANY, "keep ours eni-1"),
    (THEM, [], dict(known=WITHDRAWN), ANY, "delete withdrawn None -> delete eni-9"),
    (THEM, [], dict(known=SILENT), ANY, "nothing"),
    (THEM, [], dict(known=LOST), ANY, "delete owner-lost None -> delete eni-9"),
    (THEM, [], dict(known=LOST, is_suppressed=True), ANY, "yield damped eni-9"),
    (THEM, [], dict(known=LOST, lost_sessions={P1: {NINE}}), ANY, "delete owner-lost None -> delete eni-9"),
    (THEM, [], dict(known=LOST, lost_sessions={P1: {NINE, EIGHT}}), ANY, "yield handover eni-9"),
    (THEM, [], dict(known=LOST), ANY_CHECKED, "yield owner-unheard eni-9"),
    (THEM, [], dict(known=LOST, failing=FAILING), ANY_CHECKED, "delete owner-lost None -> delete eni-9"),
    (THEM, [], dict(known=WITHDRAWN, neighbors_held=True), ANY, "yield not-ready eni-9"),
    (THEM, [], {}, ANY, "nothing"),
    (US, [], {}, ANY, "delete withdrawn None -> delete eni-1"),
    (GATEWAY, [THEIRS], {}, ANY, "foreign foreign-target igw-1"),
]


@pytest.mark.parametrize(("routes", "offers", "options", "rules", "expected"), BRIDGE)
def test_a_bridge_writes_for_every_announcer(routes, offers, options, rules, expected):
    assert decided(routes, offers, rule_options=rules, **options) == expected


def test_without_best_path_what_peers_say_does_not_count():
    for takeover in (Takeover.ALWAYS, Takeover.IF_UNHEALTHY):
        assert decided(NOTHING, [WORSE, THEIRS], rule_options=dict(takeover=takeover)).startswith("create")
        assert decided(US, [THEIRS], rule_options=dict(takeover=takeover)).startswith("delete")


def test_what_is_accepted_from_nobody_is_accepted_from_no_peer():
    other = offer("198.51.100.1/32", source="peer", side=Side.PEER, next_hop="10.0.0.9")
    seen = shown_to_us()
    inputs = DecisionInput(offers={other.path.prefix: (other,)})
    assert decide(table_policies([rule(**ANY)], seen, "vpc-1"), seen, inputs, Policy()).verdicts == ()


VIEWS = [
    (own(med=med, local_preference=preference), dict(med=med, local_preference=preference))
    for med, preference in itertools.product((None, 100, 1000), (None, 200))
]


@pytest.mark.parametrize(("ours", "theirs"), list(itertools.product(range(len(VIEWS)), repeat=2)))
def test_both_instances_come_to_the_same_result(ours, theirs):
    """What i-1 makes of its own path and of the peer's, the peer makes of them the other way round."""
    mine, their_attributes = VIEWS[ours][0], VIEWS[theirs][1]
    for routes in (NOTHING, US, THEM):
        here = decided(routes, [mine, peer(**their_attributes)])
        mirrored = {OURS: PEER, PEER: OURS}
        swapped = tuple(route(target=mirrored[each.target.id]) for each in routes)
        seen = Snapshot(
            shown_to_us(*swapped).tables,
            (neighbor(OURS, NINE),),
            {},
            "i-1",
            peer_enis={PEER: neighbor(PEER, IPAddress("10.0.0.10"))},
        )
        there = decided(swapped, [own(**their_attributes), peer(IPAddress("10.0.0.10"), **VIEWS[ours][1])], shown=seen)
        assert [" -> " in here, " -> " in there].count(True) <= 1, (here, there)
        settled = "keep ours" in here or "keep ours" in there
        assert settled or " -> " in here + there, (here, there)


def test_unresolved_are_the_next_hops_and_owners_we_know_nothing_of():
    unknown = IPAddress("10.0.0.77")
    seen = shown_to_us(route(target="eni-7"))
    tables = table_policies([rule(**BEST_PATH)], seen, "vpc-1")
    inputs = DecisionInput(offers={P1: (BETTER, THEIRS, peer(unknown))})
    assert unresolved(tables, seen, inputs) == Unresolved(frozenset({unknown}), frozenset({"eni-7"}))
    assert not unresolved(table_policies([rule()], seen, "vpc-1"), seen, inputs)
    assert not unresolved(tables, seen, inputs, only=())
    bare = shown_to_us(blackhole(target=WITHOUT_INTERFACE[0]))
    assert not unresolved(
        table_policies([rule(**BEST_PATH)], bare, "vpc-1"), bare, DecisionInput(offers={P1: (BETTER,)})
    )


def test_owners_are_checked_where_we_offer_a_path_or_write_for_others():
    seen = shown_to_us(*THEM)
    for options, offers, expected in (
        (CHECKED, {P1: (BETTER,)}, {("rtb-1", P1): ("alive", PEER)}),
        (CHECKED, {}, {}),
        (CHECKED, {P1: (THEIRS,)}, {}),
        (ANY_CHECKED, {}, {("rtb-1", P1): ("alive", PEER)}),
    ):
        tables = table_policies([rule(**options)], seen, "vpc-1")
        assert owners_to_check(tables, seen, DecisionInput(offers=offers)) == expected


def test_ec2_is_not_asked_about_owners_that_are_heard():
    seen = shown_to_us(*THEM)
    tables = table_policies([rule(**BEST_PATH)], seen, "vpc-1")
    assert owners_in_the_way(tables, seen, DecisionInput(offers={P1: (BETTER,)})) == {"i-9"}
    assert owners_in_the_way(tables, seen, DecisionInput(offers={P1: (BETTER, THEIRS)})) == frozenset()


def test_a_longer_as_path_loses():
    longer = AsSegment(SegmentKind.SEQUENCE, (65001,))
    assert decided(THEM, [EQUAL, peer(med=10, as_path=(longer,))]).startswith("replace best-path")


UNSETTLED = "a peer may have taken the route, and EC2's reads may not show it yet"

DETAILS = [
    # the table has, offers, options, what people are told beside the verdict and its reason
    (US, [BETTER, THEIRS], {}, ""),
    (US, [WORSE, THEIRS], {}, "peer 10.0.0.9 at eni-9 has the best path: med"),
    (US, [THEIRS], {}, "peer 10.0.0.9 at eni-9 has the best path: only path"),
    (THEM, [WORSE, THEIRS], {}, "peer 10.0.0.9 at eni-9 has the best path: med"),
    (THEM, [THEIRS], dict(rule_options=ANY), "peer 10.0.0.9 at eni-9 has the best path: only path"),
    (US, [], dict(lost_sessions={P1: {NINE}}), UNSETTLED),
    (THEM, [], dict(rule_options=ANY, neighbors=LOST, lost_sessions={P1: {EIGHT}}), UNSETTLED),
    (THEM, [BETTER, THEIRS], dict(neighbors_held=True), "best-path, but not all is known yet"),
    (THEM, [BETTER, THEIRS], dict(is_suppressed=True),
     "best-path, but the route is flapping: suppressed until it is stable"),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "offers", "options", "expected"), DETAILS)
def test_people_are_told(routes, offers, options, expected):
    rule_options, seen = options.get("rule_options", BEST_PATH), shown_to_us(*routes)
    inputs = inputs_of(offers, **{name: value for name, value in options.items() if name != "rule_options"})
    (verdict,) = decide(table_policies([rule(**rule_options)], seen, "vpc-1"), seen, inputs, Policy()).verdicts
    assert verdict.detail == expected


# A managed route may decide by best path where its rule does not.
OF_THE_CHECK = dict(source="check dns", side=Side.CHECK)
MANAGED = dict(
    manages={P1: ManagedRoute(prefix=P1, source="check dns", takeover=Takeover.BEST_PATH, remote_check="alive")}
)
NEVER_DELETED = dict(
    manages={P1: ManagedRoute(prefix=P1, source="check dns", takeover=Takeover.BEST_PATH, never_delete=True)}
)
MANAGED_ANY = MANAGED | dict(writes=Writes.ANY)

MANAGED_BY_BEST_PATH = [
    (NOTHING, [offer(med=200, **OF_THE_CHECK), THEIRS], {}, MANAGED, "yield peer-best None, awaits eni-9"),
    (US, [THEIRS], {}, MANAGED, "keep handover eni-1, awaits eni-9"),
    (US, [THEIRS], {}, NEVER_DELETED, "keep never-delete eni-1"),
    (THEM, [offer(**OF_THE_CHECK)], dict(known=LOST), MANAGED, "yield owner-unheard eni-9"),
    (NOTHING, [THEIRS], {}, MANAGED_ANY, "create absent eni-9 -> create eni-9"),
]


@pytest.mark.parametrize(("routes", "offers", "options", "rules", "expected"), MANAGED_BY_BEST_PATH)
def test_a_managed_route_may_decide_by_best_path_where_its_rule_does_not(routes, offers, options, rules, expected):
    assert decided(routes, offers, rule_options=rules, **options) == expected


NAT = parse_target("nat-1")
WITH_FALLBACK = BEST_PATH | dict(fallback=NAT)
DEAD_8 = (blackhole(target="eni-8"),)

WITH_A_FALLBACK = [
    # A dead owner's route goes to a peer that offers the prefix, and to the fallback if none does, or none writes.
    (DEAD_8, [THEIRS], {}, "yield peer-best eni-8, awaits eni-9"),
    (DEAD_8, [THEIRS], dict(late={PEER}), "replace fallback nat-1 -> replace nat-1"),
    (DEAD_8, [], {}, "replace fallback nat-1 -> replace nat-1"),
    (DEAD_8, [], dict(neighbors_held=True), "keep not-ready eni-8"),
    (DEAD_8, [BETTER, THEIRS], {}, "replace owner-blackhole eni-1 -> replace eni-1"),
    (THEM, [], dict(known=LOST), "nothing"),
    (US, [THEIRS], {}, "keep handover eni-1, awaits eni-9"),
    (US, [], {}, "replace fallback nat-1 -> replace nat-1"),
    ((route(target=NAT),), [], {}, "keep fallback nat-1"),
    ((route(target=NAT),), [THEIRS], {}, "keep fallback nat-1"),
    ((route(target=NAT),), [BETTER, THEIRS], {}, "replace fallback eni-1 -> replace eni-1"),
]


@pytest.mark.parametrize(("routes", "offers", "options", "expected"), WITH_A_FALLBACK)
def test_an_announced_prefix_with_a_fallback(routes, offers, options, expected):
    assert decided(routes, offers, rule_options=WITH_FALLBACK, **options) == expected


def test_a_managed_route_that_decides_by_best_path_counts_as_such_wherever_that_is_asked():
    unknown = IPAddress("10.0.0.77")
    seen = shown_to_us(route(target="eni-7"))
    for options, best_path in ((MANAGED, True), (MANAGED_ANY, True), (dict(takeover=Takeover.ALWAYS), False)):
        assert rule(**options).takes_by_best_path is best_path
    tables = table_policies([rule("203.0.113.0/24", **MANAGED)], seen, "vpc-1")
    mine = offer(**OF_THE_CHECK)
    assert unresolved(tables, seen, DecisionInput(offers={P1: (mine, peer(unknown))})) == Unresolved(
        {unknown}, {"eni-7"}
    )
    them = shown_to_us(*THEM)
    tables = table_policies([rule(**MANAGED)], them, "vpc-1")
    assert owners_in_the_way(tables, them, DecisionInput(offers={P1: (mine,)})) == {"i-9"}
    assert owners_in_the_way(tables, them, DecisionInput(offers={P1: (mine, THEIRS)})) == frozenset()
    assert owners_in_the_way(tables, them, DecisionInput(offers={P1: (mine, peer(EIGHT))})) == {"i-9"}, (
        "another one is heard"
    )


def test_an_interface_without_an_address_comes_before_all_others():
    nameless = shown_to_us(interfaces=(replace(neighbor(PEER, NINE), address=None),))
    first = peer(med=100)
    assert decided(NOTHING, [EQUAL, first], shown=nameless) == "yield peer-best None, awaits eni-9"


def test_where_the_zone_of_the_table_is_unknown_nobody_is_near():
    shown = replace(
        shown_to_us(interfaces=(neighbor("eni-8", EIGHT, zone=""),)),
        subnets={"subnet-1": Subnet("subnet-1", "vpc-1", "")},
    )
    offers = [EQUAL, peer(EIGHT, med=100)]
    assert decided(NOTHING, offers, shown=shown, rule_options=NEAR) == "create absent eni-1 -> create eni-1"


def test_of_this_hosts_own_next_hops_none_is_unresolved_and_others_add_up():
    seen = shown_to_us()
    tables = table_policies([rule(**BEST_PATH)], seen, "vpc-1")
    assert not unresolved(tables, seen, DecisionInput(offers={P1: (own(next_hop="10.0.0.77"),)}))
    assert not unresolved(tables, seen, DecisionInput(offers={}), only={P1})
    one, two = IPAddress("10.0.0.1"), IPAddress("10.0.0.2")
    some, others = (
        Unresolved(frozenset({one}), frozenset({"eni-1"})),
        Unresolved(frozenset({two}), frozenset({"eni-2"})),
    )
    both = some | others
    assert both == Unresolved(frozenset({one, two}), frozenset({"eni-1", "eni-2"}))
    assert both - others == some
    assert [bool(each) for each in (Unresolved({one}), Unresolved(interface_ids={"eni-1"}), some - both)] == [
        True,
        True,
        False,
    ]


def test_a_witness_checks_every_owner_that_a_rule_is_about_and_others_only_those_that_matter_to_them():
    elsewhere = parse_prefix("203.0.113.1/32")
    routes = (
        route("pl-1", PEER),
        route(P6, PEER, propagated=True),
        route(elsewhere, PEER),
        route(P3, OURS),
        route(P1, PEER),
        route(P2, "eni-8"),
    )
    seen = shown_to_us(*routes)
    tables = table_policies([rule(**CHECKED)], seen, "vpc-1")
    nine, eight = {("rtb-1", P1): ("alive", PEER)}, {("rtb-1", P2): ("alive", "eni-8")}
    inputs = DecisionInput(offers={P2: (own(prefix=P2),)})
    assert owners_to_check(tables, seen, inputs) == eight
    assert owners_to_check(tables, seen, inputs, as_witness=True) == nine | eight
    assert owners_to_check(tables, seen, inputs, only={P1}, as_witness=True) == nine
    assert owners_to_check(tables, seen, inputs, only=[P6, P1, P2]) == eight, "P6 has no static route"


def test_a_route_managed_for_another_instance_is_in_the_way_of_it_at_ours():
    managed = ManagedRoute(prefix=P1, source="check dns", instance_id="i-9", remote_check="alive")
    seen = replace(shown_to_us(route(instance_id="i-1")), others={"i-9": (neighbor(PEER, NINE),)})
    tables = table_policies([rule(manages={P1: managed})], seen, "vpc-1")
    assert owners_in_the_way(tables, seen, DecisionInput(offers={P1: (offer(**OF_THE_CHECK),)})) == {"i-1"}
    for as_witness in (False, True):
        assert owners_to_check(tables, seen, DecisionInput(offers={}), as_witness=as_witness) == {
            ("rtb-1", P1): ("alive", OURS)
        }
    theirs = replace(seen, tables=shown_to_us(*THEM).tables)
    tables = table_policies([rule(manages={P1: managed})], theirs, "vpc-1")
    for as_witness in (False, True):
        assert owners_to_check(tables, theirs, DecisionInput(offers={}), as_witness=as_witness) == {}
