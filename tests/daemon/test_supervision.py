"""What systemd hears of a daemon, through a real NOTIFY_SOCKET, on virtual time."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import A, Lab, announce, two_hosts
from systemd_ear import SystemdEar

from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.errors import MetadataError, Throttled
from bgp2vpc.operator.status import headline
from bgp2vpc.reconcile.read.poll import Polls
from bgp2vpc.reconcile.read.poll_time import PollTime
from bgp2vpc.services.supervision import SdNotify, Supervision
from bgp2vpc.tasks import GuardedTasks
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

WATCHDOG = 30.0
READY, FED = "READY=1", "WATCHDOG=1"


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[SystemdEar]:
    with SystemdEar(tmp_path / "notify") as listening:
        yield listening


@pytest.fixture
def supervised(make_lab: Callable[..., Lab], ear: SystemdEar) -> Callable[..., Lab]:
    """Makes labs whose daemons tell the ear."""

    def make(**config) -> Lab:
        lab = make_lab(**config)
        lab.systemd = SdNotify(ear.address, WATCHDOG)
        return lab

    return make


def test_a_daemon_is_ready_after_its_first_cycle(supervised, ear: SystemdEar) -> None:
    lab = supervised().start(wait=0)
    assert ear.heard() == ["STATUS=the route tables have not been read yet", FED]
    lab.wait(1)
    assert ear.heard() == [READY, "STATUS=routes: none; cycle 1: nothing to change (0.00 s)", FED]


def test_a_daemon_that_finds_no_ec2_is_ready_all_the_same_and_says_so(supervised, ear: SystemdEar) -> None:
    def fail():
        raise MetadataError("no route to host")

    lab = supervised()
    lab.connect = fail
    lab.start(wait=1)
    heard = ear.heard()
    assert heard.count(READY) == 1
    assert "STATUS=the route tables have not been read yet; failing: connect (MetadataError)" in heard


def test_the_status_follows_the_routes(supervised, ear: SystemdEar) -> None:
    lab = supervised().start()
    ear.heard()
    lab.say(announce(A))
    lab.wait(10)
    assert "STATUS=routes: 1 keep; cycle 2: 1 created (0.10 s)" in ear.heard()


@pytest.mark.parametrize("poll_time", [1.0, 60.0, 3600.0])
def test_the_watchdog_is_fed_in_time_however_long_the_cycles_are_apart(poll_time, supervised, ear: SystemdEar) -> None:
    lab = supervised(poll_time=poll_time).start()
    ear.heard()
    for _ in range(20):
        lab.wait(WATCHDOG / 2)
        assert FED in ear.heard()


def test_the_watchdog_is_fed_while_ec2_does_not_answer(supervised, ear: SystemdEar) -> None:
    lab = supervised().start()
    lab.vpc.fail_next("DescribeRouteTables", Throttled("DescribeRouteTables", "RequestLimitExceeded", ""), times=1000)
    for _ in range(150):  # also while throttled polls are five minutes apart
        ear.heard()
        lab.wait(WATCHDOG / 2)
        assert FED in ear.heard()


def test_the_watchdog_is_fed_although_the_last_poll_was_long_ago_by_a_poll_time_that_is_shorter_now(
    supervised, ear: SystemdEar
) -> None:
    lab = supervised(poll_time=None).start()
    poll_time = lab.daemon.parts.reconciler.poll_time
    lab.do(lambda: poll_time.know("told by the test", 10_000))
    lab.wait(2 * 2500)
    lab.do(lambda: poll_time.know("told by the test", 2))
    for _ in range(20):
        ear.heard()
        lab.wait(WATCHDOG / 2)
        assert FED in ear.heard()


def test_a_daemon_that_completes_no_cycle_any_more_starves_the_watchdog(supervised, ear: SystemdEar) -> None:
    lab = supervised().start()
    lab.loop.latency = lab.daemon.parts.calls.timeout = 1e6  # EC2 never answers, and no call gives up: there is a bug
    lab.wait(2 * 60 + 120 + 60)
    ear.heard()
    lab.wait(10 * WATCHDOG)
    assert FED not in ear.heard()


def test_an_event_loop_that_is_stuck_starves_the_watchdog(ear: SystemdEar) -> None:
    async def stuck() -> None:
        tasks = GuardedTasks(lambda: None)
        told = Supervision(SdNotify(ear.address, 0.15), str, Polls(PollTime()), tasks.start)
        await told.configure(Config(file=""))
        beats = 0
        async with asyncio.timeout(PATIENCE):
            while beats < 2:
                await asyncio.sleep(0.01)
                beats += ear.heard().count(FED)
        time.sleep(0.3)  # noqa: ASYNC251  # that is the point
        assert ear.heard() == []
        await tasks.cancel()

    asyncio.run(stuck())


def test_a_reload_is_announced_and_ends(supervised, ear: SystemdEar) -> None:
    lab = supervised().start()
    ear.heard()
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    lab.reload(poll_time=30.0)
    heard = ear.heard()
    assert heard[0] == "RELOADING=1"
    name, _, at = heard[1].partition("=")
    assert name == "MONOTONIC_USEC"
    assert before <= int(at) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert heard[2] == READY


def test_a_daemon_that_ends_asks_for_the_time_it_takes(supervised, ear: SystemdEar) -> None:
    lab = supervised(vpc=two_hosts(), on_exit=OnExit.WITHDRAW).start()
    lab.say(announce(A))
    lab.wait(1)
    lab.vpc.fail_next("DeleteRoute", Throttled("DeleteRoute", "RequestLimitExceeded", ""), times=1000)
    ear.heard()
    lab.stop()
    heard = ear.heard()
    assert heard[0] == "STOPPING=1"
    assert heard.count("EXTEND_TIMEOUT_USEC=30000000") >= 1
    assert FED in heard


@pytest.mark.parametrize("address", ["@bgp2vpc-test-{pid}", "{tmp}/notify"])
def test_paths_and_abstract_sockets_are_told(address: str, tmp_path: Path) -> None:
    with SystemdEar(address.format(pid=os.getpid(), tmp=tmp_path)) as ear:
        environment = {"NOTIFY_SOCKET": ear.address, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
        notifier = SdNotify.from_environment(environment)
        assert (notifier.watchdog, environment) == (30.0, {})
        assert notifier.send("READY=1", "STATUS=well")
        assert ear.heard() == ["READY=1", "STATUS=well"]


@pytest.mark.parametrize(
    "environment",
    [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "5", "WATCHDOG_PID": "1"}],
)
def test_without_systemd_nobody_is_told(environment: dict[str, str]) -> None:
    notifier = SdNotify.from_environment(environment)
    assert (notifier.is_heard, notifier.watchdog, notifier.send("READY=1")) == (False, None, False)


def test_a_socket_that_is_gone_is_complained_about_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notifier = SdNotify(str(tmp_path / "gone"))
    assert [notifier.send("WATCHDOG=1") for _ in range(3)] == [False] * 3
    assert caplog.messages == ["sd_notify failed"]


def test_what_could_not_be_told_is_told_later(supervised, ear: SystemdEar, tmp_path: Path) -> None:
    lab = supervised().start(wait=0)
    (tmp_path / "notify").rename(tmp_path / "away")
    lab.wait(1)
    (tmp_path / "away").rename(tmp_path / "notify")
    ear.heard()
    lab.wait(10)
    assert ear.heard()[0] == READY


def test_a_headline_names_only_a_few_failures() -> None:
    failing = {f"rtb-{number}": "TableGone" for number in range(1, 6)}
    assert headline([], "cycle 3: 5 failed (0.10 s)", failing) == (
        "routes: none; cycle 3: 5 failed (0.10 s); "
        "failing: rtb-1 (TableGone), rtb-2 (TableGone), rtb-3 (TableGone), 2 more"
    )
