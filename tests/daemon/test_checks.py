"""Health checks, managed routes and remote checks: the whole daemon on virtual time, real sockets on loopback."""

import asyncio
import re

import pytest
from checked import FOREVER, P, Q, Service, file, held_by_us, owned_by_peer, settings
from lab import OURS, PEER, two_hosts

from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.errors import Denied, Throttled, Transient
from bgp2vpc.vpc.model import InstanceHealth
from tests.descriptors import no_descriptors
from tests.memory_vpc import MemoryVpc

pytestmark = pytest.mark.io


def test_a_healthy_check_writes_its_route_and_an_unhealthy_one_deletes_it_at_once(make_lab, service) -> None:
    lab = make_lab(poll_time=FOREVER, **settings(file(service))).start(wait=0.5)
    assert lab.routes == []
    lab.wait(1.0)  # rise: 2
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    service.stop()
    lab.wait(2.0)  # fall: 3
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    lab.wait(1.5)
    assert lab.routes == []
    service.start()
    lab.wait(2.5)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]


def test_why_tells_the_health_check_that_a_prefix_waits_for(make_lab, service) -> None:
    service.stop()
    lab = make_lab(poll_time=FOREVER, **settings(file(service))).start(wait=0.5)
    words = "\n".join(lab.ask("why", P)["lines"])
    assert "rule private manages it (lab.yaml:9), announced while check web is healthy" in words
    assert "check web: no verdict yet: connection refused" in words
    service.start()
    lab.wait(4)
    service.stop()
    lab.wait(4)
    told = lab.ask("why", P)["lines"]
    assert told[1] == "  announced by nobody"
    assert told[2].startswith("  withdrawn by check web (check), at 20")
    assert told[3] == f"    its last line: announce route {P} next-hop self"
    assert re.fullmatch(r"    check web: unhealthy since 20\S+ \(\d+ s\): connection refused", told[5])
    assert told[-1] == "  next: a route to this instance is created as soon as check web is healthy"


def test_until_the_first_verdict_a_route_of_ours_stays_and_others_keep_theirs(make_lab, service) -> None:
    for vpc in (held_by_us(), owned_by_peer()):
        before = str(vpc)
        text = file(service).replace("healthcheck: web", "healthcheck: other")
        lab = make_lab(vpc, restart_time=1.0, **settings(text)).start(wait=3.9)
        assert lab.writes == []
        assert str(vpc) == before


def test_a_first_verdict_that_is_bad_removes_what_an_earlier_life_left(make_lab, service) -> None:
    service.stop()
    lab = make_lab(held_by_us(), **settings(file(service))).start(wait=1.9)
    assert lab.writes == []
    lab.wait(1.0)
    assert lab.writes == [f"DeleteRoute rtb-1 {P}"]


def test_takeover_is_the_default_of_managed_routes_and_waits_for_the_first_verdict(make_lab, service) -> None:
    lab = make_lab(owned_by_peer(), **settings(file(service))).start(wait=0.9)
    assert lab.routes == [f"rtb-1 {P} {PEER} active"]
    lab.wait(1.0)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]


def test_an_owner_that_fails_its_remote_check_loses_the_route_long_before_the_next_poll(
    make_lab, service, remote
) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    lab = make_lab(owned_by_peer(), poll_time=FOREVER, **settings(file(service, route, remote))).start(wait=10)
    assert remote.visits() > 5
    assert lab.routes == [f"rtb-1 {P} {PEER} active"]
    remote.stop()
    lab.wait(4.0)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    assert lab.writes == [f"ReplaceRoute rtb-1 {P} {OURS}"]


