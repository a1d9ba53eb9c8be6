"""Helper mode: what ExaBGP hears of local sources, what we hear of its peers, and limits."""

from pathlib import Path

import pytest
from lab import OURS, A, B, Lab, announce, withdraw

from bgp2vpc.config.model import OnExit
from bgp2vpc.exabgp_api.control import UNSEEN
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.speaker.adj_rib_out import NOT_LISTED, AdjRibOut

FLOW = "announce flow route { match { source 10.0.0.0/24; } then { discard; } }"


@pytest.fixture
def helper(make_lab) -> Lab:
    return make_lab().start("one", "two", helper=True)


def heard(lab: Lab) -> list[str]:
    """What ExaBGP was told since the last time."""
    said, lab.to_exabgp[:] = list(lab.to_exabgp), []
    return said


def test_every_line_is_passed_on_word_for_word_repetitions_too(helper: Lab) -> None:
    lines = [announce(A, "med 100"), f"neighbor * {announce(B)}", announce(A, "med 100"), withdraw(A)]
    assert helper.say(*lines, source="one") == ["done"] * 4
    assert heard(helper) == lines


def test_exabgp_hears_it_at_once_even_if_ec2_never_answers(make_lab) -> None:
    lab = make_lab(latency=1e6).start("one", helper=True, wait=0)
    lab.say(announce(A), source="one")
    assert heard(lab) == [announce(A)]


@pytest.mark.parametrize("selector", ["", "neighbor *", "neighbor 10.0.0.1, neighbor 10.0.0.2"])
def test_what_a_source_leaves_behind_is_withdrawn_from_those_it_was_said_to(helper: Lab, selector: str) -> None:
    helper.say(f"{selector} {announce(A, 'med 5')}".strip(), source="one")
    heard(helper)
    helper.close("one", hold=10)
    helper.wait(9)
    assert heard(helper) == []
    helper.wait(2)
    assert heard(helper) == [f"{selector} {withdraw(A)}".strip()]


def test_each_neighbor_that_was_told_apart_is_told_of_the_end(helper: Lab) -> None:
    helper.say(f"neighbor 10.0.0.1 {announce(A)}", f"neighbor 10.0.0.2 {announce(A)}", source="one")
    heard(helper)
    helper.close("one")
    assert heard(helper) == [f"neighbor 10.0.0.1 {withdraw(A)}", f"neighbor 10.0.0.2 {withdraw(A)}"]


def test_what_was_announced_to_all_and_to_one_is_withdrawn_once(helper: Lab) -> None:
    helper.say(announce(A), f"neighbor 10.0.0.2 {announce(A)}", source="one")
    heard(helper)
    helper.close("one")
    assert heard(helper) == [withdraw(A)]


def test_a_withdrawal_from_one_neighbor_leaves_the_others_their_path(helper: Lab) -> None:
    helper.say(f"neighbor 10.0.0.1 {announce(A)}", f"neighbor 10.0.0.2 {announce(A)}", source="one")
    heard(helper)
    helper.say(f"neighbor 10.0.0.1 {withdraw(A)}", source="one")
    assert heard(helper) == [f"neighbor 10.0.0.1 {withdraw(A)}"]


def test_what_another_source_still_announces_is_said_again_and_not_withdrawn(helper: Lab) -> None:
    helper.say(announce(A, "med 1"), source="one")
    helper.say(announce(A, "med 2"), source="two")
    heard(helper)
    helper.say(withdraw(A), source="two")
    assert heard(helper) == [f"announce route {A} next-hop self med 1"]
    helper.wait()
    assert helper.writes == [f"CreateRoute rtb-1 {A} {OURS}"]
    helper.say(announce(A, "med 2"), source="two")
    heard(helper)
    helper.close("two")
    assert heard(helper) == [f"announce route {A} next-hop self med 1"]
    helper.close("one")
    assert heard(helper) == [withdraw(A)]


