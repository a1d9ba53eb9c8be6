"""Configuration, metadata and sources that come and go while the daemon runs."""

from dataclasses import replace

import pytest
from lab import OURS, PEER, A, B, announce, two_hosts, withdraw

from bgp2vpc.errors import ConfigError, Denied, MetadataError, Problem
from bgp2vpc.health.model import Check, Tcp
from bgp2vpc.policy.rule import ManagedRoute, Takeover
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.vpc.finders import ByTag
from bgp2vpc.vpc.prefix_lists import PrefixListRef
from tests.values import P1, rule


def test_metadata_that_comes_late_is_waited_for(make_lab) -> None:
    lab = make_lab()
    works, fails = lab.connect, iter(range(8))

    def connect():
        if next(fails, None) is not None:
            raise MetadataError("instance metadata: connection refused")
        return works()

    lab.connect = connect
    lab.start(wait=0)
    lab.say(announce(A))
    lab.wait(150)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_a_connection_that_does_not_come_about_in_a_minute_is_tried_again(make_lab) -> None:
    lab = make_lab(latency=1000.0)
    lab.start(wait=65)
    assert lab.ask("status")["failing"] == {"connect": "CallTimeout"}
    lab.loop.latency = 0.1
    lab.say(announce(A))
    lab.wait(65)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_a_file_that_cannot_be_read_in_a_minute_is_not_waited_for(make_lab, caplog) -> None:
    caplog.set_level("INFO")
    lab = make_lab().start()
    lab.loop.latency = 1000.0
    lab.do(lab.daemon.reload)
    lab.wait(65)
    lab.loop.latency = 0.1
    assert "configuration not reloaded, the old one stays: lab.yaml: not read within 60 s" in caplog.messages
    lab.reload(poll_time=5.0)
    assert "configuration reloaded" in caplog.messages


def test_a_reload_takes_new_rules_and_says_so(make_lab, caplog) -> None:
    caplog.set_level("INFO")
    lab = make_lab(rules=(rule(A),)).start()
    lab.say(announce(A), announce(B))
    lab.wait()
    assert lab.writes == [f"CreateRoute rtb-1 {A} {OURS}"]
    lab.reload(rules=(rule(),), poll_time=5.0)
    assert lab.writes[1:] == [f"CreateRoute rtb-1 {B} {OURS}"]
    assert "configuration reloaded" in caplog.messages


def test_a_longer_startup_hold_does_not_begin_again_long_after_the_start(make_lab) -> None:
    best = (rule(takeover=Takeover.BEST_PATH),)
    lab = make_lab(rules=best, startup_hold=10.0).start(helper=True, wait=30)
    lab.say(announce(A))
    lab.wait()
    lab.reload(startup_hold=600.0)
    lab.say(withdraw(A))
    lab.wait()
    assert lab.routes == []


def test_a_bad_file_keeps_the_old_configuration_and_says_every_mistake(make_lab, caplog) -> None:
    lab = make_lab().start()

    def bad():
        problems = (Problem("lab.yaml", 3, "poll_time", "no"), Problem("lab.yaml", 9, "rules", "none"))
        raise ConfigError("lab.yaml", problems)

    lab.next_config = bad
    lab.do(lab.daemon.reload)
    lab.wait()
    assert [m for m in caplog.messages if "configuration not reloaded" in m] == [
        "configuration not reloaded, the old one stays: lab.yaml:3: poll_time: no",
        "configuration not reloaded, the old one stays: lab.yaml:9: rules: none",
    ]
    lab.say(announce(A))
    lab.wait()
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_the_paths_of_a_source_that_ends_outlive_it_for_its_hold_time_only(make_lab) -> None:
    lab = make_lab().start()
    lab.say(announce(A), announce(B))
    lab.wait()
    lab.close(hold=10.0)
    lab.wait(5)
    lab.open()
    lab.say(announce(A))
    lab.wait(4.5)
    assert len(lab.routes) == 2
    lab.wait(1.5)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_many_short_lived_clients_leave_no_trace(make_lab) -> None:
    lab = make_lab().start()
    for number in range(50):
        name = f"client-{number}"
        lab.open(name, SourceKind.CLIENT)
        lab.say(announce(A), "nonsense", source=name)
        lab.close(name, hold=1.0)
    lab.wait(5)
    assert lab.routes == []
    assert [source["name"] for source in lab.ask("status")["sources"]] == ["dns"]
    assert set(lab.daemon.parts.adj_rib_in.kinds) == {"dns"}


def test_a_reload_changes_the_limits_of_sources_that_are_there_already(make_lab) -> None:
    lab = make_lab(max_prefixes=1).start()
    assert lab.say(announce(A), announce(B)) == ["done", "error"]
    lab.reload(max_prefixes=2)
    assert lab.say(announce(B), announce("192.0.2.3/32")) == ["done", "error"]
    lab.reload(max_prefixes=1)
    assert lab.say(announce(A), withdraw(B), announce(B)) == ["done", "done", "error"]


def test_reloads_at_the_same_time_end_with_the_newest_file(make_lab) -> None:
    lab = make_lab(rules=(rule(A),)).start()
    lab.say(announce(A), announce(B))
    lab.wait()
    configs = iter([replace(lab.config, rules=(rule(A, B),)), replace(lab.config, rules=(rule(B),))])
    lab.next_config = lambda: next(configs)
    lab.do(lab.daemon.reload)
    lab.do(lab.daemon.reload)
    lab.wait(5)
    assert [source["rule"] for source in lab.ask("status")["routes"]] == ["private"]
    assert lab.verdicts() == [f"rtb-1 {B} keep ours"]