def test_an_owner_that_lost_its_route_to_us_is_checked_on_so_that_it_may_take_it_back_and_fail_again(
    make_lab, service, remote
) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    lab = make_lab(owned_by_peer(), poll_time=FOREVER, **settings(file(service, route, remote))).start(wait=10)
    remote.stop()
    lab.wait(4.0)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    lab.forget_calls()
    remote.start()
    lab.wait(3.0)  # rise: 2
    assert remote.visits() > 0
    assert lab.calls == ["DescribeRouteTables rtb-1"]
    assert lab.verdicts() == [f"rtb-1 {P} keep ours"]
    lab.vpc.put_route("rtb-1", P, PEER)
    lab.wait(10.0)
    assert lab.verdicts() == [f"rtb-1 {P} yield owner-healthy"], "seen as soon as all has settled"


def test_an_owner_that_takes_its_route_back_and_fails_at_once_loses_it_again_before_the_next_poll(
    make_lab, service, remote
) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    lab = make_lab(owned_by_peer(), poll_time=FOREVER, **settings(file(service, route, remote))).start(wait=10)
    for _ in range(2):
        remote.stop()
        lab.wait(5.0)
        assert lab.routes == [f"rtb-1 {P} {OURS} active"]
        remote.start()
        lab.wait(2.5)
        lab.vpc.put_route("rtb-1", P, PEER)
    remote.stop()
    lab.wait(5.0)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]


@pytest.mark.parametrize("gone", ["its interface", "our route"])
def test_a_former_owner_is_checked_no_more_when_this_is_gone(make_lab, service, remote, gone) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    lab = make_lab(owned_by_peer(), poll_time=20.0, **settings(file(service, route, remote))).start(wait=10)
    remote.stop()
    lab.wait(20.0)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    assert [row["destination"] for row in lab.ask("status")["checks"] if row["name"] == "alive"] == ["127.0.0.2"]
    if gone == "its interface":
        lab.vpc.remove_interface(PEER)
    else:
        service.stop()
    lab.wait(30.0)
    assert [row for row in lab.ask("status")["checks"] if row["name"] == "alive"] == []


def test_a_lookup_of_owners_that_fails_is_no_failure_once_it_is_not_needed(make_lab, service, remote) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    lab = make_lab(owned_by_peer(), poll_time=20.0, **settings(file(service, route, remote)))
    denied = Denied("DescribeNetworkInterfaces", "UnauthorizedOperation", "no")
    lab.vpc.fail_next(f"DescribeNetworkInterfaces {PEER}", denied, times=3)
    lab.start(wait=3)
    assert lab.ask("status")["failing"] == {"addresses of owners": "UnauthorizedOperation"}
    lab.wait(20)
    remote.stop()
    lab.wait(5)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    lab.vpc.fail_next(f"DescribeNetworkInterfaces {PEER}", denied, times=1000)
    lab.wait(20)
    assert lab.ask("status")["failing"] == {"former owners": "UnauthorizedOperation"}
    service.stop()
    lab.wait(5)
    assert (lab.routes, lab.ask("status")["failing"]) == ([], {})
    lab.vpc.put_route("rtb-1", P, PEER)
    service.start()
    lab.wait(25)
    assert lab.ask("status")["failing"] == {"addresses of owners": "UnauthorizedOperation"}
    lab.reload(**settings(file(service)))
    lab.forget_calls()
    lab.wait(60)
    assert lab.ask("status")["failing"] == {}
    assert f"DescribeNetworkInterfaces {PEER}" not in lab.calls, "nobody needs its address any more"


def test_without_descriptors_no_route_is_taken_and_none_deleted(make_lab, service, remote) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    lab = make_lab(owned_by_peer(), **settings(file(service, route, remote))).start(wait=10)
    with no_descriptors():
        lab.wait(30)
        checks = {row["name"]: row for row in lab.ask("status")["checks"]}
        failing = lab.ask("status")["failing"]
    assert {(row["state"], row["reason"]) for row in checks.values()} == {("healthy", "too many open files")}
    assert all(29 <= row["unknown_since"] <= 30 for row in checks.values())
    assert failing == {f"check {name} of {row['destination']}": "CheckUnknown" for name, row in checks.items()}
    lab.wait(5)
    status = lab.ask("status")
    assert ({row["unknown_since"] for row in status["checks"]}, status["failing"]) == ({None}, {})
    assert lab.writes == []
    service.stop()  # that is evidence, and so is this:
    remote.stop()
    lab.wait(10)
    assert {row["state"] for row in lab.ask("status")["checks"]} == {"unhealthy"}


