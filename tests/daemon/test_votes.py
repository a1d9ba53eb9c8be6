"""Votes on remote health checks, between members of a Serf cluster: the whole daemon on virtual time."""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from checked import FOREVER, P, Service, settings
from lab import OURS, PEER, A, Lab, Peering, announce, two_hosts
from serf_cluster import SerfCluster

from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import IPAddress
from bgp2vpc.reconcile import slices
from tests.memory_vpc import MemoryVpc
from tests.values import rule
from tests.virtual_time import VirtualTimeLoop

pytestmark = pytest.mark.io

OWNER = "127.0.0.3"
THEIRS = f"rtb-1 {P} eni-3 active"
TAKEN = f"rtb-1 {P} {OURS} active"
CUT_OFF = "serf: all other members failed together: our own agent is probably cut off, so they do not count"
AGAINST = f"withdraw alive {OWNER} from"


@pytest.fixture
def owner() -> Iterator[Service]:
    """What runs on the owner's address."""
    running = Service(OWNER)
    yield running
    running.stop()


def world() -> MemoryVpc:
    """Instance i-3 has the route; i-1 is ours, and i-2 another."""
    vpc = MemoryVpc()
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    vpc.add_interface(PEER, "i-2", addresses=["10.0.0.11"])
    vpc.add_interface("eni-3", "i-3", addresses=[OWNER])
    vpc.put_route("rtb-1", P, "eni-3")
    return vpc


def file(service: Service, owner: Service, votes: str) -> str:
    return f"""\
serf: {{rpc: 127.0.0.1}}
healthchecks:
  web: {{type: tcp, destination: 127.0.0.1, every: 1, config: {{port: {service.port}}}}}
remote_healthchecks:
  alive: {{type: tcp, every: 1, {votes} config: {{port: {owner.port}}}}}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    manage_routes:
      - {{cidr: {P}, healthcheck: web, if_unhealthy: true, remote_healthcheck: alive}}
"""


class Site:
    """Ours is member a of a cluster with observers b and c."""

    def __init__(self, make_lab: Callable[..., Lab], text: str, **config: object) -> None:
        self.lab = make_lab(world(), **{"poll_time": FOREVER, **settings(text), **config})
        assert isinstance(self.lab.loop, VirtualTimeLoop)
        self.cluster = SerfCluster(self.lab.loop)
        for name, address in (("b", "10.0.0.21"), ("c", "10.0.0.22"), ("owner", OWNER)):
            self.cluster.join(name, address)
        self.lab.config = self.configured(serf=self.cluster.agent("a", "10.0.0.10"))

    def configured(self, **changes: object):
        return replace(self.lab.config, **changes)

    def say(self, payload: str) -> None:
        self.lab.do(lambda: self.cluster.say(payload))

    @property
    def route(self) -> str:
        (only,) = self.lab.routes
        return only


@pytest.fixture
def site(make_lab, service, owner) -> Site:
    """Two votes are needed; all is well."""
    made = Site(make_lab, file(service, owner, "remote_votes: 2,"))
    made.lab.start(wait=5)
    assert made.route == THEIRS
    return made


def test_our_own_failing_check_is_one_vote_and_another_members_makes_two(site, owner) -> None:
    owner.stop()
    site.lab.wait(10)
    assert site.route == THEIRS
    site.say(f"{AGAINST} b")
    site.lab.wait(0.5)
    assert site.route == TAKEN
    assert site.lab.writes == [f"ReplaceRoute rtb-1 {P} {OURS}"]


def test_two_others_suffice_although_our_own_check_passes(site, caplog) -> None:
    caplog.set_level(logging.INFO)
    site.say(f"{AGAINST} b")
    site.lab.wait(0.5)
    assert site.route == THEIRS
    site.say(f"{AGAINST} c")
    site.lab.wait(0.5)
    assert site.route == TAKEN
    assert "owner marked down by quorum" in caplog.text


def test_one_member_has_one_vote_however_often_it_votes(site) -> None:
    for _ in range(5):
        site.say(f"{AGAINST} b")
        site.lab.wait()
    assert site.route == THEIRS


@pytest.mark.parametrize(
    "other",
    [f"{AGAINST} stranger", f"{AGAINST} a", f"withdraw other {OWNER} from c", "withdraw alive 127.0.0.4 from c", "hm"],
)
def test_what_does_not_count(site, other) -> None:
    site.say(f"{AGAINST} b")
    site.say(other)
    site.lab.wait(3)
    assert site.route == THEIRS


def test_a_vote_is_over_after_its_time_and_when_it_is_taken_back(site) -> None:
    site.say(f"{AGAINST} b")
    site.lab.wait(30.1)
    site.say(f"{AGAINST} c")
    site.lab.wait(1)
    site.say(f"announce alive {OWNER} from c")
    site.say(f"{AGAINST} b")
    site.lab.wait(3)
    assert site.route == THEIRS


