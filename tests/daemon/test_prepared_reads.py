"""Reads before the verdict of a check: when they spare the write one, and when they do not."""

import pytest
from checked import FOREVER, P, file, held_by_us, owned_by_peer, settings
from lab import OURS, PEER

from bgp2vpc.errors import Throttled, Transient
from bgp2vpc.reconcile.read.prepare import AFTER, begin_at, spares_a_read

LATENCY = 0.1
"""Seconds of a call; it reaches EC2 after half of them."""
LONG_AGO = 900.0
READ = "DescribeRouteTables rtb-1"
DELETE = f"DeleteRoute rtb-1 {P}"


@pytest.mark.parametrize(
    ("answered", "since", "spares"),
    [
        pytest.param(1000.1, LONG_AGO, True, id="answered-after-the-verdict"),
        pytest.param(1000.0, LONG_AGO, True, id="answered-at-the-verdict"),
        pytest.param(999.9, LONG_AGO, False, id="answered-before-it"),
        pytest.param(1000.1, 999.5, True, id="this-is-the-last-read"),
        pytest.param(1000.1, 999.6, False, id="read-or-written-since-it-was-asked-for"),
        pytest.param(float("-inf"), LONG_AGO, False, id="never-answered"),
    ],
)
def test_a_prepared_read_spares_the_write_one_only_if_it_is_as_fresh(answered: float, since: float, spares: bool):
    assert spares_a_read(asked=999.5, answered=answered, wanted=1000.0, since=since) is spares


@pytest.mark.parametrize(
    ("took", "begins"),
    [(None, 1000.0), (0.25, 1000.75 + AFTER), (1.5, 1000.0), (3.0, 1000.0)],
)
def test_a_read_begins_as_long_before_the_verdict_as_it_takes(took: float | None, begins: float):
    assert begin_at(1001.0, took, 1000.0) == pytest.approx(begins)


def until_verdict(lab, check: str = "web") -> None:
    """Let time pass to the moment of the verdict, to the hundredth of a second."""
    for _ in range(1000):
        if any(each["name"] == check and each["state"] == "unhealthy" for each in lab.ask("status")["checks"]):
            return
        lab.wait(0.01)
    raise AssertionError("no verdict")


@pytest.mark.io
def test_the_write_goes_out_at_the_verdict_if_the_read_for_it_was_made_before(make_lab, service) -> None:
    lab = make_lab(held_by_us(), poll_time=FOREVER, latency=LATENCY, **settings(file(service))).start(wait=5)
    service.stop()
    until_verdict(lab)
    lab.wait(LATENCY * 0.7)
    # One opens the connection, one is made once to learn how long they take, and one for the write.
    assert lab.calls == [READ, READ, READ, DELETE]
    assert lab.routes == []


@pytest.mark.io
def test_the_route_of_an_owner_that_fails_is_taken_at_the_verdict(make_lab, service, remote) -> None:
    route = ", if_unhealthy: true, remote_healthcheck: alive"
    text = file(service, route, remote)
    lab = make_lab(owned_by_peer(), poll_time=FOREVER, latency=LATENCY, **settings(text)).start(wait=10)
    remote.stop()
    until_verdict(lab, "alive")
    lab.wait(LATENCY * 0.7)
    assert lab.calls == [READ, READ, READ, f"ReplaceRoute rtb-1 {P} {OURS}"]


@pytest.mark.io
def test_a_route_that_somebody_took_before_the_verdict_is_not_deleted(make_lab, service) -> None:
    route = ", if_unhealthy: true"
    lab = make_lab(held_by_us(), poll_time=FOREVER, latency=LATENCY, **settings(file(service, route))).start(wait=5)
    service.stop()
    while len(lab.calls) < 2:  # the read that opens the connection has been answered when the second one arrives
        lab.vpc.put_route("rtb-1", P, PEER if lab.calls else OURS)
        lab.wait(0.01)
    until_verdict(lab)
    lab.wait(5)
    assert lab.writes == []
    assert lab.routes == [f"rtb-1 {P} {PEER} active"]


@pytest.mark.io
@pytest.mark.parametrize(
    ("error", "reads"),
    [
        pytest.param(Throttled, 2, id="nothing-is-prepared-for-a-while"),
        pytest.param(Transient, 4, id="the-next-failed-probe-prepares-again"),
    ],
)
def test_a_prepared_read_that_fails_is_not_told_and_the_write_reads_for_itself(
    make_lab, service, error: type[Transient], reads: int, caplog
) -> None:
    vpc = held_by_us()
    lab = make_lab(vpc, poll_time=FOREVER, latency=LATENCY, **settings(file(service))).start(wait=5)
    vpc.fail_next("DescribeRouteTables", error("DescribeRouteTables", "Busy", ""), times=1)
    service.stop()
    until_verdict(lab)
    lab.wait(1)
    assert lab.calls == [*([READ] * reads), DELETE]
    assert "Busy" not in caplog.text


@pytest.mark.io
def test_a_check_that_flaps_reads_no_more_than_once_a_second_and_changes_nothing(make_lab, service) -> None:
    text = file(service).replace("every: 1,", "every: 0.1,")
    lab = make_lab(held_by_us(), poll_time=FOREVER, latency=LATENCY, **settings(text)).start(wait=5)
    for _ in range(150):
        service.stop()
        lab.wait(0.2)
        service.start()
        lab.wait(0.2)
        service.visits()
    assert set(lab.calls) == {READ}
    assert len(lab.calls) <= 65


@pytest.mark.io
def test_a_check_that_decides_about_no_route_of_ours_reads_nothing(make_lab, service) -> None:
    lab = make_lab(owned_by_peer(), poll_time=FOREVER, **settings(file(service, ", if_unhealthy: true"))).start(wait=5)
    service.stop()
    lab.wait(5)
    assert lab.calls == []


@pytest.mark.io
def test_where_another_check_keeps_the_route_nothing_is_read(make_lab, service, remote) -> None:
    more = f"  second: {{type: tcp, destination: 127.0.0.2, every: 1, config: {{port: {remote.port}}}}}\n"
    text = file(service, more=more).replace("healthcheck: web", "healthcheck: [web, second], healthcheck_policy: any")
    lab = make_lab(held_by_us(), poll_time=FOREVER, **settings(text)).start(wait=5)
    service.stop()
    lab.wait(5)
    assert lab.calls == []
    remote.stop()
    lab.wait(5)
    assert lab.calls[-2:] == [READ, DELETE]