def test_an_owner_is_not_accused_by_a_program_that_we_lack(make_lab, service) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    checks = "remote_healthchecks:\n  alive: {type: command, every: 1, config: {command: /no/such/check}}\n"
    lab = make_lab(owned_by_peer(), **settings(checks + file(service, route))).start(wait=30)
    assert lab.routes == [f"rtb-1 {P} {PEER} active"]
    (row,) = (row for row in lab.ask("status")["checks"] if row["name"] == "alive")
    assert (row["state"], row["reason"]) == ("no verdict yet", "cannot start /no/such/check: No such file or directory")


def test_the_remote_check_follows_the_owner(make_lab, service, remote) -> None:
    vpc = owned_by_peer()
    vpc.add_interface("eni-3", "i-3", addresses=["127.0.0.3"])
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    lab = make_lab(vpc, poll_time=5.0, **settings(file(service, route, remote))).start(wait=3)
    vpc.put_route("rtb-1", P, "eni-3")
    lab.wait(6)
    remote.visits()
    lab.wait(2.1)
    assert remote.visits() == 0
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]  # at 127.0.0.3 nobody listens


def test_the_address_of_an_owner_is_asked_for_once_and_again_when_ec2_fails(make_lab, service, remote) -> None:
    vpc = owned_by_peer()
    vpc.fail_next("DescribeNetworkInterfaces eni", Throttled("DescribeNetworkInterfaces", "RequestLimitExceeded", ""))
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    lab = make_lab(vpc, poll_time=2.0, **settings(file(service, route, remote))).start(wait=0.1)
    lab.wait(20)
    assert len([call for call in lab.calls if call.startswith(f"DescribeNetworkInterfaces {PEER}")]) <= 2
    assert remote.visits() > 10


def test_one_entry_has_a_check_for_each_of_its_prefixes(make_lab) -> None:
    well, other = Service("127.0.1.1"), Service("127.0.1.2")
    text = f"""\
healthchecks:
  up: {{type: tcp, destination: "%PREFIX%", every: 1, config: {{port: {well.port}}}}}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    manage_routes:
      - {{cidr: [127.0.1.1, 127.0.1.2/32], healthcheck: up}}
"""
    other.stop()
    other.port = well.port
    other.start()
    first, second = (f"rtb-1 127.0.1.{number}/32 {OURS} active" for number in (1, 2))
    lab = make_lab(**settings(text)).start(wait=3)
    assert lab.routes == [first, second]
    other.stop()
    lab.wait(5)
    assert lab.routes == [first]
    told = lab.ask("why", "127.0.1.2/32")["lines"]
    assert any("check up@127.0.1.2: unhealthy" in line for line in told)
    assert [row["name"] for row in lab.ask("probe", "up@127.0.1.2")] == ["up@127.0.1.2"]
    other.start()
    lab.wait(5)
    assert lab.routes == [first, second]
    well.stop()
    other.stop()


def test_never_delete_leaves_the_route_and_nothing_is_written_when_all_is_well_again(make_lab, service) -> None:
    lab = make_lab(**settings(file(service, ", never_delete: true"))).start(wait=2)
    service.stop()
    lab.wait(5)
    assert lab.verdicts() == [f"rtb-1 {P} keep never-delete"]
    service.start()
    lab.wait(5)
    assert lab.writes == []


def with_gateway() -> MemoryVpc:
    vpc = two_hosts()
    vpc.add_gateway("nat-0123456789abcdef0")
    vpc.put_route("rtb-1", P, "nat-0123456789abcdef0")
    return vpc


