"""Tables of other accounts: each has a client and a pace of its own, and one that fails leaves the others alone."""

import asyncio
from dataclasses import replace

import pytest
from lab import OURS, PEER, Lab, announce, two_hosts, withdraw
from test_best_path import update

from bgp2vpc.config.load import parse
from bgp2vpc.config.model import Ec2Limits
from bgp2vpc.errors import Denied, Throttled
from bgp2vpc.policy.decide import Unresolved
from bgp2vpc.policy.rule import DeadRoutes, Takeover, Writes
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.reconcile.read.poll import observe
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.finders import ByAz
from bgp2vpc.vpc.model import InstanceHealth, RouteTable, Target
from bgp2vpc.vpc.snapshot import Snapshot
from bgp2vpc.web.metrics import METRICS, Seen
from bgp2vpc.web.page import Pages, Told
from tests.memory_vpc import MemoryVpc
from tests.values import rule

ROLE = "arn:aws:iam::222222222222:role/routes"
THERE = Access(ROLE, name="other")
NAME = "other (222222222222)"
REFUSED = Denied("AssumeRole", "AccessDenied", "not authorized to perform: sts:AssumeRole")
A, B = "192.0.2.1/32", "192.0.2.2/32"
ALWAYS = 10**6
# The same prefix in two VPCs, each with an instance of its own.
BOTH = parse(
    f"""
accounts: {{other: {{role_arn: "{ROLE}"}}}}
routetables:
  here:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    accept: ["192.0.2.0/24 le 32"]
    manage_routes: [{{cidr: {A}}}]
  there:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    account: other
    vpc_id: vpc-22222222
    manage_routes: [{{cidr: {A}, instance: i-77777777}}]
""",
    "lab.yaml",
)


def other_account() -> MemoryVpc:
    """A VPC with one table and the instance i-77777777."""
    vpc = MemoryVpc("vpc-22222222", "10.2.0.0/16")
    vpc.add_table("rtb-7", tags={"type": "private"})
    vpc.add_interface("eni-7", "i-77777777", addresses=["10.2.0.10"])
    return vpc


@pytest.fixture
def there() -> MemoryVpc:
    return other_account()


@pytest.fixture
def lab(make_lab, there: MemoryVpc) -> Lab:
    """With the rules of `BOTH`; not started."""
    made: Lab = make_lab(rules=BOTH.rules, checked_sources=BOTH.checked_sources)
    made.reach = {THERE: there}.__getitem__
    return made


def fails(vpc: MemoryVpc, calls: int) -> None:
    """The role is refused at this many calls: two of each poll."""
    vpc.fail_next("", REFUSED, times=calls)


def test_the_same_prefix_is_written_in_both_accounts_each_with_its_own_client(lab: Lab, there: MemoryVpc) -> None:
    lab.start()
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert str(there) == f"rtb-7 {A} eni-7 active"
    assert there.writes == [f"CreateRoute rtb-7 {A} eni-7"]
    status = lab.ask("status")
    assert [(row["route_table_id"], row["account"]) for row in status["tables"]] == [("rtb-1", ""), ("rtb-7", NAME)]
    assert status["accounts"] == [
        {
            "account": NAME, "account_id": "222222222222", "role_arn": ROLE, "region": "",
            "vpc_ids": ["vpc-22222222"], "tables": 1, "answers": True,
        }
    ]  # fmt: skip
    assert f"rtb-7 of {NAME}" in lab.ask("why", A)["lines"]


@pytest.mark.parametrize("dropped", [THERE, OWN], ids=["another account", "another VPC"])
def test_a_reload_in_the_middle_of_a_poll_may_drop_what_the_poll_reads(make_lab, there, dropped: Access) -> None:
    vpc = two_hosts()
    vpc.add_table("rtb-8", vpc_id=vpc.add_vpc("vpc-22222222", "10.2.0.0/16"))
    lab = make_lab(vpc, rules=(rule(), rule(name="there", vpc_id="vpc-22222222", access=dropped)))
    lab.reach = {THERE: there}.__getitem__
    lab.start()
    parts = lab.daemon.parts

    async def poll() -> Snapshot:
        reading = asyncio.create_task(observe(parts.calls, parts.view, parts.journal.told))
        await asyncio.sleep(0)  # its reads begin in the next turn
        parts.view.configure((rule(),), parts.view.policy)
        return await reading

    assert "rtb-1" in lab.loop.run_until_complete(poll()).tables


