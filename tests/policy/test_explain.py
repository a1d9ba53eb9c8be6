"""The facts behind a decision: which paths competed, and how each fared."""

from dataclasses import replace

import pytest

from bgp2vpc.bgp.prefix_list import PrefixList, PrefixRange, parse_prefix_range
from bgp2vpc.bgp.rib import Side
from bgp2vpc.bgp.sessions import Neighbors
from bgp2vpc.policy.best_path import Exclusion
from bgp2vpc.policy.decide import decide_one, decide_place
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.explain import EXCLUSIONS, NEXT, NOT_ADMITTED, REASONS, VERDICTS, explain
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.plan import Action, Reason, VerdictKind
from bgp2vpc.policy.rule import HookPrograms, ManagedRoute, Takeover
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.vpc.model import parse_target
from tests.policy.test_verdict_by_best_path import DRAINING, EIGHT, NINE, neighbor, own, peer, shown_to_us
from tests.values import OURS_TOO, P1, P2, PEER, blackhole, inputs_of, offer, route, rule

BEST_PATH = dict(takeover=Takeover.BEST_PATH)


def explained(*offers, routes=(), shown=None, rule_options=None, **more):
    seen = shown or shown_to_us(*routes)
    (table_policy,) = table_policies([replace(rule(), **rule_options or BEST_PATH)], seen, "vpc-1").values()
    inputs = inputs_of(offers, **more)
    decided = decide_place(table_policy, P1, seen, inputs, Policy())
    assert decided is not None
    found = explain(decided)
    assert (found.verdict, found.change) == (decide_one(table_policy, P1, seen, inputs, Policy()) or (None, None))
    return found


def fared(*offers, **options) -> list[str]:
    rows = []
    for each in explained(*offers, **options).paths:
        step = each.won_by or each.lost_by
        how = each.excluded or f"{'won' if each.won_by else 'lost'} by {step.value if step else None}"
        rows.append(f"{each.offer.source} {each.interface_id or '-'}: {how}")
    return rows


FARED = [
    ([own()], {}, ["dns eni-1: won by only path"]),
    ([own(med=50), peer(med=100)], {}, ["dns eni-1: won by med", "peer 10.0.0.9 eni-9: lost by med"]),
    ([own(med=200), peer(med=100)], {}, ["peer 10.0.0.9 eni-9: won by med", "dns eni-1: lost by med"]),
    (
        [own(), peer()],
        dict(routes=[route()]),
        ["dns eni-1: won by incumbent", "peer 10.0.0.9 eni-9: lost by incumbent"],
    ),
    (
        [own(), peer(local_preference=50), peer(EIGHT, med=7)],
        {},
        ["dns eni-1: won by med", "peer 10.0.0.9 eni-9: lost by local-preference", "peer 10.0.0.99 eni-8: lost by med"],
    ),
    # of this host's own paths, the best one competes
    (
        [own(med=9), offer(source="web", med=5), peer(med=7)],
        {},
        ["web eni-1: won by med", "peer 10.0.0.9 eni-9: lost by med", "dns eni-1: lost by med"],
    ),
    (
        [own(med=9), offer(source="web", med=5), peer(local_preference=200)],
        {},
        [
            "peer 10.0.0.9 eni-9: won by local-preference",
            "dns eni-1: lost by med",
            "web eni-1: lost by local-preference",
        ],
    ),
    ([own(med=9), offer(source="web", med=5)], {}, ["web eni-1: won by med", "dns eni-1: lost by med"]),
    (
        [own(), offer(source="web", next_hop="10.0.1.10")],
        dict(routes=[route(target=OURS_TOO)]),
        ["web eni-2: won by incumbent", "dns eni-1: lost by incumbent"],
    ),
    # ... and what tells them apart is neither their zone nor their address
    (
        [own(next_hop="10.0.1.10"), offer(source="web")],
        dict(rule_options=BEST_PATH | dict(affinity=True)),
        ["dns eni-2: won by source name", "web eni-1: lost by source name"],
    ),
    # a last resort does not take the route from an owner that leaves, where somebody is well
    (
        [peer("198.51.100.1"), own(med=200), peer(**DRAINING), peer(EIGHT, local_preference=900, med=1000)],
        dict(routes=[route(target=PEER)]),
        [
            "dns eni-1: won by local-preference",
            "peer 10.0.0.9 eni-9: lost by local-preference",
            "peer 198.51.100.1 -: its next hop is still being looked up",
            "peer 10.0.0.99 eni-8: the owner is leaving, and this path says: use me last "
            "(its MED is backup_med or more)",
        ],
    ),
    # what is not considered
    ([peer("198.51.100.1")], {}, ["peer 198.51.100.1 -: its next hop is still being looked up"]),
    ([peer("10.0.0.10")], {}, ["peer 10.0.0.10 -: it is our own path, sent back by others"]),
    ([peer()], dict(routes=[blackhole()]), ["peer 10.0.0.9 eni-9: the route to it is a black hole"]),
    (
        [peer()],
        dict(late={PEER}),
        ["peer 10.0.0.9 eni-9: its host should have written the route, and has not"],
    ),
    (
        [peer()],
        dict(failing={("dns", PEER)}, rule_options=BEST_PATH | dict(remote_check="dns")),
        ["peer 10.0.0.9 eni-9: its host fails the remote health check"],
    ),
    (
        [own(), peer()],
        dict(rule_options=dict(takeover=Takeover.ALWAYS)),
        [
            "dns eni-1: won by only path",
            "peer 10.0.0.9 -: what peers announce counts with takeover: best_path only, and this is always",
        ],
    ),
    (
        [offer(source="script"), peer()],
        dict(rule_options=dict(accept=PrefixList(()), manages={P1: ManagedRoute(prefix=P1, source="check dns")})),
        [
            "script -: the rule manages the prefix, and accepts it from no script or client",
            "peer 10.0.0.9 -: what peers announce counts with takeover: best_path only, and this is always",
        ],
    ),
    ([offer(side=Side.CHECK)], {}, ["s -: health checks count where manage_routes binds the prefix to them"]),
]