def test_the_vote_of_a_member_that_failed_does_not_count_and_counts_again_when_it_is_back(site) -> None:
    site.say(f"{AGAINST} b")
    site.cluster.fail("b")
    site.lab.wait(1.5)
    site.say(f"{AGAINST} c")
    site.lab.wait(1)
    assert site.route == THEIRS
    site.cluster.join("b", "10.0.0.21")
    site.lab.wait(1.5)
    assert site.route == TAKEN


def test_votes_outlive_the_agent_but_not_their_time(site, owner) -> None:
    site.say(f"{AGAINST} b")
    site.lab.wait(0.5)
    site.cluster.stop("a")
    site.lab.wait(5)
    owner.stop()
    site.lab.wait(5)
    assert site.route == TAKEN


def test_with_the_agent_away_a_vote_runs_out_and_one_witness_is_not_enough(site, owner) -> None:
    site.say(f"{AGAINST} b")
    site.lab.wait(0.5)
    site.cluster.stop("a")
    site.lab.wait(40)
    owner.stop()
    site.lab.wait(60)
    assert site.route == THEIRS
    assert site.lab.ask("status")["serf"]["state"] == "down"


def test_who_becomes_the_owner_while_enough_speak_against_him_loses_the_route_again(site) -> None:
    for voter in "bc":
        site.say(f"withdraw alive 127.0.0.4 from {voter}")
    site.lab.vpc.add_interface("eni-4", "i-4", addresses=["127.0.0.4"])
    site.lab.vpc.put_route("rtb-1", P, "eni-4")
    site.lab.do(site.lab.daemon.parts.reconciler.poll_now)
    site.lab.wait(1)
    assert site.route == TAKEN


def test_we_tell_others_what_our_check_says_repeat_it_and_take_it_back(site, owner) -> None:
    owner.stop()
    site.lab.wait(32)
    times, said = zip(*site.cluster.events, strict=True)
    assert said == (f"{AGAINST} a",) * 3
    assert [later - earlier for earlier, later in pairwise(times)] == pytest.approx([10, 10], abs=1.1)
    owner.start()
    site.lab.wait(5)
    assert site.cluster.events[3][1] == f"announce alive {OWNER} from a"
    site.lab.wait(60)
    assert len(site.cluster.events) == 4


def test_a_vote_is_taken_back_when_the_route_has_moved(site, owner) -> None:
    owner.stop()
    site.lab.wait(5)
    site.say(f"{AGAINST} b")
    site.lab.wait(20)
    assert site.route == TAKEN
    assert [said for _, said in site.cluster.events] == [
        f"{AGAINST} a", f"{AGAINST} b", f"announce alive {OWNER} from a",
    ]  # fmt: skip


def test_without_remote_votes_our_own_check_alone_decides_and_others_hear_of_it(make_lab, service, owner) -> None:
    site = Site(make_lab, file(service, owner, ""))
    site.lab.start(wait=5)
    for voter in "bc":
        site.say(f"{AGAINST} {voter}")
    site.lab.wait(2)
    assert site.route == THEIRS
    owner.stop()
    site.lab.wait(4)
    assert site.route == TAKEN
    assert f"{AGAINST} a" in [said for _, said in site.cluster.events]


def test_who_only_looks_on_has_no_vote(make_lab, service, owner) -> None:
    site = Site(make_lab, file(service, owner, ""))
    site.lab.start(noop=True, wait=5)
    owner.stop()
    site.lab.wait(20)
    assert site.cluster.events == []


def test_two_instances_agree_that_an_owner_fails_when_both_say_so(make_lab, service, owner) -> None:
    elsewhere = Service(OWNER)
    text = file(service, owner, "remote_votes: 2,")
    site = Site(make_lab, text)
    other = make_lab(
        beside=site.lab, poll_time=FOREVER, **settings(file(service, elsewhere, "remote_votes: 2,")),
        serf=site.cluster.agent("d", "10.0.0.11"),
    )  # fmt: skip
    site.lab.start(wait=0)
    other.start(wait=5)
    owner.stop()
    site.lab.wait(10)
    assert site.route == THEIRS
    elsewhere.stop()
    site.lab.wait(5)
    assert site.route != THEIRS


def test_a_reload_brings_serf_takes_it_away_and_moves_nothing_by_itself(make_lab, service, owner) -> None:
    site = Site(make_lab, file(service, owner, "remote_votes: 2,"))
    agent, site.lab.config = site.lab.config.serf, site.configured(serf=None)
    site.lab.start(wait=5)
    assert site.lab.ask("status")["serf"] is None
    site.lab.reload(serf=agent)
    site.say(f"{AGAINST} b")
    site.lab.wait(2)
    assert site.lab.ask("status")["serf"] == {
        "name": "a", "state": "up", "members": 4, "down": [], "votes": [f"{AGAINST} b"],
    }  # fmt: skip
    site.lab.reload(serf=None)
    site.lab.reload(serf=agent)
    site.say(f"{AGAINST} c")
    site.lab.wait(2)
    assert site.route == THEIRS


