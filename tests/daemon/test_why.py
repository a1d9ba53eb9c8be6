"""`bgp2vpc why`: the whole chain in words, from a daemon on virtual time."""

import re

import pytest
from lab import OPERATOR, OURS, PEER, A, B, Lab, Peering, announce, two_hosts, withdraw

from bgp2vpc.config.load import parse
from bgp2vpc.errors import Bgp2vpcError, Denied
from bgp2vpc.operator.why import lines
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.speaker import adj_rib_in
from bgp2vpc.vpc.model import InstanceHealth
from tests.values import rule

TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00( \(\d+ (s|min|h|d)\))?")


def why(lab: Lab, prefix: str = A, *table: str) -> list[str]:
    """The lines, without their times."""
    return [TIME.sub("TIME", line) for line in lab.ask("why", prefix, *table)["lines"]]


def refused(lab: Lab, *words: str) -> str:
    with pytest.raises(Bgp2vpcError) as error:
        lab.ask("why", *words)
    return str(error.value)


RULE = "  rule private matches it: accept: 192.0.2.0/24 le 32; takeover: if_unhealthy"
DNS = "  path of dns -> eni-1 (next-hop self med 100): the only one"


def test_a_route_of_ours(make_lab) -> None:
    lab = make_lab().start()
    lab.say(announce(A, "med 100"))
    lab.wait(2)
    assert why(lab) == [
        A,
        f"  announced by dns (script), since TIME: {announce(A, 'med 100')}",
        "",
        "rtb-1",
        RULE,
        DNS,
        "  the table has a route to eni-1 of i-1 (active), since TIME",
        "  keep (ours, since TIME): the route stays as it is: it points at us, as it should",
        "  next: it stays while it is offered; after that it is deleted",
    ]


def test_what_another_instance_has_from_before_our_start(make_lab) -> None:
    vpc = two_hosts(tables=2)
    vpc.put_route("rtb-1", A, PEER)
    lab = make_lab(vpc).start()
    lab.say(announce(A, "med 100"))
    lab.wait(2)
    assert why(lab, A, "rtb-1")[3:] == [
        "rtb-1",
        RULE,
        DNS,
        "  the table has a route to eni-2 of i-2 (active), since before TIME",
        "  yield (owner-healthy, since TIME): the route is left to others: another instance has it, and there is no "
        "evidence against it",
        "  next: it is taken when EC2 calls the route a black hole, or its owner impaired or gone; EC2 is polled every "
        "60 s",
    ]
    assert why(lab, A).count("rtb-2") == 1


def test_a_write_that_fails_says_how_often_and_when_it_is_tried_again(make_lab) -> None:
    lab = make_lab().start()
    lab.vpc.fail_next("CreateRoute", Denied("CreateRoute", "UnauthorizedOperation", "You may not"), times=9)
    lab.say(announce(A))
    lab.wait(10)
    *_, last, times = why(lab)
    assert last == "  the last write failed: CreateRoute: UnauthorizedOperation: You may not"
    assert re.fullmatch(r"    once, 10 s ago; tried again in \d+ s", times)
    (place,) = lab.ask("why", A)["tables"]
    assert place["change"]["action"] == "create"
    assert place["failure"]["attempts"] == 1
    assert any("to be written: create rtb-1" in line for line in why(lab))


