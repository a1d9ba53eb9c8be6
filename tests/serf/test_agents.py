"""Real agents: who is gone, who votes, and what happens when there is no talking with the agent."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from serf_kit import SerfAgent, needs_serf

from bgp2vpc.config.model import Config
from bgp2vpc.prefix import IPAddress
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.read.poll_time import PollTime
from bgp2vpc.serf import client as client_module
from bgp2vpc.serf.model import Agent
from bgp2vpc.serf.vote import Accusation
from bgp2vpc.services import serf as gossip_module
from bgp2vpc.services.serf import SerfService
from bgp2vpc.tasks import GuardedTasks
from tests.addresses import HOME, NETWORK, free_port
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

A, B, C = (f"{NETWORK}.75.{number}" for number in (1, 2, 3))
OWNER = IPAddress("10.0.0.11")
ACCUSATION = ("dns", OWNER)

Make = Callable[..., SerfAgent]


class Follower:
    """What one bgp2vpc learns from its agent."""

    def __init__(self, agent: Agent) -> None:
        self.news: list[str] = []
        self.bugs = 0
        self.tasks = GuardedTasks(self._bug)
        self.agent = agent
        self.journal = Journal()
        self.poll_time = PollTime()
        self.serf = SerfService(self.journal, self.tasks.start, self, self.poll_time, has_vote=True)

    def _bug(self) -> None:
        self.bugs += 1

    def member_failed(self, address: IPAddress) -> None:
        self.news.append(f"failed {address}")

    def member_alive(self, address: IPAddress) -> None:
        self.news.append(f"alive {address}")

    @property
    def against(self) -> set[str]:
        return set(self.serf.against(ACCUSATION))

    @property
    def is_up(self) -> bool:
        status = self.serf.status()
        return status is not None and status.state == "up" and status.members > 0

    def speak(self, *accusations: Accusation) -> None:
        self.serf.accuse(frozenset(accusations))

    async def until(self, condition: Callable[[], object], what: str) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not condition():
            late = asyncio.get_running_loop().time() > deadline
            assert not late, f"waited {PATIENCE:g} s for {what}: {self.serf.status()}"
            await asyncio.sleep(0.02)


def settings(agent: SerfAgent | str, **more: float | str) -> Agent:
    host, _, port = (agent if isinstance(agent, str) else agent.rpc).rpartition(":")
    return Agent(host=host, port=int(port), **{"every": 0.2, "vote_time": 1000.0, **more})


@asynccontextmanager
async def following(agent: SerfAgent | str, **more: float | str) -> AsyncIterator[Follower]:
    follower = Follower(settings(agent, **more))
    await follower.serf.configure(Config(file="", serf=follower.agent))
    try:
        yield follower
    finally:
        await follower.serf.stop()
        await follower.tasks.cancel()
    assert not follower.bugs


def run(scenario: Callable[[], object]) -> None:
    asyncio.run(scenario())


# Members


@needs_serf
def test_a_member_that_is_killed_has_failed_and_is_alive_when_it_is_back(make_agent: Make) -> None:
    a, b, c = make_agent("a", A), make_agent("b", B), make_agent("c", C)
    for each in (a, b, c):
        each.start(a)

    async def scenario() -> None:
        async with following(a) as follower:
            await follower.until(lambda: follower.serf.status().members == 3, "all members")
            assert follower.news == []
            b.kill()
            await follower.until(lambda: follower.news, "the death of b")
            assert follower.news == [f"failed {B}"]
            b.start(a)
            await follower.until(lambda: len(follower.news) > 1, "the return of b")
            assert follower.news == [f"failed {B}", f"alive {B}"]
            c.say("leave")
            await follower.until(lambda: len(follower.news) > 2, "the leave of c")
            assert follower.news[2:] == [f"failed {C}"]

    run(scenario)


@needs_serf
def test_the_agents_stream_of_events_tells_of_members_between_two_looks(make_agent: Make) -> None:
    a, b = make_agent("a", A).start(), make_agent("b", B)

    async def scenario() -> None:
        async with following(a, every=3600.0) as listener:
            await listener.until(lambda: listener.is_up, "the agent")
            b.start(a)
            await listener.until(lambda: listener.serf.status().members == 2, "b on the stream")

    run(scenario)


@needs_serf
def test_when_our_agent_goes_nobody_is_gone_and_it_is_followed_again_when_it_is_back(
    make_agent: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    a, b, c = make_agent("a", A), make_agent("b", B), make_agent("c", C)
    for each in (a, b, c):
        each.start(a)

    async def scenario() -> None:
        async with following(a) as follower:
            await follower.until(lambda: follower.serf.status().members == 3, "all members")
            b.kill()
            await follower.until(lambda: follower.news == [f"failed {B}"], "the death of b")
            a.kill()
            await follower.until(lambda: follower.news == [f"failed {B}", f"alive {B}"], "the end of our agent")
            assert follower.serf.status().state == "down"
            a.start(c)
            await follower.until(lambda: follower.serf.status().members == 2, "the others")
            # Serf does not tell a new agent of those who failed before.
            assert follower.news[2:] == []
            c.say("leave")
            await follower.until(lambda: follower.news[2:] == [f"failed {C}"], "the leave of c")

    run(scenario)
    assert caplog.text.count("failed: the agent at") == 1
    assert "closed the connection" in caplog.text
    assert "recovered" in caplog.text


# Votes


@needs_serf
def test_a_vote_of_any_member_counts_until_it_is_taken_back_or_runs_out(
    make_agent: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    a, b, c = make_agent("a", A), make_agent("b", B), make_agent("c", C)
    for each in (a, b, c):
        each.start(a)

    async def scenario() -> None:
        async with following(a) as follower:
            await follower.until(lambda: follower.serf.status().members == 3, "all members")
            b.vote(f"withdraw dns {OWNER} from b")
            c.vote(f"withdraw dns {OWNER} from c")
            await follower.until(lambda: follower.against == {"b", "c"}, "both votes")
            b.vote(f"announce dns {OWNER} from b")
            await follower.until(lambda: follower.against == {"c"}, "b's change of mind")
        caplog.clear()
        async with following(a, vote_time=1.0) as follower:
            await follower.until(lambda: follower.serf.status().members == 3, "all members")
            c.vote(f"withdraw dns {OWNER} from c")
            await follower.until(lambda: "serf: vote" in caplog.messages, "c's vote")
            await follower.until(lambda: follower.against == set(), "c's vote to run out")

    run(scenario)


@needs_serf
def test_a_vote_ends_with_its_voter_and_what_is_no_vote_is_complained_about(
    make_agent: Make, caplog: pytest.LogCaptureFixture
) -> None:
    a, b, c = make_agent("a", A), make_agent("b", B), make_agent("c", C)
    for each in (a, b, c):
        each.start(a)

    async def scenario() -> None:
        async with following(a) as follower:
            await follower.until(lambda: follower.serf.status().members == 3, "all members")
            for voter in ("b", "c", "nobody", "a"):  # a are we, and we know that ourselves
                c.vote(f"withdraw dns {OWNER} from {voter}")
            await follower.until(lambda: follower.against == {"b", "c"}, "the votes")
            await follower.until(lambda: "vote of an unknown member" in caplog.text, "a complaint")
            b.kill()  # while there are two to agree about it
            await follower.until(lambda: follower.against == {"c"}, "b to be gone")
            c.say("leave")
            await follower.until(lambda: follower.against == set(), "c to be gone")
            a.vote("withdraw everything")
            await follower.until(lambda: "no vote" in caplog.text, "a complaint")

    run(scenario)
    assert "user event is no vote: expected: announce|withdraw CHECK ADDRESS… from VOTER" in caplog.text


@needs_serf
def test_votes_at_the_same_moment_all_arrive_and_coalesced_ones_are_complained_about(
    make_agent: Make, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = make_agent("a", A).start(), make_agent("b", B)
    b.start(a)

    async def scenario() -> None:
        async with following(a) as one, following(b) as two:
            await one.until(lambda: one.serf.status().members == 2 and two.is_up, "both")
            accusations = [("dns", IPAddress(f"10.0.1.{number}")) for number in range(1, 21)]
            two.speak(*accusations)
            await one.until(
                lambda: all(one.serf.against(accusation) == {"b"} for accusation in accusations), "20 votes"
            )
            b.say("event", "bgp2vpc", f"withdraw dns {OWNER} from b")
            await one.until(lambda: one.against == {"b"}, "the coalesced vote")

    run(scenario)
    assert "votes may be lost: send them with `serf event -coalesce=false`" in caplog.text


@needs_serf
def test_instances_tell_each_other_what_their_checks_say_and_repeat_it(make_agent: Make) -> None:
    a, b = make_agent("a", A, auth_key="secret").start(), make_agent("b", B)
    b.start(a)

    async def scenario() -> None:
        async with following(a, auth_key="secret") as one, following(b, vote_time=1.5) as two:
            await one.until(lambda: one.serf.status().members == 2 and two.is_up, "both")
            two.speak(ACCUSATION)
            await one.until(lambda: one.against == {"b"}, "b's vote")
            assert two.against == set()
            await one.until(lambda: a.votes_heard > 3, "b to repeat it")
            assert one.against == {"b"}
            two.speak()
            await one.until(lambda: one.against == set(), "b to take it back")

    run(scenario)


@needs_serf
def test_a_vote_that_is_too_long_for_serf_is_complained_about_and_ends_nothing(
    make_agent: Make, caplog: pytest.LogCaptureFixture
) -> None:
    a = make_agent("a", A).start()

    async def scenario() -> None:
        async with following(a) as follower:
            await follower.until(lambda: follower.is_up, "the agent")
            follower.speak(("x" * 600, OWNER))
            await follower.until(lambda: "our vote was not sent" in caplog.text, "a complaint")
            assert follower.is_up

    run(scenario)
    assert "limit of 512 bytes" in caplog.text


# No talking with the agent


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gossip_module, "FIRST_RETRY", 0.05)
    monkeypatch.setattr(client_module, "PATIENCE", PATIENCE)


@pytest.fixture
def impatient(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PATIENCE", 0.5)


def story_of(agent: SerfAgent | str, caplog: pytest.LogCaptureFixture, **more: str) -> str:
    """What the log says when this agent cannot be talked with, however often that is tried."""

    async def scenario() -> None:
        async with following(agent, **more) as follower:
            await follower.until(lambda: any(each.count >= 3 for each in follower.journal.errors), "three errors")
            assert not follower.is_up

    run(scenario)
    assert caplog.text.count("failed: ") == 1
    return caplog.text


@needs_serf
def test_a_wrong_key_and_none_where_one_is_needed_are_told_apart(
    make_agent: Make, caplog: pytest.LogCaptureFixture
) -> None:
    a = make_agent("a", A, auth_key="secret").start()
    refused = f"the agent at {a.rpc} refused"
    assert f"{refused} 'auth': Invalid authentication token (serf.auth_key is" in story_of(a, caplog, auth_key="wrong")
    assert "secret" not in caplog.text
    caplog.clear()
    assert f"{refused} 'stats': Authentication required (it has rpc_auth set" in story_of(a, caplog)


@needs_serf
def test_a_key_where_none_is_needed_is_refused_by_serf(make_agent: Make, caplog: pytest.LogCaptureFixture) -> None:
    a = make_agent("a", A).start()
    assert "refused 'auth': Invalid authentication token" in story_of(a, caplog, auth_key="needless")


@needs_serf
def test_an_agent_that_is_frozen_is_given_up_and_taken_up_again(
    make_agent: Make, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    a = make_agent("a", A).start()

    async def scenario() -> None:
        async with following(a) as follower:
            await follower.until(lambda: follower.is_up, "the agent")
            a.send(signal.SIGSTOP)
            await follower.until(lambda: not follower.is_up, "to give it up")
            a.send(signal.SIGCONT)
            await follower.until(lambda: follower.is_up, "to take it up again")

    run(scenario)
    assert f"the agent at {a.rpc} does not answer: nothing within 0.5 s" in caplog.text


def test_where_nobody_listens_it_is_said_once_and_tried_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    where = f"{HOME}:{free_port()}"
    assert f"no connection to {where}: " in story_of(where, caplog)


def test_something_else_that_listens_there_is_called_no_agent(caplog: pytest.LogCaptureFixture) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        await reader.read()

    async def scenario() -> None:
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with following(f"127.0.0.1:{port}") as follower:
            await follower.until(lambda: "is no Serf agent" in caplog.text, "an error")
        server.close()

    run(scenario)
    assert "SSH-2.0-OpenSSH_9.2p1" in caplog.text


def test_something_that_never_answers_is_given_up(impatient: None, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        assert f"the agent at {where} does not answer: nothing within 0.5 s" in story_of(where, caplog)