@pytest.mark.parametrize(("offers", "options", "expected"), FARED)
def test_how_each_path_fared(offers, options, expected) -> None:
    assert fared(*offers, **options) == expected


def test_a_path_with_a_next_hop_elsewhere_says_which_and_what_would_be_right() -> None:
    (only,) = explained(own(next_hop="198.51.100.1")).paths
    assert only.offer == own(next_hop="198.51.100.1")
    assert only.excluded.startswith("next-hop 198.51.100.1 is no address of this instance in vpc-1; announce")


def test_interfaces_of_peers_that_do_not_forward_and_hosts_that_serf_calls_failed() -> None:
    checked = shown_to_us(interfaces=(neighbor(PEER, NINE, source_dest_check=True),))
    assert "source/destination check is on" in explained(peer(), shown=checked).paths[0].excluded
    known = Neighbors()
    known.failed(NINE, 1.0)
    assert "Serf tells" in explained(peer(), neighbors=known).paths[0].excluded


def test_the_entry_that_accepts_is_named_with_its_place_in_the_file() -> None:
    entries = ("203.0.113.0/24 le 32", "192.0.2.0/24 le 32", "192.0.2.1/32")
    parsed = [parse_prefix_range(each) for each in entries]
    written = PrefixList(tuple(PrefixRange(e.prefix, e.ge, e.le, f"f.yaml:{n}") for n, e in enumerate(parsed)))
    found = explained(own(), rule_options=dict(accept=written))
    assert (found.rule, found.covered_by, found.where) == ("private", "accept: 192.0.2.0/24 le 32", "f.yaml:1")
    managed = {P1: ManagedRoute(prefix=P1, source="check dns", where="f.yaml:9")}
    found = explained(own(), rule_options=dict(accept=written, manages=managed))
    assert (found.covered_by, found.where) == ("manage_routes: 192.0.2.1/32", "f.yaml:9")
    assert rule("203.0.113.0/24").covered_by(P2) == ("", "")


def test_where_no_rule_is_about_it_there_is_nothing_to_explain() -> None:
    seen = shown_to_us()
    (table_policy,) = table_policies([rule("203.0.113.0/24")], seen, "vpc-1").values()
    assert decide_place(table_policy, P1, seen, DecisionInput(offers={P1: (own(),)}), Policy()) is None