def test_the_fallback_is_taken_from_and_put_back_and_never_a_moment_without_a_route(make_lab, service) -> None:
    route = ", fallback: nat-0123456789abcdef0"
    lab = make_lab(with_gateway(), **settings(file(service, route))).start(wait=0)
    lab.wait(2)
    service.stop()
    lab.wait(5)
    assert lab.writes == [f"ReplaceRoute rtb-1 {P} {OURS}", f"ReplaceRoute rtb-1 {P} nat-0123456789abcdef0"]


@pytest.mark.parametrize(
    ("on_exit", "end"),
    [
        ("withdraw_announced", f"rtb-1 {P} {OURS} active"),
        ("keep", f"rtb-1 {P} {OURS} active"),
        ("withdraw", f"rtb-1 {P} nat-0123456789abcdef0 active"),
    ],
)
def test_what_becomes_of_managed_routes_when_the_daemon_ends(make_lab, service, on_exit, end) -> None:
    text = file(service, ", fallback: nat-0123456789abcdef0", more=f"on_exit: {on_exit}")
    lab = make_lab(with_gateway(), **settings(text)).start(wait=2)
    assert lab.stop() == 0
    assert lab.routes == [end]


def test_announced_routes_are_withdrawn_at_the_end_although_managed_ones_stay(make_lab, service) -> None:
    lab = make_lab(**settings(file(service, rule="    accept: [192.0.2.0/24 le 32]"))).start(wait=2)
    lab.say(f"announce route {Q} next-hop self")
    lab.wait()
    assert len(lab.routes) == 2
    assert lab.config.on_exit is OnExit.WITHDRAW_ANNOUNCED
    lab.stop()
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]


def test_oneshot_ignores_the_checks(make_lab, service) -> None:
    service.stop()
    lab = make_lab(**settings(file(service))).start(oneshot=True, wait=1)
    assert lab.ended() == 0
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]


def test_noop_writes_nothing_whatever_the_checks_say(make_lab, service, remote) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    for vpc in (two_hosts(), held_by_us(), owned_by_peer()):
        service.stop()
        lab = make_lab(vpc, **settings(file(service, route, remote))).start(noop=True, wait=5)
        service.start()
        lab.wait(5)
        remote.stop()
        lab.wait(5)
        remote.start()
        lab.stop()
        assert lab.writes == []


@pytest.mark.parametrize(("policy", "healthy_with_one"), [("all", False), ("any", True), ("1", True), ("2", False)])
def test_of_several_checks_as_many_as_the_policy_says_must_be_healthy(
    make_lab, service, remote, policy, healthy_with_one
) -> None:
    checks = f"""\
healthchecks:
  a: {{type: tcp, destination: 127.0.0.1, every: 1, config: {{port: {service.port}}}}}
  b: {{type: tcp, destination: 127.0.0.2, every: 1, config: {{port: {remote.port}}}}}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    manage_routes: [{{cidr: {P}, healthcheck: [a, b], healthcheck_policy: {policy}}}]
"""
    lab = make_lab(**settings(checks)).start(wait=3)
    assert len(lab.routes) == 1
    remote.stop()
    lab.wait(5)
    assert len(lab.routes) == healthy_with_one
    service.stop()
    lab.wait(5)
    assert lab.routes == []


def test_a_helper_announces_managed_prefixes_with_their_attributes_but_no_default_route(make_lab, service) -> None:
    text = file(service, ", announce: {med: 50, community: '64512:53'}")
    text += "      - {cidr: 0.0.0.0/0, healthcheck: web}\n      - {cidr: '::/0', healthcheck: web, announce: true}\n"
    lab = make_lab(**settings(text)).start(helper=True, wait=2)
    assert lab.to_exabgp == [
        f"announce route {P} next-hop self med 50 community [ 64512:53 ]",
        "announce route ::/0 next-hop self",
    ]
    service.stop()
    lab.wait(5)
    assert lab.to_exabgp[2:] == [f"withdraw route {P} next-hop self", "withdraw route ::/0 next-hop self"]