def test_best_path_tells_who_competes_and_by_which_step(make_lab) -> None:
    rules = (rule(takeover=Takeover.BEST_PATH),)
    first = make_lab(two_hosts(), rules=rules)
    second = make_lab(beside=first, rules=rules)
    for each in (first, second):
        each.start(helper=True, wait=0.1)
    peering = Peering(first, second)
    first.wait(15)
    second.say(announce(A, "med 50"))
    first.say(announce(A, "med 100"))
    first.wait(5)
    told = why(first)
    assert told[1:3] == [
        f"  announced by dns (script), since TIME: {announce(A, 'med 100')}",
        f"  announced by peer 10.0.0.11 (peer), since TIME: announce route {A} next-hop 10.0.0.11 med 50",
    ]
    assert told[6:] == [
        "  path of peer 10.0.0.11 -> eni-2 (next-hop 10.0.0.11 med 50): the best, by med",
        "  path of dns -> eni-1 (next-hop self med 100): lost to the best by med",
        "  the table has a route to eni-2 of i-2 (active), since TIME",
        "  yield (peer-best, since TIME): the route is left to others: the path of a peer is better, and the peer "
        "writes",
        "    peer 10.0.0.11 at eni-2 has the best path: med",
        "  next: the peer has or takes the route; this instance does when its path is the best",
    ]
    peering.down()
    first.wait(2)
    told = why(first)
    assert "keep (ours, since TIME): the route stays as it is: it points at us, as it should" in told[-2]
    assert told[2] == "  announced by peer 10.0.0.11 (peer) until TIME: its session went down"
    first.vpc.put_route("rtb-1", A, PEER)
    first.ask("reconcile")
    first.wait(2)
    assert len([line for line in why(first) if "announced by" in line and "until" not in line]) == 1


def test_damping_is_told_with_its_end(make_lab) -> None:
    lab = make_lab(rules=(rule(takeover=Takeover.ALWAYS),), poll_time=2.0).start()
    lab.say(announce(A))
    for _ in range(5):
        lab.vpc.put_route("rtb-1", A, PEER)
        lab.wait(13)
    told = why(lab)
    assert any("yield (damped" in line for line in told), told
    assert re.fullmatch(r"  suppressed: route flapping; free in \d+ s if nothing moves until then", told[-2])


def test_holds_drains_and_stale_paths_are_told(make_lab) -> None:
    lab = make_lab(drain_timeout=5.0).start()
    lab.say(announce(A, "med 100"))
    lab.wait(2)
    lab.ask("drain", A, "reason", "new", "kernel")
    assert why(lab)[2:4] == [
        f"    it drains, so this counts instead: {announce(A, 'med 500 community [ 65535:0 ]')}",
        f"  drained by {OPERATOR} (new kernel), since TIME, until it is ended by hand",
    ]
    lab.wait(10)
    assert why(lab)[2] == "    it drains, so this counts instead: nothing"
    lab.ask("hold", A, "for", "1h")
    lab.ask("undrain", A)
    lab.wait(1)
    told = why(lab)
    assert told[2] == f"  held by {OPERATOR}, since TIME, until TIME"
    assert told[-3:] == [
        "  yield (held, since TIME): the route is left to others: an operator holds it",
        "    but for the hold: create eni-1 (absent)",
        "  next: this is decided when the hold ends",
    ]
    lab.close(hold=60.0)
    assert why(lab)[2] == "    its session has ended; the path is removed in 60 s unless it is announced again"


def test_what_no_rule_accepts_names_the_rules_and_where_they_are_written(make_lab) -> None:
    text = (
        "routetables:\n  private:\n    find: {type: main}\n    accept:\n    - 203.0.113.0/24 le 32\n"
        "  dns:\n    find: {type: main}\n    manage_routes: [{cidr: 192.0.2.9/32}]\n"
    )
    lab = make_lab(rules=parse(text, "f.yaml").rules).start()
    lab.say(announce(A))
    assert why(lab)[2:] == [
        "  no rule accepts or manages it, so nothing is ever written for it; rules are:",
        "    private: accept: 203.0.113.0/24 le 32 (f.yaml:5)",
        "    dns: manage_routes: 192.0.2.9/32 (f.yaml:8)",
    ]


def test_a_route_in_a_table_that_no_rule_finds_is_told(make_lab) -> None:
    vpc = two_hosts()
    vpc.add_table("rtb-other")
    vpc.put_route("rtb-other", A, "igw-1")
    lab = make_lab(vpc, rules=(rule("203.0.113.0/24"),)).start()
    assert why(lab)[1:] == [
        "  announced by nobody",
        "  no rule accepts or manages it, so nothing is ever written for it; rules are:",
        "    private: accept: 203.0.113.0/24",
        "  rtb-other has a route for it, to igw-1 (active), but no rule of ours is about that table and prefix",
    ]