@pytest.fixture
def witness(make_lab, owner) -> Site:
    """Nobody announces anything here."""
    text = f"""\
serf: {{rpc: 127.0.0.1}}
remote_healthchecks:
  alive: {{type: tcp, every: 1, config: {{port: {owner.port}}}}}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    accept: [192.0.2.0/24 le 32]
    remote_healthcheck: alive
"""
    return Site(make_lab, text)


def test_who_offers_nothing_is_a_witness_of_what_its_rule_accepts(witness, owner) -> None:
    witness.lab.start(wait=5)
    owner.stop()
    witness.lab.wait(5)
    assert [said for _, said in witness.cluster.events] == [f"{AGAINST} a"]
    assert witness.lab.writes == []


@pytest.mark.parametrize("many", [0, 500])
def test_a_witness_checks_no_owner_whose_route_is_gone(witness, many: int, monkeypatch) -> None:
    """In slices (more than `many` places) nothing is left that would be decided about."""
    monkeypatch.setattr(slices, "MANY", many)
    witness.lab.start(wait=5)
    assert [row["name"] for row in witness.lab.ask("status")["checks"]] != []
    witness.lab.vpc.remove_route("rtb-1", P)
    witness.lab.do(witness.lab.daemon.parts.reconciler.poll_now)
    witness.lab.wait(5)
    assert witness.lab.ask("status")["checks"] == []


# Members


def with_owner(make_lab, *observers: str) -> tuple[Lab, Lab, SerfCluster]:
    """Two hosts with BGP between them; the first one, member `one`, has the route. The second one follows Serf."""
    best = rule(takeover=Takeover.BEST_PATH)
    first = make_lab(two_hosts(), rules=(best,))
    second = make_lab(beside=first, rules=(best,))
    cluster = SerfCluster(first.loop)
    cluster.join("one", "10.0.0.10")
    for number, observer in enumerate(observers):
        cluster.join(observer, f"10.0.0.{30 + number}")
    second.config = replace(second.config, serf=cluster.agent("two", "10.0.0.11"))
    for lab in (first, second):
        lab.start(helper=True, wait=0.1)
    Peering(first, second)
    first.wait(15)
    for lab in (first, second):
        lab.say(announce(A))
        first.wait(5)
    assert first.routes == [f"rtb-1 {A} {OURS} active"]
    return first, second, cluster


def test_a_failed_member_has_lost_its_session_although_bgp_has_not_noticed(make_lab) -> None:
    first, second, cluster = with_owner(make_lab, "observer")
    first._running.cancel()  # its host hangs: the session still stands, and nothing is read any more
    cluster.fail("one")
    second.wait(2)
    assert second.routes == [f"rtb-1 {A} {PEER} active"]


def test_when_all_others_fail_together_our_own_agent_is_cut_off_and_nothing_moves(make_lab, caplog) -> None:
    first, second, cluster = with_owner(make_lab, "observer")
    cluster.fail("observer")
    second.wait(3)
    cluster.fail("one")
    second.wait(300)
    assert first.routes == [f"rtb-1 {A} {OURS} active"]
    assert second.ask("status")["serf"]["down"] == []
    assert caplog.messages.count(CUT_OFF) == 1
    cluster.join("observer", "10.0.0.30")  # the cluster is reached again, and the owner is still gone
    second.wait(29)
    assert first.routes == [f"rtb-1 {A} {OURS} active"]
    first._running.cancel()
    second.wait(5)
    assert first.routes == [f"rtb-1 {A} {PEER} active"]


def test_a_failed_member_that_is_no_neighbor_moves_nothing(site) -> None:
    site.cluster.fail("owner")
    site.lab.wait(30)
    assert site.route == THEIRS


def test_when_our_agent_goes_nobody_counts_as_failed(make_lab) -> None:
    lab = make_lab()
    cluster = SerfCluster(lab.loop)
    cluster.join("one", "10.0.0.11", "failed")
    lab.config = replace(lab.config, serf=cluster.agent("two", "10.0.0.10"))
    lab.start(wait=2)
    neighbors = lab.daemon.parts.inputs.neighbors
    assert neighbors.is_failed([IPAddress("10.0.0.11")])
    cluster.stop("two")
    lab.wait(1)
    assert not neighbors.is_failed([IPAddress("10.0.0.11")])


def test_who_has_no_agent_does_not_load_what_talks_with_it() -> None:
    code = "import sys, bgp2vpc.daemon, bgp2vpc.cli.main; print('msgpack' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