def test_a_reload_keeps_the_verdict_of_a_check_that_did_not_change(make_lab, service, caplog) -> None:
    caplog.set_level("INFO")
    lab = make_lab(**settings(file(service))).start(wait=2)
    more = file(service) + f"      - {{cidr: {Q}, healthcheck: web}}\n"
    lab.reload(**settings(more))
    assert lab.writes == [f"CreateRoute rtb-1 {Q} {OURS}"]
    lab.wait(10)
    assert caplog.text.count("check healthy") == 2  # one for each check, at the start


def test_a_reload_with_a_changed_check_moves_nothing_before_its_first_verdict(make_lab, service) -> None:
    lab = make_lab(**settings(file(service))).start(wait=2)
    service.stop()
    lab.reload(**settings(file(service).replace("every: 1,", "every: 2,")))
    lab.wait(2.5)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    lab.wait(4)
    assert lab.routes == []


def test_a_managed_route_taken_out_of_the_file_is_left_as_it_is_and_said(make_lab, service, caplog) -> None:
    more = file(service) + f"      - {{cidr: {Q}, healthcheck: web}}\n"
    lab = make_lab(**settings(more)).start(wait=2)
    lab.reload(**settings(file(service)))
    lab.wait(3)
    assert len(lab.routes) == 2
    assert "route left as it is: no rule matches it any more" in caplog.text


def test_a_route_without_a_check_is_always_wanted(make_lab, service) -> None:
    text = file(service).replace(", healthcheck: web", "")
    lab = make_lab(**settings(text)).start(wait=1)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    lab.vpc.remove_route("rtb-1", P)
    lab.wait(70)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]


def test_a_write_that_fails_does_not_delay_the_checks(make_lab, service) -> None:
    vpc = two_hosts()
    vpc.fail_next("CreateRoute", Transient("CreateRoute", "InternalError", ""), times=50)
    lab = make_lab(vpc, **settings(file(service))).start(wait=20)
    (web, _) = lab.ask("status")["checks"]
    assert len(web["history"]) == 21


def test_the_hook_before_a_write_runs_once_however_often_the_write_is_tried(
    make_lab, service, tmp_path, caplog
) -> None:
    """Programs need real time, so this hook is none: that it cannot be started is said, and stops nothing."""
    vpc = two_hosts()
    vpc.fail_next("CreateRoute", Transient("CreateRoute", "InternalError", ""), times=3)
    lab = make_lab(vpc, **settings(file(service, f", run_before_add_route: [{tmp_path}/none]"))).start(wait=0)
    lab.wait(5)
    assert len(lab.writes) == 4
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    assert caplog.text.count("hook failed before create") == 1


# What a review found


def test_a_peer_that_took_the_route_back_keeps_it_although_we_would_put_the_fallback_back(make_lab, service) -> None:
    vpc = with_gateway()
    lab = make_lab(vpc, settle_time=20.0, **settings(file(service, ", fallback: nat-0123456789abcdef0"))).start(wait=2)
    vpc.put_route("rtb-1", P, PEER)
    service.stop()
    lab.wait(8)
    assert lab.routes == [f"rtb-1 {P} {PEER} active"]
    assert [call for call in lab.writes if "nat-" in call] == []


def test_max_changes_does_not_hold_back_fallbacks(make_lab, service) -> None:
    vpc = two_hosts(tables=3)
    vpc.add_gateway("nat-0123456789abcdef0")
    for number in (1, 2, 3):
        vpc.put_route(f"rtb-{number}", P, OURS)
    lab = make_lab(vpc, max_changes=1, **settings(file(service, ", fallback: nat-0123456789abcdef0"))).start(wait=2)
    service.stop()
    lab.wait(5)
    assert lab.routes == [f"rtb-{n} {P} nat-0123456789abcdef0 active" for n in (1, 2, 3)]


