"""One check for hours, on virtual time."""

import asyncio
import logging
from contextlib import closing

import pytest
from health_kit import LOCAL, a_check
from watch import START, Service, Watch, lines

from bgp2vpc.health.model import Check, Http, Ping, ProbeResult, Tcp, Tls
from bgp2vpc.health.probe import probe_within
from bgp2vpc.health.results import CheckStatus, Sample
from tests.virtual_time import VirtualTimeLoop


def test_probes_come_at_a_steady_pace_after_the_delay():
    service = Service(takes=0.3)
    Watch(service, delay=0.25).run(5)
    assert service.probed == [0.25, 1.25, 2.25, 3.25, 4.25]


def test_in_an_hour_no_probe_is_lost():
    service = Service(takes=0.7)
    Watch(service, a_check(Ping(), every=1.1)).run(3600)
    assert len(service.probed) == 3273
    assert service.probed[-1] == 3599.2


def test_a_slow_probe_skips_beats_and_is_never_overtaken():
    service = Service(takes=2.8)
    Watch(service).run(10)
    assert (service.probed, service.most) == ([0, 3, 6, 9], 1)


def test_a_probe_that_always_runs_into_its_deadline_costs_no_beat():
    service = Service(takes=60)
    status = Watch(service, a_check(Ping(), every=1, timeout=1)).run(4.5)
    assert service.probed == [0, 1, 2, 3, 4]
    assert status.last_result == ProbeResult(False, "timed out after 1 s while thinking")
    assert status.latency == pytest.approx(1)


@pytest.mark.parametrize(
    ("asked_at", "probed"),
    [
        (1.4, [0, 1, 1.4, 2, 3]),  # between two beats: the beat stays
        (1.1, [0, 1, 1.3, 2, 3]),  # while one is under way: once more behind it
        (0.9, [0, 0.9, 2, 3]),  # still under way at the beat: it counts for that one
    ],
)
def test_a_probe_that_is_asked_for_comes_at_once_and_moves_no_beat(asked_at: float, probed: list[float]):
    service = Service(takes=0.3)
    watch = Watch(service)
    watch.loop.call_at(START + asked_at, lambda: [watch.runner.probe_now() for _ in range(3)])
    status = watch.run(3.9)
    assert (service.probed, service.most, status.probes) == (probed, 1, len(probed))


def test_nothing_is_said_before_the_first_verdict_and_then_only_changes():
    watch = Watch(Service("++" + "+" * 8 + "..." + "." * 7 + "++"))
    watch.run(30)
    assert watch.verdicts == [(1, True, ""), (12, False, "no good"), (21, True, "")]


def test_a_service_that_is_down_from_the_start_is_told_too():
    watch = Watch(Service("...."), a_check(Ping(), fall=3, every=2))
    assert watch.run(7).healthy is False
    assert watch.verdicts == [(4, False, "no good")]


def test_flapping_below_rise_and_fall_is_not_told():
    watch = Watch(Service("++" + "..+" * 20))
    watch.run(60)
    assert watch.verdicts == [(1, True, "")]


def test_each_change_is_one_line_at_info(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "bgp2vpc")
    Watch(Service("+++...."), a_check(Ping(), name="dns")).run(6.5)
    assert lines(caplog) == [
        "check healthy check=dns type=ping destination=127.0.0.1 after=2",
        "check unhealthy check=dns type=ping destination=127.0.0.1 reason=no good after=3",
    ]


def test_each_probe_is_a_line_at_debug(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, "bgp2vpc")
    Watch(Service("+.", takes=0.25)).run(1.5)
    assert lines(caplog, logging.DEBUG) == [
        "probe succeeded check=web type=ping destination=127.0.0.1 seconds=0.25",
        "probe failed check=web type=ping destination=127.0.0.1 reason=no good seconds=0.25",
    ]


def test_a_probe_that_raises_tells_nothing_and_is_reported_once(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "bgp2vpc")
    watch = Watch(Service("++!!!!++"))
    watch.run(7.5)
    assert watch.verdicts == [(1, True, "")]
    errors = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [error.getMessage() for error in errors] == ["probe failed by an internal error, please report it: web"]
    assert errors[0].exc_info is not None
    assert isinstance(errors[0].exc_info[1], RuntimeError)


