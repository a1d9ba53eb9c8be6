"""What an announcement, a withdrawal and a repetition cost, and what they lead to."""

import pytest
from lab import NO_PACE, OURS, PEER, A, B, Lab, announce, two_hosts, withdraw

from bgp2vpc.sources.session import SourceKind

READ = "DescribeRouteTables"


def test_announcing_an_absent_prefix_costs_exactly_one_call(lab: Lab) -> None:
    assert lab.say(announce(A)) == ["done"]
    lab.wait()
    assert lab.calls == [f"CreateRoute rtb-1 {A} {OURS}"]


def test_the_call_is_made_in_the_same_instant(lab: Lab) -> None:
    lab.loop.latency = 0
    before = lab.now
    lab.say(announce(A))
    lab.wait(0.0001)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert lab.now - before < 0.001


def test_a_withdrawal_costs_a_read_of_just_the_table_concerned_and_the_delete(make_lab) -> None:
    lab = make_lab(two_hosts(tables=3)).start()
    lab.vpc.add_table("rtb-9")
    lab.say(announce(A))
    lab.wait()
    lab.vpc.remove_route("rtb-2", A)
    lab.vpc.remove_route("rtb-3", A)
    lab.wait(70)  # a poll: the two are written again
    lab.forget_calls()
    lab.say(withdraw(A))
    lab.wait()
    assert lab.calls == [f"{READ} rtb-1 rtb-2 rtb-3", *(f"DeleteRoute rtb-{number} {A}" for number in (1, 2, 3))]
    assert lab.routes == []


def test_fifty_prefixes_withdrawn_from_ten_tables_at_once_cost_one_read(make_lab) -> None:
    lab = make_lab(two_hosts(tables=10), ec2=NO_PACE).start()
    prefixes = [f"192.0.2.{number}/32" for number in range(50)]
    lab.say(*map(announce, prefixes))
    lab.wait(1.5)  # ten times 50 (`ec2.concurrency`)
    assert len(lab.routes) == len(lab.writes) == 500
    lab.forget_calls()
    lab.say(*map(withdraw, prefixes))
    lab.wait(1.5)
    assert (lab.routes, len(lab.calls), len(lab.writes)) == ([], 501, 500)


def test_repeating_an_announcement_or_a_withdrawal_costs_nothing(lab: Lab) -> None:
    lab.say(announce(A, "med 100"))
    lab.wait()
    lab.forget_calls()
    for _ in range(20):
        lab.say(announce(A, "med 100"))
        lab.wait(0.5)
    assert lab.calls == []
    lab.say(withdraw(A))
    lab.wait()
    lab.forget_calls()
    for _ in range(20):
        lab.say(withdraw(A), withdraw(B))
        lab.wait(0.5)
    assert lab.calls == []


def test_an_announcement_with_other_attributes_writes_nothing_where_the_route_is_ours(lab: Lab) -> None:
    lab.say(announce(A, "med 100"))
    lab.wait()
    lab.forget_calls()
    lab.say(announce(A, "med 1000"))
    lab.wait()
    assert lab.calls == []


@pytest.mark.parametrize("pause", [0.0, 0.01, 0.04, 0.06, 0.09, 0.11, 0.3])
@pytest.mark.parametrize("last", [announce, withdraw])
def test_whatever_is_said_quickly_the_last_word_counts(lab: Lab, pause: float, last) -> None:
    words = [announce, withdraw, announce, withdraw, announce, withdraw]
    if last is announce:
        words.append(announce)
    for word in words:
        lab.say(word(A))
        lab.wait(pause)
    lab.wait(2)
    assert lab.routes == ([f"rtb-1 {A} {OURS} active"] if last is announce else [])


def test_an_announcement_withdrawn_in_the_same_breath_costs_nothing(lab: Lab) -> None:
    lab.say(announce(A), withdraw(A))
    lab.wait()
    assert lab.calls == []


def test_what_no_rule_accepts_is_never_written(lab: Lab) -> None:
    assert lab.say(announce("198.51.100.1/32"), announce("0.0.0.0/0"), announce(A)) == ["done"] * 3
    lab.wait(120)
    assert lab.writes == [f"CreateRoute rtb-1 {A} {OURS}"]


def test_what_is_announced_before_ec2_answers_is_written_when_it_does(make_lab) -> None:
    lab = make_lab(latency=5.0).start(wait=0)
    lab.say(announce(A))
    lab.wait(30)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_a_prefix_of_two_sources_goes_with_the_last_of_them(make_lab) -> None:
    lab = make_lab().start("one", "two")
    lab.say(announce(A), source="one")
    lab.say(announce(A), source="two")
    lab.wait()
    lab.forget_calls()
    lab.say(withdraw(A), source="one")
    lab.wait()
    assert lab.calls == []
    lab.say(withdraw(A), source="two")
    lab.wait()
    assert lab.writes == [f"DeleteRoute rtb-1 {A}"]


@pytest.mark.parametrize(("source", "kind"), [("tee:dns", SourceKind.TEE), ("shell", SourceKind.CLIENT)])
def test_status_has_the_last_line_of_tee_and_of_a_client(lab: Lab, source: str, kind: SourceKind) -> None:
    lab.open(source, kind)
    lab.say(announce(A), "announce route 192.0.2.300/32 next-hop self", source=source)
    lines = {row["name"]: row["last_line"] for row in lab.ask("status")["sources"]}
    assert lines[source] == "announce route 192.0.2.300/32 next-hop self"
    lab.close(source)
    assert lab.daemon.parts.adj_rib_in.last_lines == {}


def test_the_static_route_is_made_beside_a_propagated_twin_and_goes_alone(lab: Lab) -> None:
    lab.vpc.put_route("rtb-1", A, "vgw-1", propagated=True)
    lab.wait(70)
    lab.forget_calls()
    lab.say(announce(A))
    lab.wait()
    assert lab.calls == [f"CreateRoute rtb-1 {A} {OURS}"]
    assert lab.verdicts() == [f"rtb-1 {A} keep ours"]
    lab.say(withdraw(A))
    lab.wait()
    assert lab.routes == [f"rtb-1 {A} vgw-1 active propagated"]


@pytest.mark.parametrize("target", ["igw-1", "nat-1", "tgw-1", "pcx-1", "vgw-1"])
def test_a_foreign_route_is_reported_and_not_touched(lab: Lab, target: str) -> None:
    lab.vpc.put_route("rtb-1", A, target)
    lab.say(announce(A))
    lab.wait(70)
    assert lab.verdicts() == [f"rtb-1 {A} foreign foreign-target"]
    lab.say(withdraw(A))
    lab.wait(70)
    assert lab.routes == [f"rtb-1 {A} {target} active"]
    assert lab.writes == [f"CreateRoute rtb-1 {A} {OURS}"]  # made in good faith, before the first look at it


def test_a_route_to_a_peer_is_never_deleted(lab: Lab) -> None:
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.say(withdraw(A))
    lab.wait(130)
    assert lab.writes == []