def test_a_check_does_not_speak_for_the_scripts_of_another_table(make_lab, service) -> None:
    """The script has not said yet what it will: its leftover stays, whatever a check says of the same prefix."""
    vpc = MemoryVpc()
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_table("rtb-2", tags={"type": "other"})
    vpc.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    vpc.put_route("rtb-2", P, OURS)
    other = f"  other: {{find: {{type: by_tag, config: {{key: type, value: other}}}}, accept: [{P}]}}"
    lab = make_lab(vpc, restart_time=30.0, **settings(file(service, rule=other))).start(wait=10)
    assert lab.routes == [f"rtb-1 {P} {OURS} active", f"rtb-2 {P} {OURS} active"]


def test_what_is_managed_behind_a_rule_that_accepts_it_is_said(make_lab, service, caplog) -> None:
    text = file(service).replace("routetables:", f"routetables:\n  first: {{find: {{type: by_tag, config: {{key: type, "
                                 f"value: private}}}}, accept: [{P}]}}")  # fmt: skip
    make_lab(**settings(text)).start(wait=3)
    assert caplog.text.count("manage_routes entry shadowed by an earlier rule") == 1


def test_what_only_one_rule_needs_and_ec2_denies_stops_no_other_rule(make_lab, service, caplog) -> None:
    vpc = two_hosts()
    vpc.fail_next("DescribeSubnets", Denied("DescribeSubnets", "UnauthorizedOperation", ""), times=1000)
    vpc.fail_next(
        "DescribeNetworkInterfaces i-9", Denied("DescribeNetworkInterfaces", "UnauthorizedOperation", ""), times=9
    )
    more = "  here: {find: {type: by_az, config: SELF}, manage_routes: [{cidr: 192.0.2.99}]}\n"
    more += (
        "  there: {find: {type: main}, manage_routes: [{cidr: 192.0.2.98, instance: i-90123456}], no_results_ok: true}"
    )
    lab = make_lab(vpc, **settings(file(service, rule=more))).start(wait=3)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    assert "DescribeSubnets: UnauthorizedOperation" in caplog.text


def test_a_check_under_another_name_withdraws_nothing_from_the_datacenter(make_lab, service) -> None:
    lab = make_lab(**settings(file(service))).start(helper=True, wait=2)
    lab.reload(**settings(file(service).replace("web", "www")))
    lab.wait(5)
    assert not [line for line in lab.to_exabgp if line.startswith("withdraw")]
    assert [row["name"] for row in lab.ask("status")["sources"] if row["kind"] == "check"] == ["check www"]
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    service.stop()
    lab.wait(5)
    assert lab.to_exabgp[-1] == f"withdraw route {P} next-hop self"


class SlowService:
    """A service that takes some seconds for each reload, as the one that runs ExaBGP does when it restarts it."""

    async def configure(self, _: Config) -> None:
        await asyncio.sleep(3)

    async def stop(self) -> None:
        pass


def test_a_check_under_another_name_keeps_its_route_while_another_service_takes_long(make_lab, service) -> None:
    lab = make_lab(**settings(file(service))).start(wait=2)
    lab.daemon.parts.outer_services += (SlowService(),)
    lab.reload(**settings(file(service).replace("web", "www")))
    lab.wait(20)
    assert lab.writes == []
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]


def test_no_route_is_pointed_at_a_host_that_is_about_to_stop(make_lab, service) -> None:
    vpc = two_hosts()
    vpc.fail_next("CreateRoute", Transient("CreateRoute", "InternalError", ""), times=4)
    lab = make_lab(vpc, **settings(file(service))).start(wait=1.5)
    assert lab.stop() == 0
    lab.wait(30)
    assert lab.routes == []