def test_what_is_unknown_counts_neither_for_nor_against():
    watch = Watch(Service("++.??.?.++?+?+++"))  # fall 3, rise 2
    status = watch.run(15.5)
    assert watch.verdicts == [(1, True, ""), (7, False, "no good"), (9, True, "")]
    assert status.history[3:6] == (Sample(None, 0), Sample(None, 0), Sample(False, 0))
    assert (status.healthy, status.unknown_since) == (True, None)
    none = "no descriptors"
    assert watch.troubles == [(3, none), (4, none), (6, none), (8, ""), (10, none), (12, none), (14, "")]


def test_a_check_that_has_told_nothing_yet_has_no_verdict_and_says_since_when():
    watch = Watch(Service("?" * 100))
    status = watch.run(50)
    assert (watch.verdicts, status.healthy, status.unknown_since) == ([], None, START)


def test_silence_while_we_were_late_ourselves_is_unknown():
    """As when a script floods the event loop, or the host is frozen and thaws."""

    async def silent(_: Check) -> ProbeResult:
        await asyncio.sleep(3600)
        raise AssertionError

    def probed(stalled: float) -> ProbeResult:
        with closing(VirtualTimeLoop()) as loop:
            loop.call_later(0.2, loop.stall, stalled)
            return loop.run_until_complete(probe_within(a_check(Ping(), timeout=1.0), silent))

    assert probed(0) == probed(0.2) == ProbeResult(False, "timed out after 1 s")
    assert probed(0.5) == ProbeResult(None, "timed out after 1 s, but our event loop was late by 0.45 s")
    assert probed(60) == ProbeResult(None, "timed out after 1 s, but our event loop was late by 60 s")


def test_silence_while_each_turn_of_our_event_loop_was_slow_is_unknown():
    """No single delay is a quarter of the time-out, and yet a probe of several turns cannot end in time."""

    async def in_ten_turns(_: Check) -> ProbeResult:
        for _turn in range(10):
            await asyncio.sleep(0)
        return ProbeResult(True)

    def probed(turn: float) -> bool | None:
        with closing(VirtualTimeLoop()) as loop:

            def busy() -> None:
                loop.stall(turn)
                loop.call_soon(busy)

            loop.call_soon(busy)
            return loop.run_until_complete(
                probe_within(a_check(Tcp(443, tls=Tls()), timeout=1.0), in_ten_turns)
            ).healthy

    assert (probed(0.05), probed(0.16), probed(0.2)) == (True, None, None)


def test_a_refusal_that_came_late_because_we_stood_still_is_unknown():
    """As of a server that hangs up on a client that sends nothing for too long."""

    async def hung_up(_: Check) -> ProbeResult:
        await asyncio.sleep(0.11)
        return ProbeResult(False, "closed without an answer")

    def probed(stalled: float) -> ProbeResult:
        with closing(VirtualTimeLoop()) as loop:
            loop.call_later(0.1, loop.stall, stalled)
            return loop.run_until_complete(probe_within(a_check(Ping(), timeout=1.0), hung_up))

    assert probed(0) == probed(0.5) == ProbeResult(False, "closed without an answer")
    assert probed(60) == ProbeResult(None, "closed without an answer, but our event loop was late by 60 s")


def test_a_program_that_cannot_be_killed_in_time_is_no_lateness_of_ours():
    """As one that runs under `sudo`, or hangs in a dead NFS."""

    async def unkillable(_: Check) -> ProbeResult:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(2)
        raise AssertionError

    with closing(VirtualTimeLoop()) as loop:
        result = loop.run_until_complete(probe_within(a_check(Ping(), timeout=1.0), unkillable))
    assert result == ProbeResult(False, "timed out after 1 s")


def test_the_status_tells_the_present_and_the_last_minute():
    watch = Watch(Service("++" + "." * 100, takes=0.5), a_check(Tcp(80, tls=Tls()), name="web"))
    assert watch.runner.status == CheckStatus("web", "tcp", LOCAL, None, None, None, None, ())
    assert (watch.runner.status.last_reason, watch.runner.status.latency) == ("", None)
    status = watch.run(80)
    assert (status.healthy, watch.runner.healthy, status.since) == (False, False, START + 4.5)
    assert (status.last_result, status.last_reason, status.latency) == (ProbeResult(False, "no good"), "no good", 0.5)
    assert status.history == (Sample(False, 0.5),) * 60


def test_the_history_is_told_oldest_first():
    assert Watch(Service("+.+")).run(2.5).history == (Sample(True, 0), Sample(False, 0), Sample(True, 0))


def test_the_type_is_the_word_of_the_configuration():
    assert [a_check(probe).type for probe in (Ping(), Tcp(1), Http(80), Http(443, tls=Tls()))] == [
        "ping",
        "tcp",
        "http",
        "https",
    ]