def test_one_who_clears_exabgps_table_clears_only_what_is_its_own(helper: Lab) -> None:
    helper.say(announce(A), source="one")
    helper.say(announce(B), source="two")
    heard(helper)
    helper.hear("neighbor 10.0.0.8 down - refused")
    helper.say("clear adj-rib out", source="two")
    assert heard(helper) == ["clear adj-rib out", f"announce route {A} next-hop self"]


def test_what_is_cleared_at_one_neighbor_is_withdrawn_from_the_others_when_its_source_ends(helper: Lab) -> None:
    helper.hear("neighbor 10.0.0.8 down - refused", "neighbor 10.0.0.9 down - refused")
    helper.say(announce(A), "neighbor 10.0.0.8 clear adj-rib out", source="one")
    heard(helper)
    helper.close("one", hold=0)
    assert heard(helper) == [withdraw(A)]


def test_where_exabgp_4_2_would_stop_at_it_what_one_clears_is_withdrawn_line_by_line(helper: Lab) -> None:
    helper.say(announce(A), f"neighbor 10.0.0.8 {announce(B)}", source="one")
    helper.say(announce(B), source="two")
    heard(helper)
    assert helper.say("clear adj-rib out", source="one") == ["done"]
    # Of neighbor 10.0.0.8 that is no more than what the other source announces to all.
    assert heard(helper) == [withdraw(A)]
    helper.hear("neighbor 10.0.0.8 down - refused")
    helper.say(announce(A), source="one")
    heard(helper)
    assert helper.say("neighbor 10.0.0.9 clear adj-rib out", source="one") == ["done"]
    assert heard(helper) == [withdraw(A)]


@pytest.mark.parametrize(
    ("before", "line", "is_passed_on"),
    [
        ([], "flush adj-rib out", False),
        (["neighbor 10.0.0.9 down - refused"], "flush adj-rib out", False),
        (["neighbor 10.0.0.9 up"], "flush adj-rib out", True),
        (["neighbor 10.0.0.9 up"], "neighbor * flush adj-rib out", True),
        (["neighbor 10.0.0.9 up"], "neighbor 10.0.0.9 flush adj-rib out", True),
        (["neighbor 10.0.0.9 up"], "neighbor 10.0.0.8 flush adj-rib out", False),
        (["neighbor 10.0.0.9 up"], "neighbor 10.0.0.8, neighbor 10.0.0.9 flush adj-rib out", False),
        (["neighbor 10.0.0.9 up"], "neighbor 10.0.0.9 local-as 1 flush adj-rib out", False),
        (["neighbor 10.0.0.8 up", "neighbor 10.0.0.9 up"], "neighbor 10.0.0.8, neighbor 10.0.0.9 clear adj-rib", True),
        (
            ["neighbor 10.0.0.8 up", "neighbor 10.0.0.9 up"],
            "neighbor 10.0.0.8 neighbor 10.0.0.9 clear adj-rib in",
            False,
        ),
        (["neighbor 10.0.0.9 up", "neighbor 10.0.0.9 down - x"], "flush adj-rib out", False),
        ([], "clear adj-rib in", False),
        (["neighbor 10.0.0.9 down - refused"], "neighbor 10.0.0.9 clear adj-rib in", True),
        (["neighbor 10.0.0.9 down - refused"], "neighbor 10.0.0.8 clear adj-rib in", False),
    ],
)
def test_what_stops_exabgp_4_2_without_a_neighbor_or_a_session_waits_for_one(
    helper: Lab, before: list[str], line: str, *, is_passed_on: bool
) -> None:
    helper.hear(*before)
    assert helper.say(line, source="one") == ["done" if is_passed_on else "error"]
    assert heard(helper) == ([line] if is_passed_on else [])


def test_a_source_that_comes_back_and_says_all_again_is_not_withdrawn(helper: Lab) -> None:
    helper.say(announce(A), announce(B), source="one")
    helper.close("one", hold=10)
    helper.open("one")
    heard(helper)
    helper.say(announce(A), source="one")
    assert heard(helper) == [announce(A)]
    helper.wait(11)
    assert heard(helper) == [withdraw(B)]