@pytest.mark.parametrize("rules", [(rule(),), BOTH.rules], ids=["our account", "two accounts"])
def test_what_is_looked_up_in_the_middle_of_a_poll_stays_known(make_lab, there, rules) -> None:
    lab = make_lab(rules=rules)
    lab.reach = {THERE: there}.__getitem__
    lab.start()
    parts = lab.daemon.parts
    found = lab.vpc.interfaces_by_id([PEER])

    async def poll() -> Snapshot:
        reading = asyncio.create_task(observe(parts.calls, parts.view, parts.journal.told))
        await asyncio.sleep(0.01)
        parts.view.resolved(Unresolved(found[0].addresses | {IPAddress("10.0.0.99")}), found)
        parts.view.learned_health({"i-2": InstanceHealth.OK}, lab.now)
        return await reading

    read = lab.loop.run_until_complete(poll())
    assert (read.peer_enis, read.unresolvable) == ({PEER: found[0]}, {IPAddress("10.0.0.99")})
    assert read.health == {"i-2": InstanceHealth.OK}


def test_the_page_and_the_metrics_name_an_account_that_gives_no_answer(lab: Lab, there: MemoryVpc) -> None:
    lab.start()
    fails(there, ALWAYS)
    lab.wait(66)
    (place,) = lab.ask("why", A, "rtb-7")["tables"]
    assert place["unread"]
    assert (
        "  the last poll could not read this table: its routes are those of an earlier one"
        in (lab.ask("why", A, "rtb-7")["lines"])
    )
    assert not lab.ask("why", A, "rtb-1")["tables"][0]["unread"]
    shown = lab.do(lab.daemon.parts.status_source.now)
    parts = Pages().parts(Told(shown, (), (), ()))
    assert f"<b>{NAME}</b>: 1 route table of" in parts["summary"]
    assert "gives no answer" in parts["summary"]
    assert f'<span class="id">rtb-7</span> <span class="soft">{NAME}</span>' in parts["routes"]
    (metric,) = (each for each in METRICS if each.name == "bgp2vpc_account_answers")
    seen = Seen(shown, lab.daemon.parts.meter.tally, is_ready=True)
    assert list(metric.rows(seen)) == [((NAME, "222222222222", ""), 0.0)]


def test_an_account_whose_role_is_refused_leaves_ours_alone_and_heals(lab: Lab, there: MemoryVpc, caplog) -> None:
    fails(there, 4)
    lab.start()
    lab.say(announce(B))
    lab.wait()
    assert lab.routes == [f"rtb-1 {A} {OURS} active", f"rtb-1 {B} {OURS} active"]
    status = lab.ask("status")
    assert status["failing"] == {f"route tables of {NAME}": "AccessDenied"}
    assert [row["answers"] for row in status["accounts"]] == [False]
    assert "rule matches no route table" not in caplog.text, "that is not known"

    lab.wait(200)  # the third poll
    assert str(there) == f"rtb-7 {A} eni-7 active"
    assert lab.ask("status")["failing"] == {}
    said = [each.message for each in caplog.records if "AssumeRole" in each.message or "recovered" in each.message]
    assert len(said) == 2, said


def test_what_was_known_of_an_account_that_fails_later_stays(lab: Lab, there: MemoryVpc) -> None:
    lab.start()
    fails(there, ALWAYS)
    lab.wait(130)
    verdicts = ["rtb-1 192.0.2.1/32 keep ours", "rtb-7 192.0.2.1/32 keep ours"]
    assert lab.verdicts() == verdicts
    lab.say(announce(B))
    lab.wait()
    lab.say(withdraw(B))
    lab.wait()
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert there.writes == [f"CreateRoute rtb-7 {A} eni-7"]


def test_each_account_has_its_own_pace(make_lab, there: MemoryVpc) -> None:
    lab: Lab = make_lab(rules=BOTH.rules, checked_sources=BOTH.checked_sources, ec2=Ec2Limits(burst=2, rate=0.01))
    lab.reach = {THERE: there}.__getitem__
    there.fail_next("CreateRoute", Throttled("CreateRoute", "RequestLimitExceeded", "Request limit exceeded."))
    lab.start()
    lab.say(announce(B))
    lab.wait()
    assert lab.routes == [f"rtb-1 {A} {OURS} active", f"rtb-1 {B} {OURS} active"]
    assert str(there) == ""
    lab.wait(300)
    assert str(there) == f"rtb-7 {A} eni-7 active"


def test_a_black_hole_is_no_dead_one_because_its_account_does_not_answer(make_lab) -> None:
    there = other_account()
    there.add_interface("eni-9", "i-99999999", addresses=["10.2.0.19"])
    there.put_route("rtb-7", B, "eni-9")
    there.set_health("i-99999999", InstanceHealth.GONE)
    deleting = rule(name="there", vpc_id="vpc-22222222", access=THERE, dead_routes=DeadRoutes.DELETE)
    lab: Lab = make_lab(rules=(rule(), deleting))
    lab.reach = {THERE: there}.__getitem__
    lab.start()
    fails(there, 8)
    lab.wait(600)
    assert there.writes == []
    assert str(there) == f"rtb-7 {B} eni-9 blackhole"