NEXTS = [
    (dict(routes=[route()]), {}, "it stays while it is offered; after that it is deleted"),
    (
        dict(routes=[route()]),
        dict(fallback=parse_target("nat-1")),
        "it stays while it is offered; after that it is pointed at its fallback nat-1",
    ),
    (dict(routes=[route()]), dict(never_delete=True), "it stays while it is offered; after that it stays all the same"),
    (
        dict(routes=[route(target=PEER)]),
        dict(remote_check="dns", takeover=Takeover.IF_UNHEALTHY),
        "impaired or gone, or when its owner fails the remote check dns",
    ),
]


@pytest.mark.parametrize(("options", "managed", "expected"), NEXTS)
def test_what_comes_next_follows_the_rule(options, managed, expected) -> None:
    manages = {P1: ManagedRoute(prefix=P1, source="check dns", **managed)}
    check = offer(side=Side.CHECK, source="check dns")
    found = explained(check, rule_options=dict(manages=manages), **options)
    assert expected in found.next
    nobody = explained(rule_options=dict(manages=manages)).next
    assert nobody == "a route to this instance is created as soon as check dns is healthy"
    theirs = explained(routes=[route(target=PEER)], rule_options=dict(manages=manages)).next
    assert theirs == "the route is left to others; this instance competes for it as soon as check dns is healthy"
    assert explained(check, rule_options=dict(manages=manages)).next == "", "a change is to be written"


def test_a_peer_that_competes_takes_our_route_when_it_is_not_offered_any_more() -> None:
    never = {**BEST_PATH, "never_delete": True}
    for options in (BEST_PATH, never):
        found = explained(own(med=50), peer(med=100), routes=[route()], rule_options=options)
        assert found.next == "it stays while it is offered; after that the peer with the next best path takes it"
    alone = explained(own(med=50), routes=[route()]).next
    assert alone == "it stays while it is offered; after that it is deleted"


def test_the_settings_of_a_route_are_told() -> None:
    hooks = HookPrograms({Action.DELETE: ("a",)}, {Action.REPLACE: ("b",)})
    settings = dict(fallback=parse_target("nat-1"), remote_check="dns", hooks=hooks)
    told = "fallback: nat-1; remote_healthcheck: dns; hooks: before delete, after replace"
    assert explained(own(), rule_options=settings).settings == told
    assert explained(own(), rule_options=dict(never_delete=True)).settings == "never_delete"
    found = explained(own(), routes=[route()], rule_options=settings)
    assert found.next == "it stays while it is offered; after that it is pointed at its fallback nat-1"
    assert explained(own()).settings == ""


WORDS = (REASONS, VERDICTS, NEXT, EXCLUSIONS, NOT_ADMITTED)


def test_every_reason_and_every_verdict_has_its_words() -> None:
    assert set(REASONS) == set(Reason)
    assert {*EXCLUSIONS, Exclusion.NOT_ADMITTED} == set(Exclusion)
    assert set(NOT_ADMITTED) == set(Side)
    assert set(VERDICTS) == set(VerdictKind)
    changing = {
        Reason.ABSENT, Reason.BESIDE_PROPAGATED, Reason.WITHDRAWN, Reason.OTHER_INTERFACE, Reason.ALWAYS,
        Reason.OWNER_BLACKHOLE, Reason.OWNER_IMPAIRED, Reason.OWNER_GONE, Reason.OWNER_FAILING, Reason.TAKEOVER_FOREIGN,
        Reason.OWNER_WITHDREW, Reason.OWNER_SILENT, Reason.OWNER_LAST_RESORT, Reason.OWNER_LOST, Reason.BY_HAND,
        Reason.OWNER_DEAD, Reason.OWNER_ZONE_AVOIDED,
    }  # fmt: skip
    assert set(NEXT) == set(Reason) - changing, "the next thing is the change itself"
    assert all(words and not words.endswith(".") for told in WORDS for words in told.values())


def test_what_is_there_is_part_of_the_explanation() -> None:
    managed = {P1: ManagedRoute(prefix=P1, source="check dns", takeover=Takeover.ALWAYS)}
    found = explained(routes=[route(target=PEER)], rule_options=BEST_PATH | dict(manages=managed))
    assert (found.table_id, found.takeover, found.route) == ("rtb-1", "always", route(target=PEER))
    seen = shown_to_us()
    (table_policy,) = table_policies([rule()], seen, "vpc-1").values()
    decided = decide_place(table_policy, P1, seen, DecisionInput(offers={}), Policy())
    assert decided is not None
    nothing = explain(decided)
    assert (nothing.paths, nothing.route, nothing.verdict) == ((), None, None)
