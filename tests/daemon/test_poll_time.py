"""`poll_time: auto`, in a daemon on virtual time: what it follows, what it leaves alone, and what is told of it."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest
from lab import OURS, PEER, A, Lab, announce, rule, two_hosts

from bgp2vpc.config.model import Bgp, Tag
from bgp2vpc.errors import Throttled, Transient
from bgp2vpc.exabgp_api.messages import PeerState, StateChange
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import parse_address
from bgp2vpc.reconcile.read.poll import Polls
from bgp2vpc.reconcile.read.poll_time import LONGEST_SLOWED, PollTime
from bgp2vpc.vpc.finders import ByTag
from tests.memory_vpc import MemoryVpc
from tests.virtual_time import VirtualTimeLoop

TOLD = "told by the test"
READ = "DescribeRouteTables"
TAG = Tag("role", "anycast")


@pytest.fixture
def auto(make_lab: Callable[..., Lab]) -> Callable[..., Lab]:
    def make(*vpc: MemoryVpc, **config) -> Lab:
        return make_lab(*vpc, poll_time=None, **config)

    return make


def poll_time(lab: Lab) -> PollTime:
    return lab.daemon.parts.reconciler.poll_time


def polls(lab: Lab, seconds: float, step: float = 0.5) -> list[float]:
    """When EC2 was polled in the next seconds."""
    times, before = [], lab.daemon.parts.reconciler.polls.begun
    for _ in range(round(seconds / step)):
        lab.wait(step)
        now = lab.daemon.parts.reconciler.polls.begun
        times += [lab.loop.time()] * (now - before)
        before = now
    return times


def throttle(lab: Lab, times: int) -> None:
    lab.vpc.fail_next(READ, Throttled(READ, "RequestLimitExceeded", ""), times=times)


def know(lab: Lab, members: int) -> None:
    lab.do(lambda: poll_time(lab).know(TOLD, members))


def reason(lab: Lab) -> str:
    return lab.ask("status")["poll_time"]["reason"]


def members(count: int) -> MemoryVpc:
    """i-1, i-2 and more, all with the tag."""
    vpc = two_hosts()
    for number in range(3, count + 1):
        vpc.add_interface(f"eni-{number}", f"i-{number}", addresses=[f"10.1.{number >> 8}.{number & 255}"])
    for number in range(1, count + 1):
        vpc.tag_instance(f"i-{number}", TAG.key, TAG.value)
    return vpc


def test_a_small_fleet_polls_once_a_minute_and_not_in_step(auto) -> None:
    second = Counter()
    for seed in range(20):
        lab = auto()
        random.seed(seed)
        lab.start()
        times = polls(lab, 400)
        second[round(times[0] - 1000) // 20] += 1
        assert all(54 <= later - earlier <= 66.5 for earlier, later in pairwise(times))
        lab.stop()
    # Those that were started together are spread over the whole poll_time.
    assert set(second) >= {0, 1, 2}


def test_it_follows_the_members_that_have_the_tag(auto, caplog) -> None:
    caplog.set_level("INFO")
    lab = auto(members(1000), bgp=Bgp(asn=64512, peers_by_tag=TAG)).start(helper=True, wait=5)
    assert (poll_time(lab).seconds, reason(lab)) == (250.0, "1,000 instances with the tag of peers_by_tag")
    assert all(225 <= later - earlier <= 276 for earlier, later in pairwise(polls(lab, 2000)))
    changes = [record for record in caplog.records if record.getMessage() == "poll_time changed"]
    assert [record.fields["seconds"] for record in changes] == ["250"]
    for number in range(500, 1001):
        lab.vpc.tag_instance(f"i-{number}", TAG.key, "none")
    looks = [call for call in lab.vpc.calls if call.startswith("DescribeInstances ")]
    assert 7 <= len(looks) <= 10
    lab.wait(900)  # who is missing from one look counts as there until the next
    assert poll_time(lab).seconds == 150.0


def test_it_follows_bgp_peers_and_the_owners_of_routes(auto) -> None:
    vpc = two_hosts()
    for number in range(2, 12):
        vpc.add_table(f"rtb-{number}", tags={"type": "other"})
        for each in range(40):
            vpc.add_interface(f"eni-{number}-{each}", f"i-{number}-{each}")
            vpc.put_route(f"rtb-{number}", f"198.18.{each}.0/24", f"eni-{number}-{each}")
    lab = auto(vpc).start(wait=2)
    assert (poll_time(lab).seconds, reason(lab)) == (
        120.0, "401 instances if there are as many for each owner of a route as here",
    )  # fmt: skip
    lab.say(announce(A))
    ups = [StateChange(parse_address(f"10.0.0.{number}"), PeerState.UP) for number in range(11, 14)]
    lab.do(lambda: lab.tell(*ups))
    lab.wait(300)
    # Four of us, and one owner: the other 400 owners are of groups of four.
    assert poll_time(lab).seconds == 500.0
    assert reason(lab).startswith("1,604 instances if")


def test_more_tables_than_fit_on_a_page_are_more_reads(auto) -> None:
    lab = auto(two_hosts(tables=101)).start(wait=2)
    know(lab, 1000)
    assert (poll_time(lab).seconds, reason(lab)) == (500.0, f"1,000 instances {TOLD}; 2 calls of one kind for a poll")


def test_each_table_of_a_transit_gateway_is_a_read(auto) -> None:
    vpc = two_hosts()
    vpc.add_attachment("tgw-attach-1")
    for each in ("tgw-rtb-1", "tgw-rtb-2"):
        vpc.add_transit_table(each, tags={"type": "anycast"})
    lab = auto(vpc, rules=(rule(find_transit=ByTag("type", "anycast")),)).start(wait=2)
    know(lab, 1000)
    assert (poll_time(lab).seconds, reason(lab)) == (500.0, f"1,000 instances {TOLD}; 2 calls of one kind for a poll")
    lab.wait(1200)
    lab.vpc.fail_next("SearchTransitGatewayRoutes", Throttled("x", "RequestLimitExceeded", ""))
    lab.wait(600)
    assert "since EC2 throttled" in reason(lab)


def test_a_configured_time_is_left_alone(make_lab) -> None:
    lab = make_lab(poll_time=30.0).start()
    know(lab, 10_000)
    throttle(lab, 1)
    assert all(27 <= later - earlier <= 33.5 for earlier, later in pairwise(polls(lab, 600)[2:]))
    assert lab.ask("status")["poll_time"] == {"seconds": 30.0, "auto": False, "members": None, "reason": ""}


def test_a_throttled_read_makes_it_longer_for_a_while(auto, caplog) -> None:
    caplog.set_level("INFO")
    lab = auto().start()
    lab.wait(130)
    throttle(lab, 1)
    lab.wait(66)
    slowed = "no other instance is known; 2.0 times as long since EC2 throttled"
    assert (poll_time(lab).seconds, reason(lab)) == (120.0, slowed)
    lab.wait(3000)
    assert poll_time(lab).seconds == 60.0
    changes = [record.fields["seconds"] for record in caplog.records if record.getMessage() == "poll_time changed"]
    assert changes == ["120", "100", "80", "60"]


def test_a_throttled_read_between_polls_counts_and_one_before_the_first_does_not(auto) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    lab = auto(vpc, rules=(rule(takeover=Takeover.ALWAYS),))
    throttle(lab, 3)
    lab.start(wait=130)
    assert lab.daemon.parts.reconciler.first_observation.is_set()
    assert poll_time(lab).seconds == 60.0
    lab.vpc.fail_next(f"{READ} rtb-1", Throttled(READ, "RequestLimitExceeded", ""))
    lab.say(announce(A))
    lab.wait(70)
    assert poll_time(lab).seconds == 120.0


def test_the_second_poll_counts_already(auto) -> None:
    lab = auto().start()
    throttle(lab, 1)
    lab.wait(66)
    assert poll_time(lab).seconds == 120.0


def test_after_a_reload_hosts_are_not_in_step(auto) -> None:
    lab = auto().start()
    know(lab, 10_000)
    lab.wait(6000)
    lab.reload()
    at, due = lab.now, lab.daemon.parts.reconciler.polls.due
    assert 0 < due - at < 2250


def test_it_does_not_become_longer_without_end(auto) -> None:
    lab = auto().start(wait=130)
    throttle(lab, 1000)
    lab.wait(40_000)
    assert poll_time(lab).seconds == LONGEST_SLOWED


def test_after_an_outage_hosts_are_not_in_step(auto) -> None:
    lab = auto().start()
    know(lab, 10_000)
    lab.vpc.fail_next(READ, Transient(READ, "Unavailable", ""), times=30)
    times = polls(lab, 20_000)
    retries, after = times[:30], times[30:]
    assert max(later - earlier for earlier, later in pairwise(retries)) < 1.5 * 300 + 1
    assert after[0] - retries[-1] < 1.5 * 300 + 1
    assert after[1] - after[0] < 2250  # a random part of the poll_time
    assert 2250 <= after[2] - after[1] <= 2751


def test_a_wait_becomes_shorter_and_longer_with_it(auto) -> None:
    lab = auto().start()
    lab.wait(130)
    know(lab, 10_000)
    began = lab.loop.time()
    due = lab.daemon.parts.reconciler.polls.due
    assert 0 < due - began <= 2751
    lab.wait(1)
    know(lab, 2)
    assert 0 < lab.daemon.parts.reconciler.polls.due - lab.loop.time() <= 66


def test_what_is_late_is_judged_by_the_time_that_held_at_the_last_read(auto) -> None:
    lab = auto().start()
    know(lab, 10_000)
    source = lab.daemon.parts.status_source
    for _ in range(30):
        lab.wait(100)
        assert lab.do(source.unready) == []
    know(lab, 2)
    for _ in range(30):
        assert lab.do(source.unready) == []
        lab.wait(10)
    lab.vpc.fail_next(READ, Transient(READ, "Unavailable", ""), times=1000)
    lab.wait(2 * 66 + 80)
    assert lab.do(source.unready) != []


def test_what_does_not_depend_on_polls_is_not_later_in_a_large_fleet(auto) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    lab = auto(vpc, rules=(rule(takeover=Takeover.ALWAYS),)).start()
    know(lab, 10_000)
    lab.wait(3000)
    # A read for a takeover that fails is tried again within a minute.
    lab.vpc.fail_next(f"{READ} rtb-1", Transient(READ, "Unavailable", ""), times=12)
    lab.say(announce(A))
    lab.wait(500)
    assert str(lab.vpc) == f"rtb-1 {A} {OURS} active"


def test_it_is_told(auto) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    lab = auto(vpc).start()
    know(lab, 1000)
    lab.say(announce(A))
    lab.wait(5)
    told = f"every 250 s (auto: 1,000 instances {TOLD})"
    assert lab.ask("status")["poll_time"] == {
        "seconds": 250.0, "auto": True, "members": 1000, "reason": f"1,000 instances {TOLD}",
    }  # fmt: skip
    (next_line,) = [line for line in lab.ask("why", A)["lines"] if "next:" in line]
    assert next_line.endswith(f"; EC2 is polled {told}")


@pytest.mark.parametrize(("size", "seconds"), [(100, 5), (1000, 90)])
def test_a_cold_start_takes_about_as_long_as_the_bucket_needs(size: int, seconds: float) -> None:
    loop, done = VirtualTimeLoop(), []
    random.seed(0)
    tokens, at = 100.0, loop.time()

    def throttled() -> bool:
        nonlocal tokens, at
        tokens, at = min(100.0, tokens + 20 * (loop.time() - at)), loop.time()
        if tokens < 1:
            return True
        tokens -= 1
        return False

    async def host() -> None:
        polls = Polls(pace := PollTime())
        pace.use(None)
        polls.begin()
        while throttled():
            polls.end(Throttled(READ, "RequestLimitExceeded", ""))
            await polls.wait(knows_something=False)
            polls.begin()
        done.append(loop.time() - 1000)

    async def fleet() -> None:
        await asyncio.gather(*(host() for _ in range(size)))

    loop.run_until_complete(fleet())
    assert len(done) == size
    assert max(done) < seconds
    loop.close()