def test_a_black_hole_that_nobody_serves_is_put_to_the_fallback(make_lab, service) -> None:
    vpc = owned_by_peer()
    vpc.add_gateway("nat-0123456789abcdef0")
    vpc.terminate("i-2")
    service.stop()
    lab = make_lab(vpc, **settings(file(service, ", fallback: nat-0123456789abcdef0"))).start(wait=1)
    assert lab.writes == []  # no verdict yet
    lab.wait(4)
    assert lab.routes == [f"rtb-1 {P} nat-0123456789abcdef0 active"]


def test_an_owner_that_ec2_does_not_show_at_first_is_checked_when_it_does(make_lab, service, remote) -> None:
    vpc = owned_by_peer()
    vpc.remove_interface(PEER)
    vpc.set_health("i-2", InstanceHealth.OK)
    service.stop()  # we want nothing yet
    lab = make_lab(vpc, **settings(file(service, ", remote_healthcheck: alive", remote))).start(wait=3)
    vpc.add_interface(PEER, "i-2", addresses=["127.0.0.2"])
    lab.wait(20)
    assert remote.visits() > 1


def test_a_route_of_ours_in_a_table_that_no_rule_finds_any_more_is_said(make_lab, service, caplog) -> None:
    text = file(service).replace("{type: by_tag, config: {key: type, value: private}}",
                                 f"{{type: has_route_to, not: true, config: {{cidr: {P}}}}}")  # fmt: skip
    lab = make_lab(poll_time=5.0, **settings(text)).start(wait=20)
    assert lab.routes == [f"rtb-1 {P} {OURS} active"]
    assert caplog.text.count("route left as it is: no rule matches it any more") == 1


def test_a_bad_verdict_soon_after_the_start_waits_for_no_script(make_lab, service) -> None:
    text = file(service, rule="    accept: [192.0.2.0/24 le 32]")
    lab = make_lab(restart_time=60.0, **settings(text)).start(wait=2)
    service.stop()
    lab.wait(4)
    assert lab.routes == []


def controlled(service: Service, remote: Service, control: Service) -> str:
    return f"""\
healthchecks:
  web: {{type: tcp, destination: 127.0.0.1, every: 1, config: {{port: {service.port}}}}}
  gateway: {{type: tcp, destination: 127.0.0.3, every: 1, config: {{port: {control.port}}}}}
remote_healthchecks:
  alive: {{type: tcp, every: 1, control: gateway, config: {{port: {remote.port}}}}}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    manage_routes:
      - {{cidr: {P}, healthcheck: web, if_unhealthy: true, remote_healthcheck: alive}}
"""


def test_a_failure_tells_nothing_while_the_control_fails_too(make_lab, service, remote, caplog) -> None:
    control = Service("127.0.0.3")
    try:
        lab = make_lab(owned_by_peer(), poll_time=FOREVER, **settings(controlled(service, remote, control)))
        lab.start(wait=10)
        control.stop()
        remote.stop()
        lab.wait(60)
        assert lab.writes == []
        what = "owner and control check both fail: route left as it is"
        assert caplog.messages.count(what) == 1
        remote.start()
        lab.wait(10)
        control.start()
        lab.wait(10)
        assert lab.writes == []
        remote.stop()
        lab.wait(5)
        assert lab.writes == [f"ReplaceRoute rtb-1 {P} {OURS}"]
    finally:
        control.stop()


def test_a_failure_counts_as_soon_as_the_control_passes_again(make_lab, service, remote) -> None:
    control = Service("127.0.0.3")
    try:
        control.stop()
        lab = make_lab(owned_by_peer(), poll_time=FOREVER, **settings(controlled(service, remote, control)))
        lab.start(wait=10)
        remote.stop()
        lab.wait(20)
        assert lab.writes == []
        control.start()
        lab.wait(4)
        assert lab.writes == [f"ReplaceRoute rtb-1 {P} {OURS}"]
    finally:
        control.stop()