def test_at_the_end_of_rib_what_was_not_said_again_is_withdrawn(helper: Lab) -> None:
    helper.say(announce(A), announce(B), source="one")
    helper.close("one", hold=100)
    helper.open("one")
    heard(helper)
    helper.say(announce(A), "announce eor", source="one")
    assert heard(helper) == [announce(A), "announce eor", withdraw(B)]


def test_what_comes_through_tee_is_not_passed_on_since_exabgp_has_it_already(helper: Lab) -> None:
    helper.open("tee:dns", SourceKind.TEE)
    assert helper.say(announce(A), source="tee:dns") == ["done"]
    helper.wait()
    helper.close("tee:dns")
    assert heard(helper) == []
    assert helper.writes[0] == f"CreateRoute rtb-1 {A} {OURS}"


def test_a_family_the_vpc_has_no_use_for_is_passed_on_and_done(helper: Lab) -> None:
    assert helper.say(FLOW, source="one") == ["done"]
    assert heard(helper) == [FLOW]


def test_without_exabgp_that_family_is_an_error(lab: Lab) -> None:
    assert lab.say(FLOW) == ["error"]


@pytest.mark.parametrize("line", [announce("192.0.2.1/24"), "announce rout 192.0.2.1/32", "shutdown"])
def test_what_is_refused_does_not_reach_exabgp(helper: Lab, line: str) -> None:
    assert helper.say(line, source="one") == ["error"]
    assert heard(helper) == []


def test_at_the_end_exabgp_is_told_to_withdraw_what_we_passed_on(make_lab) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW).start("one", helper=True)
    lab.say(announce(A), source="one")
    heard(lab)
    assert lab.stop() == 0
    assert heard(lab) == [withdraw(A)]
    assert lab.routes == []


def test_a_line_that_exabgp_refuses_is_named_in_the_log(helper: Lab, caplog) -> None:
    helper.say(announce(A), announce(B), source="one")
    helper.hear("done", "error")
    assert [record.fields["line"] for record in caplog.records if "refused" in record.message] == [announce(B)]


def test_a_source_announces_to_a_hundred_selectors_at_most(helper: Lab) -> None:
    def to(number: int, line: str) -> str:
        return f"neighbor 10.9.{number // 256}.{number % 256} {line}"

    assert set(helper.say(*(to(number, announce(A)) for number in range(100)), source="one")) == {"done"}
    heard(helper)
    assert helper.say(to(100, announce(A)), source="one") == ["error"]
    assert helper.say(to(100, announce(A)), source="two") == ["done"]  # it has a hundred of its own
    assert helper.say(to(99, withdraw(A)), to(100, announce(A)), source="one") == ["done", "done"]
    assert to(99, withdraw(A)) in heard(helper)