def test_however_often_it_is_asked_meanwhile_the_file_is_read_once_more(make_lab) -> None:
    lab = make_lab().start()
    reads = []
    lab.next_config = lambda: reads.append(lab.config) or lab.config
    for _ in range(150):
        lab.do(lab.daemon.reload)
    lab.wait(10)
    assert len(reads) == 2


def test_a_reload_that_gives_routes_of_ours_up_names_them(make_lab, caplog) -> None:
    lab = make_lab(rules=(rule(A, B),)).start()
    lab.say(announce(A), announce(B))
    lab.wait()
    lab.reload(rules=(rule(B),))
    assert [str(r.fields["prefix"]) for r in caplog.records if "left as it is" in r.message] == [A]
    assert len(lab.routes) == 2


def test_a_reload_while_it_ends_starts_nothing(make_lab) -> None:
    lab = make_lab().start()
    lab.do(lab.daemon.stop)
    lab.do(lab.daemon.reload)
    assert lab.ended() == 0


@pytest.mark.parametrize("change", [{"skip_source_dest_check": True}, {"rules": (rule(),)}])
def test_a_reload_before_ec2_answers_decides_whether_the_source_dest_check_ends_the_daemon(
    make_lab, caplog, change
) -> None:
    vpc = two_hosts()
    vpc.add_interface("eni-1", "i-1", addresses=["10.0.0.10"], source_dest_check=True)
    managed = rule(manages={P1: ManagedRoute(prefix=P1, source="check web")})
    lab = make_lab(vpc, rules=(managed,))
    works, vpc_is_away = lab.connect, [True]

    def connect():
        if vpc_is_away:
            raise MetadataError("instance metadata: connection refused")
        return works()

    lab.connect = connect
    lab.start(wait=20)
    lab.reload(**change)
    vpc_is_away.clear()
    lab.wait(60)
    assert not any("source/destination check is on" in each for each in caplog.messages)
    assert lab.daemon.parts.reconciler.first_observation.is_set()


# A failure of what is no longer wanted is none


def test_metadata_that_does_not_answer_is_no_failure_once_a_reload_asks_it_for_nothing(make_lab) -> None:
    lab = make_lab(lifecycle=True)
    lab.metadata = None
    lab.start(wait=20)
    assert lab.ask("status")["failing"] == {"lifecycle": "MetadataError"}
    lab.reload(lifecycle=False)
    assert lab.ask("status")["failing"] == {}


def test_owners_whose_addresses_ec2_does_not_tell_are_no_failure_once_a_reload_checks_none(make_lab) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    alive = Check(name="alive", probe=Tcp(1), every=1.0, timeout=1.0)
    lab = make_lab(vpc, rules=(rule(remote_check="alive"),), remote_checks=(alive,))
    denied = Denied("DescribeNetworkInterfaces", "UnauthorizedOperation", "no")
    vpc.fail_next(f"DescribeNetworkInterfaces {PEER}", denied, times=1000)
    lab.start()
    lab.say(announce(A))
    lab.wait(5)
    assert "addresses of owners" in lab.ask("status")["failing"]
    lab.reload(remote_checks=(), rules=(rule(),))
    lab.wait(70)
    assert lab.ask("status")["failing"] == {}
    lab.forget_calls()
    lab.wait(300)
    assert not [call for call in lab.calls if PEER in call]


def test_a_change_that_waits_for_the_next_start_is_told_at_each_reload_until_it_is_taken_back(make_lab, caplog) -> None:
    lab = make_lab().start()
    told = []
    for changes in ({"max_line": 9000}, {"max_line": 9000, "poll_time": 30.0}, {}):
        caplog.clear()
        lab.reload(**changes)
        told.append([each for each in caplog.messages if "next start only" in each])
    words = "a change of max_line takes effect at the next start only"
    assert told == [[words], [words], []]


@pytest.mark.parametrize(
    ("call", "settings", "subject"),
    [
        ("DescribeManagedPrefixLists", {"prefix_list": PrefixListRef("pl-1")}, "prefix lists"),
        ("DescribeSubnets", {"affinity": True}, "subnets"),
        (
            "DescribeTransitGatewayAttachments",
            {"find_transit": ByTag("type", "private")},
            "transit gateway route tables",
        ),
    ],
)
def test_a_read_that_fails_is_no_failure_once_no_rule_needs_it(make_lab, call, settings, subject) -> None:
    lab = make_lab(rules=(rule(**settings),))
    lab.vpc.fail_next(call, Denied(call, "UnauthorizedOperation", "no"), times=1000)
    lab.start()
    assert lab.ask("status")["failing"] == {subject: "UnauthorizedOperation"}
    lab.reload(rules=(rule(),))
    assert lab.ask("status")["failing"] == {}


def test_refused_lines_of_a_script_go_with_it(make_lab) -> None:
    lab = make_lab().start()
    lab.open("client-1", SourceKind.CLIENT)
    lab.say("announce rout")
    lab.say("announce rout", source="client-1")
    lab.close()
    assert [row["source"] for row in lab.ask("status")["refused_lines"]] == ["dns", "client-1"]
    lab.reload(poll_time=5.0)  # the file has no scripts (any more)
    assert [row["source"] for row in lab.ask("status")["refused_lines"]] == ["client-1"]