ABOUT = "  rule private is about it, accept: 192.0.2.0/24 le 32, but"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("rtb-9", "  rtb-9 is none of the route tables that are read"),
        (
            "rtb-other",
            f"{ABOUT} its `find` does not match rtb-other",
        ),
    ],
)
def test_in_a_table_that_no_rule_finds_that_is_what_is_told(make_lab, asked: str, told: str) -> None:
    vpc = two_hosts()
    vpc.add_table("rtb-other")
    lab = make_lab(vpc).start()
    lab.say(announce(A))
    lab.wait(1)
    assert why(lab, A, asked)[2:] == [told]


ANNOUNCED = f"    its last line: {announce(A, 'med 100')}"
CREATED = "  next: a route to this instance is created as soon as a source of this host announces it"
NOTHING_THERE = [
    "",
    "rtb-1",
    RULE,
    "  no path competes",
    "  the table has no route for it",
    "  there is nothing to do: we have no path for it, and the table no route of ours",
    CREATED,
]


def test_what_a_rule_accepts_and_nobody_announces_is_told(lab: Lab) -> None:
    assert why(lab) == [A, "  announced by nobody", *NOTHING_THERE]


def test_who_has_withdrawn_it_is_told_and_when(lab: Lab) -> None:
    lab.say(announce(A, "med 100"))
    lab.wait(1)
    lab.say(withdraw(A))
    lab.wait(1)
    gone = [A, "  announced by nobody", "  withdrawn by dns (script), at TIME", ANNOUNCED]
    assert why(lab) == gone + NOTHING_THERE
    (row,) = lab.ask("why", A)["withdrawals"]
    assert TIME.fullmatch(row.pop("at"))
    assert row == {"source": "dns", "kind": "script", "how": "", "line": announce(A, "med 100")}
    lab.say(withdraw(A))
    assert why(lab) == gone + NOTHING_THERE, "saying so again tells nothing new"
    lab.open("web")
    lab.say(announce(A), source="web")
    assert why(lab)[1:3] == [f"  announced by web (script), since TIME: {announce(A)}", gone[2]]
    lab.say(announce(A))
    assert len([line for line in why(lab) if "withdrawn" in line]) == 0


def test_of_what_was_never_announced_a_withdrawal_is_remembered(make_lab) -> None:
    lab = make_lab(rules=(rule("203.0.113.0/24"),)).start()
    lab.say(withdraw(A))
    assert why(lab)[1:3] == [
        "  announced by nobody",
        "  withdrawn by dns (script), at TIME, which had not announced it since our start",
    ]


def test_how_a_path_has_gone_is_told(lab: Lab) -> None:
    lab.say(announce(A, "med 100"))
    lab.close(hold=5.0)
    lab.wait(6)
    late = "its session had ended, and it did not announce it again in time"
    assert why(lab)[2:4] == [f"  announced by dns (script) until TIME: {late}", ANNOUNCED]
    lab.open()
    lab.say(announce(A, "med 100"))
    lab.close()
    lab.wait(1)
    assert why(lab)[2:4] == ["  announced by dns (script) until TIME: its session ended", ANNOUNCED]
    lab.open()
    lab.say(announce(A, "med 100"))
    lab.close(hold=60.0)
    lab.open()
    lab.say("announce eor ipv4 unicast")
    assert why(lab)[2] == "  announced by dns (script) until TIME: it came back, and did not announce it again"


def test_what_is_remembered_of_withdrawals_is_bounded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adj_rib_in, "REMEMBERED_GONE", 3)
    for number in range(20):
        lab.open(f"s{number}")
        lab.say(withdraw(A), *(withdraw(f"198.51.100.{number}/32"),) * (number < 10), source=f"s{number}")
    bridge = lab.daemon.parts.adj_rib_in
    assert [each.source for each in bridge.gone_from(parse_prefix(A))] == [f"s{number}" for number in range(12, 20)]
    assert len(bridge._gone) == 3