class Told:
    """An ExaBGP that takes every line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def send(self, line: str) -> bool:
        self.lines.append(line)
        return True


BOTH = "neighbor 10.0.0.1, neighbor 10.0.0.2"


@pytest.mark.parametrize(
    ("announced", "withdrawn", "left"),
    [
        (["neighbor 10.0.0.1", "neighbor 10.0.0.2"], [BOTH], ""),
        ([BOTH], ["neighbor 10.0.0.2 , neighbor 10.0.0.1"], ""),
        ([BOTH], ["neighbor 10.0.0.1", "neighbor 10.0.0.2"], ""),
        (["peer [10.0.0.1, 10.0.0.2]"], ["peer 10.0.0.1"], "peer 10.0.0.2"),
        (["neighbor 10.0.0.1", BOTH], ["neighbor 10.0.0.1"], "neighbor 10.0.0.2"),
        ([f"{BOTH} local-as 64512"], ["neighbor 10.0.0.1"], "neighbor 10.0.0.2 local-as 64512"),
        (["neighbor 10.0.0.1 local-as 64512 peer-as 1"], ["neighbor 10.0.0.1 peer-as 1"], ""),
        (["neighbor 10.0.0.1 local-as 1 peer-as 2"], ["neighbor * peer-as 3"], ""),
        (["neighbor 10.0.0.1, neighbor 10.0.0.2 neighbor *"], ["neighbor 10.0.0.1"], "neighbor 10.0.0.2"),
        (["neighbor 10.0.0.1"], ["neighbor 10.0.0.1 local-as 64512"], "neighbor 10.0.0.1"),
        (["neighbor *"], ["neighbor 10.0.0.1"], "neighbor *"),
        ([BOTH], ["peer *"], ""),
    ],
)
def test_the_next_exabgp_and_the_end_of_the_source_concern_only_neighbors_that_still_have_the_path(
    announced: list[str], withdrawn: list[str], left: str
) -> None:
    relay, told = AdjRibOut(), Told()
    for selector in announced:
        relay.pass_on("one", parse(f"{selector} {announce(A)}"))
    for selector in withdrawn:
        relay.pass_on("one", parse(f"{selector} {withdraw(A)}"))
    relay.connected(told)
    relay.source_gone("one")
    assert told.lines == ([f"{left} {announce(A)}", f"{left} {withdraw(A)}"] if left else [])


def test_the_next_exabgp_is_not_sent_lines_about_a_moment() -> None:
    relay, told = AdjRibOut(), Told()
    for line in ("announce route-refresh ipv4 unicast", "announce  eor ipv4 flow", "announce operational asm", FLOW):
        relay.pass_on("one", parse(line))
    relay.connected(told)
    assert told.lines == [FLOW]


def test_lines_that_exabgp_does_not_take_are_said_once_and_counted(caplog) -> None:
    takes = iter([True, *[False] * 1000, True])

    class Pipe:
        def send(self, _: str) -> bool:
            return next(takes)

    relay = AdjRibOut()
    relay.connected(Pipe())
    for _ in range(1002):
        relay.pass_on("one", parse(announce(A)))
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert caplog.records[-1].fields == {"lines": 1000}


def test_exabgps_shutdown_ends_the_daemon(helper: Lab) -> None:
    helper.hear("shutdown 1 1")
    assert helper.ended() == 0


# BGP peers


PEER_UP = "neighbor 10.0.0.9 up"
PEER_SAYS = "neighbor 10.0.0.9 receive update announced 192.0.2.1/32 next-hop 10.0.0.9 med 7"


def sources(lab: Lab) -> list[str]:
    every = lab.ask("status")["sources"]
    return [f"{each['name']} {each['state']} {each['paths']}" for each in every if each["kind"] == "peer"]


def test_a_peers_paths_are_known_and_go_with_its_session(helper: Lab) -> None:
    helper.hear(PEER_UP, PEER_SAYS)
    assert sources(helper) == ["peer 10.0.0.9 up 1"]
    helper.hear("neighbor 10.0.0.9 down - peer reset")
    assert sources(helper) == []
    assert helper.ask("status")["paths"] == []


def test_a_refused_connect_ends_nothing(helper: Lab) -> None:
    helper.hear("neighbor 10.0.0.9 connected", "neighbor 10.0.0.9 down - refused", PEER_UP, PEER_SAYS)
    helper.hear("neighbor 10.0.0.8 down - refused")
    assert sources(helper) == ["peer 10.0.0.9 up 1"]


def test_a_peers_path_is_never_written_nor_passed_back(helper: Lab) -> None:
    helper.hear(PEER_UP, PEER_SAYS)
    helper.wait(130)
    assert (helper.writes, heard(helper)) == ([], [])


def test_a_peers_path_does_not_keep_our_route_when_we_withdraw(helper: Lab) -> None:
    helper.say(announce(A), source="one")
    helper.wait(20)
    helper.hear(PEER_UP, PEER_SAYS)
    helper.say(withdraw(A), source="one")
    helper.wait()
    assert helper.routes == []


def test_what_we_sent_to_a_peer_is_not_taken_for_its_path(helper: Lab) -> None:
    helper.hear(PEER_UP, PEER_SAYS.replace("receive", "send"))
    assert sources(helper) == ["peer 10.0.0.9 up 0"]


# Limits


def test_a_source_may_offer_max_prefixes_and_no_more(make_lab) -> None:
    lab = make_lab(max_prefixes=2).start("one", "two", helper=True)
    third = announce("192.0.2.3/32")
    lines = [announce(A), announce(B), third, announce(A, "med 3")]
    assert lab.say(*lines, source="one") == ["done", "done", "error", "done"]
    assert lab.say(third, source="two") == ["done"]
    assert lab.say(withdraw(A), third, source="one") == ["done", "done"]


def test_all_clients_together_offer_ten_times_max_prefixes_and_no_more(make_lab) -> None:
    lab = make_lab(max_prefixes=2).start("one")
    for number in range(10):
        lab.open(f"client-{number}", SourceKind.CLIENT)
        lines = [announce(f"192.0.2.{2 * number + each}/32") for each in range(2)]
        assert lab.say(*lines, source=f"client-{number}") == ["done", "done"]
    lab.open("client-10", SourceKind.CLIENT)
    assert lab.say(announce("192.0.2.100/32"), source="client-10") == ["error"]
    assert lab.say(announce("192.0.2.100/32"), source="one") == ["done"]  # scripts are configured
    assert lab.say(announce("192.0.2.0/32", "med 3"), source="client-0") == ["done"]  # not one more
    lab.close("client-0")
    assert lab.say(announce("192.0.2.100/32"), source="client-10") == ["done"]


def test_a_line_with_more_prefixes_than_allowed_is_refused_as_a_whole_in_both_worlds(make_lab) -> None:
    lab = make_lab(max_prefixes=2).start("one", helper=True)
    assert lab.say(f"announce attributes next-hop self nlri {A} {B} 192.0.2.3/32", source="one") == ["error"]
    lab.wait()
    assert (lab.writes, heard(lab)) == ([], [])
    assert lab.say(f"announce attributes next-hop self nlri {A} {B} {A}", source="one") == ["done"]


def test_ten_thousand_prefixes_of_one_peer_do_not_end_anything(make_lab) -> None:
    lab = make_lab(max_prefixes=100).start("one", helper=True)
    lab.hear(PEER_UP)
    lab.hear(*(PEER_SAYS.replace("192.0.2.1", f"10.{n >> 8}.{n & 255}.0").replace("/32", "/24") for n in range(1000)))
    assert sources(lab) == ["peer 10.0.0.9 up 100"]


def test_wrong_lines_in_turns_are_complained_about_once_each(lab: Lab, caplog) -> None:
    for _ in range(50):
        lab.say("announce route 192.0.2.1/24 next-hop self", "announce rout")
    assert len([record for record in caplog.records if "refused" in record.message]) == 2


def test_two_refused_lines_with_one_reason_are_both_logged(lab: Lab, caplog) -> None:
    lines = (Path(__file__).parent / "data" / "refused-twice.txt").read_text().splitlines()
    assert lab.say(*lines) == ["error", "done", "error"]
    refused = [record for record in caplog.records if record.message.startswith("line refused")]
    assert [record.fields["line"] for record in refused] == [lines[0], lines[2]]
    assert len({record.message for record in refused}) == 1
    (row,) = lab.ask("status")["refused_lines"]
    assert (row["source"], row["kind"], row["count"], row["line"]) == ("dns", "script", 2, lines[2])
    assert row["reason"] in refused[0].message


def test_a_script_that_is_started_again_keeps_its_count_and_its_wrong_line_is_no_news(lab: Lab, caplog) -> None:
    for _ in range(3):
        lab.open("one")
        lab.say("announce rout", source="one")
        lab.close("one")
    assert [(row["source"], row["count"]) for row in lab.ask("status")["refused_lines"]] == [("one", 3)]
    assert len([record for record in caplog.records if record.message.startswith("line refused")]) == 1


def test_refused_lines_of_clients_that_are_gone_count_together(lab: Lab) -> None:
    for number in range(3):
        lab.open(f"client-{number}", SourceKind.CLIENT)
        lab.say("announce rout", source=f"client-{number}")
    lab.close("client-0")
    lab.close("client-1")
    rows = [(row["source"], row["kind"], row["count"]) for row in lab.ask("status")["refused_lines"]]
    assert sorted(rows) == [("client-2", "client", 1), ("others", "client", 2)]


def test_what_is_left_out_of_a_flood_of_wrong_lines_is_counted(lab: Lab, caplog) -> None:
    lab.say(*(f"garbage{number}" for number in range(50)))
    lab.wait(5)
    lab.say("garbage of later")
    assert caplog.records[-1].fields["lines_dropped"] == 30
    assert lab.ask("status")["refused_lines"][0]["count"] == 51


def test_a_flood_of_different_wrong_lines_is_not_a_flood_of_complaints(lab: Lab, caplog) -> None:
    lab.say(*(f"garbage{number} " + "x" * 1000 for number in range(500)))
    complaints = [record for record in caplog.records if "refused" in record.message]
    assert len(complaints) <= 21
    assert all(len(record.fields["line"]) <= 200 for record in complaints)


def test_what_no_rule_accepts_is_said_once_and_shown_in_the_status(lab: Lab, caplog) -> None:
    lab.say(announce("198.51.100.1/32"))
    lab.wait(200)
    refused = [record for record in caplog.records if "not permitted by any rule" in record.message]
    assert [str(record.fields["prefix"]) for record in refused] == ["198.51.100.1/32"]
    assert lab.ask("status")["not_accepted"] == ["198.51.100.1/32"]
    lab.say(withdraw("198.51.100.1/32"))
    lab.wait()
    assert lab.ask("status")["not_accepted"] == []
    assert lab.writes == []


def test_a_watchdog_is_passed_on_and_the_log_says_once_that_its_routes_are_not_seen_here(helper: Lab, caplog) -> None:
    lines = ["announce watchdog smtp", "neighbor 10.0.0.1 withdraw watchdog smtp"]
    helper.to_exabgp.clear()
    assert helper.say(*lines, source="one") == ["done", "done"]
    assert helper.to_exabgp == lines
    (said,) = [r for r in caplog.records if "watchdog" in r.message]
    assert (said.message, said.levelname) == (f"line accepted: {UNSEEN}", "WARNING")
    status = helper.do(helper.daemon.parts.status_source.now)
    assert status.refused_lines == ()
    noted = [(row.source, row.count, row.line, row.reason) for row in status.noted_lines]
    assert noted == [("one", 2, lines[1], UNSEEN)]


def test_what_a_source_left_at_some_neighbor_is_withdrawn_when_it_ends(helper: Lab) -> None:
    helper.say(*(f"neighbor 10.0.0.{number} {announce(A)}" for number in (1, 2)), source="one")
    helper.say(f"neighbor 10.0.0.2 {withdraw(A)}", source="one")
    helper.to_exabgp.clear()
    helper.close("one")
    assert helper.to_exabgp == [f"neighbor 10.0.0.1 {withdraw(A)}"]


HEADER = "Peer            AS        up/down state       |     #sent     #recvd"
QUESTION = "show neighbor summary"


def refusals(caplog) -> list[tuple[str, object]]:
    return [
        (r.getMessage(), r.fields.get("line") or r.fields["first"])
        for r in caplog.records
        if "ExaBGP refused" in r.message
    ]


def failing(lab: Lab) -> dict[str, str]:
    return lab.ask("status")["failing"]


def test_a_refused_line_is_named_once_all_lines_are_answered(helper: Lab, caplog) -> None:
    helper.say(announce(A), announce(B), withdraw(A), source="one")
    helper.hear("done", "error")
    assert refusals(caplog) == []  # a line may have been left without an answer
    assert heard(helper)[3:] == [QUESTION]
    helper.hear("done")
    assert refusals(caplog) == []
    helper.hear(HEADER, "done")
    assert refusals(caplog) == [("ExaBGP refused a line", announce(B))]
    assert failing(helper) == {f"ExaBGP {B}": "refused"}
    assert heard(helper) == []
    helper.say(announce(B), source="one")
    helper.hear("error")
    assert len(refusals(caplog)) == 1  # said once
    helper.say(announce(B, "med 5"), source="one")
    helper.hear("done")
    assert failing(helper) == {}


def test_an_exabgp_that_has_taken_no_announcement_may_have_no_neighbor_for_this_helper(helper: Lab, caplog) -> None:
    def hints() -> list[str]:
        return [r.fields["hint"] for r in caplog.records if r.message == "ExaBGP refused a line"]

    differs = "the VPC has what it announces, the datacenter has not"
    helper.say(announce(A), source="one")
    helper.hear("error")
    assert hints() == [f"{differs}; {NOT_LISTED}"]
    assert "`api { processes [ … ]; }`" in NOT_LISTED
    caplog.clear()
    helper.say(announce(A, "med 5"), source="one")
    helper.hear("done")
    helper.say(announce(B), source="one")
    helper.hear("error")
    assert hints() == [differs]


def test_lines_without_an_answer_shift_no_blame(helper: Lab, caplog) -> None:
    """ExaBGP 4.2 says nothing to some lines; the seventh is refused."""
    lines = [announce(f"192.0.2.{number}/32") for number in range(7)]
    helper.say(*lines, source="one")
    helper.hear("error")
    helper.hear(HEADER, "done")
    assert refusals(caplog) == [("ExaBGP refused 1 of these lines", lines[:5])]
    caplog.clear()
    helper.say(announce(A), announce(B), source="one")
    helper.hear("done", "error")  # all is certain again
    assert refusals(caplog) == [("ExaBGP refused a line", announce(B))]


@pytest.mark.parametrize(
    "line",
    [
        "rib flush out",
        "announce eor",
        "announce route-refresh ipv4 unicast",
        "neighbor 10.0.0.9 announce operational asm",
        f"announce ipv4 unicast {B} next-hop self",
        f"announce mup {B}",
        f"withdraw attribute next-hop self nlri {B}",
    ],
)
def test_an_answer_out_of_turn_blames_nobody_for_sure(helper: Lab, caplog, line: str) -> None:
    """ExaBGP answers at once what it does not know or has no session for, before the route that it still works on."""
    helper.say(announce(A), line, source="one")
    helper.hear("error", "done", HEADER, "done")
    assert refusals(caplog) == [("ExaBGP refused 1 of these lines", [announce(A), line])]


def test_an_answer_out_of_turn_may_come_before_that_to_an_earlier_question(helper: Lab, caplog) -> None:
    """The first line gets no answer; the last is said when that has been asked, and refused at once."""
    helper.say(announce(A), announce(B), source="one")
    helper.hear("error")
    assert heard(helper)[2:] == [QUESTION]
    helper.say("announce eor", source="one")
    helper.hear("error", HEADER, "done")
    assert refusals(caplog) == [("ExaBGP refused 2 of these lines", [announce(A), announce(B), "announce eor"])]


def test_many_lines_without_answers_are_asked_about_once(helper: Lab) -> None:
    helper.say(*(announce(A, f"med {number}") for number in range(250)), source="one")
    assert heard(helper).count(QUESTION) == 1
    helper.hear(HEADER, "done")
    assert heard(helper) == [QUESTION]  # there were 150 more since
    helper.hear(HEADER, "done")
    helper.say(*(announce(A, f"med {number}") for number in range(60)), source="one")
    assert QUESTION not in heard(helper)


def test_the_reason_6_0_gives_for_an_error_is_in_the_log(helper: Lab, caplog) -> None:
    helper.say(announce(A), source="one")
    helper.hear("error: no such neighbor", "error")
    assert [r.fields["reason"] for r in caplog.records if "ExaBGP refused" in r.message] == ["no such neighbor"]