def test_a_drain_sees_who_takes_a_route_although_another_account_fails(lab: Lab, there: MemoryVpc, caplog) -> None:
    lab.start()
    fails(there, ALWAYS)
    lab.ask("drain", A)
    lab.wait(2)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(5)
    assert "taken over" in [each.message for each in caplog.records]
    assert "drain" in lab.ask("status")["failing"]


def test_an_interface_of_another_account_that_is_attached_here_is_ours(make_lab) -> None:
    there = other_account()
    there.add_interface("eni-8", "i-1", device_index=1, addresses=["10.2.0.18"], owner_id="222222222222")
    lab: Lab = make_lab(rules=(rule(), rule(name="there", vpc_id="vpc-22222222", access=THERE, interface=1)))
    lab.reach = {THERE: there}.__getitem__
    lab.start().say(announce())
    lab.wait()
    assert str(there) == f"rtb-7 {A} eni-8 active"
    fails(there, ALWAYS)
    lab.wait(130)
    assert lab.verdicts() == [f"rtb-1 {A} keep ours", f"rtb-7 {A} keep ours"]
    assert there.writes == [f"CreateRoute rtb-7 {A} eni-8"]


def test_without_an_interface_there_the_rule_says_so(make_lab, there: MemoryVpc) -> None:
    lab: Lab = make_lab(rules=(rule(name="there", vpc_id="vpc-22222222", access=THERE),))
    lab.reach = {THERE: there}.__getitem__
    lab.start().say(announce())
    lab.wait()
    (row,) = lab.ask("status")["routes"]
    assert (row["verdict"], row["reason"]) == ("blocked", "no-interface")
    assert row["detail"] == "this instance has no interface with device index 0 in vpc-22222222"


class Participant(MemoryVpc):
    """The VPC as we see it, with whom it is shared: our subnets' tables without tags, and none may be written.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
    """

    def route_tables(self, vpc_ids, table_ids=()) -> tuple[RouteTable, ...]:
        return tuple(replace(each, tags={}) for each in super().route_tables(vpc_ids, table_ids))

    def create_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        raise Denied("CreateRoute", "UnauthorizedOperation", "You are not authorized to perform this operation.")


class Owner(VpcApi):
    """The same VPC as its owner's role sees it: with tags, and without the instances of other accounts."""

    def __init__(self, shared: MemoryVpc) -> None:
        self._shared = shared

    def route_tables(self, vpc_ids, table_ids=()) -> tuple[RouteTable, ...]:
        tables = MemoryVpc.route_tables(self._shared, vpc_ids, table_ids)
        return tuple(
            replace(each, routes=tuple(replace(route, instance_id=None) for route in each.routes)) for each in tables
        )

    def interfaces(self, instance_id: str):
        return ()

    def instance_health(self, instance_ids):
        return dict.fromkeys(instance_ids, InstanceHealth.UNKNOWN)

    def create_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        MemoryVpc.create_route(self._shared, table_id, prefix, target)

    def replace_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        self._shared.replace_route(table_id, prefix, target)

    def delete_route(self, table_id: str, prefix: Prefix) -> None:
        self._shared.delete_route(table_id, prefix)


def test_in_a_shared_vpc_the_owners_role_finds_and_writes_the_tables(make_lab) -> None:
    shared = Participant()
    shared.add_table("rtb-1", tags={"type": "private"})
    shared.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    shared.add_interface("eni-2", "i-2", addresses=["10.0.0.11"])
    network = replace(THERE, name="network")
    lab: Lab = make_lab(shared, rules=(rule(access=network),))
    lab.reach = {network: Owner(shared)}.__getitem__
    lab.start().say(announce())
    lab.wait()
    assert str(shared) == f"rtb-1 {A} {OURS} active"
    assert lab.verdicts() == [f"rtb-1 {A} keep ours"]

    # A peer has it, whose instance EC2 does not tell: it is left alone until it is a black hole.
    shared.put_route("rtb-1", A, "eni-2")
    lab.wait(61)
    lab.forget_calls()
    lab.wait(61)
    assert shared.calls.count("DescribeRouteTables vpc-1") == 1, "it is not read with our own credentials, too"
    assert lab.verdicts() == [f"rtb-1 {A} yield owner-healthy"]
    shared.terminate("i-2")
    lab.wait(66)
    assert str(shared) == f"rtb-1 {A} {OURS} active"
    lab.say(withdraw())
    lab.wait()
    assert str(shared) == ""