NO_TABLE = "its `find` matches no route table, so it writes nothing"
MANAGED = """
healthchecks:
  web: {type: command, destination: 127.0.0.1, every: 3600, config: {command: /nowhere/check}}
routetables:
  private:
    find: {type: by_tag, config: {key: type, value: private}}
    manage_routes: [{cidr: 192.0.2.1/32, healthcheck: web}]
  lost:
    find: {type: by_tag, config: {key: type, value: nothing}}
    manage_routes: [{cidr: 192.0.2.1/32}, {cidr: 192.0.2.2/32}]
"""


def test_what_is_managed_tells_where_and_its_health_checks(make_lab) -> None:
    config = parse(MANAGED, "f.yaml")
    lab = make_lab(rules=config.rules, checked_sources=config.checked_sources).start()
    told = why(lab)
    assert told[2:6] == [
        "  rule private manages it (f.yaml:7), announced while check web is healthy",
        "    check web: does not run on this host",
        "  rule lost manages it (f.yaml:10), without a health check",
        f"  rule lost is about it, manage_routes: 192.0.2.1/32 (f.yaml:10), but {NO_TABLE}",
    ]
    assert told[-1] == "  next: a route to this instance is created as soon as check web is healthy"
    (managed, _) = lab.ask("why", A)["rules"]
    assert managed["checks"] == [
        {"name": "web", "state": "does not run on this host", "since": None, "unknown_since": None, "reason": ""}
    ]
    assert (managed["covered_at"], managed["managed_by"]) == ("f.yaml:7", "check web")
    assert why(lab, B)[2:] == [
        "  rule lost manages it (f.yaml:10), without a health check",
        f"  rule lost is about it, manage_routes: 192.0.2.2/32 (f.yaml:10), but {NO_TABLE}",
    ]


def test_an_earlier_rule_that_decides_is_told(make_lab) -> None:
    lab = make_lab(rules=(rule(), rule(name="second"))).start()
    earlier = "but an earlier rule decides in some of its tables: private"
    assert why(lab)[2] == f"  rule second is about it, accept: 192.0.2.0/24 le 32, {earlier}"


def test_tables_have_their_names_and_propagated_routes_are_told(make_lab) -> None:
    vpc = two_hosts()
    vpc.add_table("rtb-2", tags={"type": "private", "Name": "private a"})
    vpc.put_route("rtb-2", A, "vgw-1", propagated=True)
    lab = make_lab(vpc).start()
    told = why(lab, A, "rtb-2")
    assert told[3] == "rtb-2 (private a)"
    assert "  it has a propagated route to vgw-1 (active); a static one wins over it" in told
    (place,) = lab.ask("why", A, "rtb-2")["tables"]
    assert (place["route_table_name"], place["propagated"], place["route"]) == ("private a", "vgw-1", None)


def test_the_page_takes_sentences_that_do_not_change_by_themselves(lab: Lab) -> None:
    lab.say(announce(A))
    lab.wait(1)
    before = lines(lab.do(lambda: lab.daemon.parts.explaining.facts(parse_prefix(A))), ages=False)
    lab.wait(3600)
    assert lines(lab.do(lambda: lab.daemon.parts.explaining.facts(parse_prefix(A))), ages=False) == before


def test_what_is_not_known_is_an_error_that_says_so(make_lab) -> None:
    lab = make_lab(rules=(rule("203.0.113.0/24"),)).start()
    assert refused(lab, A) == (
        f"nothing is known of {A}: nobody has announced or withdrawn it since the daemon started, no rule accepts or "
        "manages it, and no route table that is read has a route for it"
    )
    assert refused(lab, B, "rtb-9").startswith(f"nothing is known of {B} in rtb-9: nobody")
    assert "192.0.2.0/24 was probably meant" in refused(lab, "192.0.2.1/24")
    assert refused(lab) == refused(lab, A, "rtb-1", "x") == "expected: why PREFIX [ROUTE-TABLE-ID]"


def test_before_ec2_has_answered_the_announcement_is_told(make_lab) -> None:
    lab = make_lab()
    lab.connect = lambda: (_ for _ in ()).throw(Denied("x", "x", "x"))
    lab.start()
    lab.say(announce(A))
    (told,) = why(lab)[2:]
    assert told == "  the route tables have not been read yet: nothing is known of any; the last try: x: x: x"


def test_while_ec2_cannot_be_read_the_age_of_what_is_known_is_told(make_lab) -> None:
    lab = make_lab().start()
    lab.say(announce(A))
    lab.wait(2)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.vpc.fail_next("DescribeRouteTables", Denied("DescribeRouteTables", "UnauthorizedOperation", "no"), times=999)
    lab.wait(600)
    told = why(lab)
    assert told[2:4] == [
        "  EC2 cannot be read now: DescribeRouteTables: UnauthorizedOperation: no",
        "    what follows about routes is as of the last read, TIME, and may have changed since",
    ]
    assert "  the table has a route to eni-1 of i-1 (active), since TIME" in told
    assert lab.ask("why", A)["unread"] == "DescribeRouteTables: UnauthorizedOperation: no"


def test_of_a_refused_plan_nothing_is_said_to_be_written(make_lab) -> None:
    lab = make_lab(max_changes=1).start()
    lab.say(announce(A), announce(B))
    lab.wait(2)
    *_, planned, refusal = why(lab)
    assert planned == "  to be written: create rtb-1 192.0.2.1/32 eni-1: absent"
    assert refusal.startswith("    but the plan was refused: 2 routes to create and 0 to replace at once")


def test_what_was_said_is_forgotten_with_the_path(lab: Lab) -> None:
    lab.say(announce(A), announce(B), "announce route 192.0.2.3/32 next-hop self path-information 7")
    lab.say(withdraw(A))
    lab.close()
    lab.wait(1)
    assert lab.daemon.parts.adj_rib_in._said == {}


def test_status_tells_since_when_each_verdict_stands(lab: Lab) -> None:
    lab.say(announce(A))
    lab.wait(1)
    (row,) = lab.ask("status")["routes"]
    assert TIME.fullmatch(row["since"])
    assert TIME.fullmatch(row["target_since"])
    assert (row["target"], row["reason"]) == (OURS, "ours")


def test_while_it_drains_an_announcement_is_not_said_to_change_anything(make_lab) -> None:
    lab = make_lab().start()
    lab.say(announce(A))
    lab.wait(2)
    lab.ask("drain")
    lab.wait(200)
    assert why(lab)[-1] == (
        "  next: it drains, so nothing changes; after the drain, a route to this instance is created as soon as a "
        "source of this host announces it"
    )


def test_a_backup_path_is_not_said_to_take_a_route_whose_owner_fails(make_lab) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    lab = make_lab(vpc).start()
    lab.say(announce(A, "med 500"))
    lab.wait(2)
    never = "  next: it is not taken, whatever happens to its owner, while our path has a MED of backup_med or more"
    assert why(lab)[-1].startswith(never)
    lab.vpc.set_health("i-2", InstanceHealth.GONE)
    lab.wait(70)
    assert lab.verdicts() == [f"rtb-1 {A} yield backup-med"]


def test_a_status_of_the_owner_that_may_not_be_read_is_told(make_lab) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    denied = Denied("DescribeInstanceStatus", "UnauthorizedOperation", "no")
    vpc.fail_next("DescribeInstanceStatus", denied, times=999)
    lab = make_lab(vpc).start()
    lab.say(announce(A))
    lab.wait(70)
    assert f"    but whether its owner is impaired or gone is not known: {denied}" in why(lab)


def test_an_impaired_owner_that_keeps_its_route_is_told_with_the_reason(make_lab) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    vpc.set_health("i-1", InstanceHealth.IMPAIRED)
    vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab = make_lab(vpc).start()
    lab.say(announce(A))
    lab.wait(70)
    told = "    EC2 calls its owner impaired, which does not count, as EC2 calls this instance so, too"
    assert told in why(lab)