def test_a_rule_that_goes_takes_the_failures_of_its_account_along(lab: Lab, there: MemoryVpc) -> None:
    fails(there, ALWAYS)
    lab.start()
    lab.reload(rules=(rule(),), checked_sources=())
    lab.wait(66)
    assert lab.ask("status")["failing"] == {}
    assert lab.ask("status")["accounts"] == []


def test_an_instance_of_ours_that_a_rule_names_is_found_in_a_shared_vpc(make_lab) -> None:
    shared = Participant()
    shared.add_table("rtb-1", tags={"type": "private"})
    shared.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    shared.add_interface("eni-2", "i-22222222", addresses=["10.0.0.11"])
    named = parse(
        f"routetables: {{shared: {{find: {{type: main, not: true}}, role_arn: '{ROLE}', "
        f"manage_routes: [{{cidr: {A}, instance: i-22222222}}]}}}}",
        "lab.yaml",
    )
    lab: Lab = make_lab(shared, rules=named.rules, checked_sources=named.checked_sources)
    lab.reach = {Access(ROLE): Owner(shared)}.__getitem__
    lab.start()
    assert str(shared) == f"rtb-1 {A} eni-2 active"


def test_subnets_of_another_account_are_read_with_its_role_and_kept_while_it_fails(make_lab) -> None:
    there = MemoryVpc("vpc-22222222", "10.2.0.0/16")
    there.add_subnet("subnet-7", "10.2.1.0/24", zone="us-east-1a")
    there.add_subnet("subnet-8", "10.2.2.0/24", zone="us-east-1b")
    there.add_table("rtb-7", subnet_ids=["subnet-7"])
    there.add_table("rtb-8", subnet_ids=["subnet-8"])
    there.add_interface("eni-8", "i-1", addresses=["10.2.1.18"], owner_id="222222222222")
    near = rule(name="there", vpc_id="vpc-22222222", access=THERE, find=ByAz("us-east-1a"))
    lab: Lab = make_lab(rules=(rule(), near))
    lab.reach = {THERE: there}.__getitem__
    lab.start().say(announce())
    lab.wait()
    assert str(there) == f"rtb-7 {A} eni-8 active"
    there.fail_next("DescribeSubnets", REFUSED, times=ALWAYS)
    lab.wait(66)
    assert lab.verdicts() == [f"rtb-1 {A} keep ours", f"rtb-7 {A} keep ours"]
    assert lab.ask("status")["failing"] == {f"subnets of {NAME}": "AccessDenied"}


NEIGHBOR = "10.2.0.10"
BRIDGE = dict(takeover=Takeover.BEST_PATH, writes=Writes.ANY)
AT_PEER, AT_NEIGHBOR = f"rtb-1 {A} {PEER} active", f"rtb-7 {A} eni-7 active"


def bridge(make_lab, there: MemoryVpc) -> Lab:
    """It writes for announcers in both VPCs, and one of each has a session with it."""
    lab: Lab = make_lab(rules=(rule(**BRIDGE), rule(name="there", vpc_id="vpc-22222222", access=THERE, **BRIDGE)))
    lab.reach = {THERE: there}.__getitem__
    lab.start(helper=True, wait=15)
    lab.hear("neighbor 10.0.0.11 up", f"neighbor {NEIGHBOR} up")
    lab.hear(*update("eor 1/1 (1, 1)"), *update("eor 1/1 (1, 1)", NEIGHBOR))
    return lab


def both_say(lab: Lab, words: str, *, next_hop: bool = True) -> None:
    for peer in ("10.0.0.11", NEIGHBOR):
        lab.hear(*update(f"{words} {A}{f' next-hop {peer}' if next_hop else ''}", peer))


def test_the_announcers_of_each_vpc_serve_its_tables(make_lab, there: MemoryVpc) -> None:
    lab = bridge(make_lab, there)
    both_say(lab, "announced")
    lab.wait(2)
    assert (lab.routes, str(there)) == ([AT_PEER], AT_NEIGHBOR)
    both_say(lab, "withdrawn", next_hop=False)
    lab.wait(15)
    assert (lab.routes, str(there)) == ([], "")


def test_announcers_that_could_not_be_looked_up_in_one_account_are_looked_up_at_the_next_poll(
    make_lab, there: MemoryVpc
) -> None:
    lab = bridge(make_lab, there)
    there.fail_next("DescribeNetworkInterfaces 10.", REFUSED)
    both_say(lab, "announced")
    lab.wait(2)
    assert (lab.routes, str(there)) == ([AT_PEER], "")
    assert lab.ask("status")["failing"] == {f"interfaces of peers of {NAME}": "AccessDenied"}
    lab.wait(66)
    assert (lab.routes, str(there)) == ([AT_PEER], AT_NEIGHBOR)
    assert lab.ask("status")["failing"] == {}
