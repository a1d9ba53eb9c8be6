"""Remote checks that fail because our own network does: EC2 or the control check does not answer either."""

from collections.abc import Iterator

import pytest
from checked import FOREVER, P, Service, file, owned_by_peer, settings
from lab import OURS, Lab

from bgp2vpc.errors import Ec2Error, NoAnswer, Throttled
from bgp2vpc.services.checks.ec2_silence import SHORTEST, Ec2Silence

CUT = NoAnswer("DescribeRouteTables", "ConnectTimeoutError", "")
THROTTLED = Throttled("DescribeRouteTables", "RequestLimitExceeded", "")


@pytest.mark.parametrize(
    ("calls", "ended"),
    [
        pytest.param([(1.0, 0.1, None), (2.0, 0.1, None)], None, id="all is well"),
        pytest.param([(1.0, 0.1, None), (5.0, 3.0, CUT), (5.2, 0.1, None)], 5.2, id="a time-out"),
        pytest.param([(1.0, 0.1, None), (5.0, 1.5, None)], 5.0, id="an answer that took long"),
        pytest.param([(5.0, 0.01, CUT), (5.2, 0.1, None)], None, id="a connection that was reset"),
        pytest.param([(5.0, 0.01, CUT), (5.5, 0.01, CUT), (6.5, 0.1, None)], 6.5, id="no route, for long"),
        pytest.param([(1.0, 0.1, None), (5.0, 3.0, THROTTLED), (5.2, 0.1, None)], None, id="a refusal"),
        pytest.param([(5.0, 3.0, CUT), (5.2, 0.1, THROTTLED), (7.0, 0.1, None)], 7.0, id="a refusal is no answer"),
        pytest.param([(3.0, 0.1, None), (5.0, 3.0, CUT), (5.2, 0.1, None)], None, id="another call was answered"),
        pytest.param([(2.0, 2.0, None), (5.0, 2.0, None)], 2.0, id="EC2 is slow, but as before"),
        pytest.param([(2.0, 0.1, None), (5.0, 2.0, None), (7.0, 2.0, None)], 5.0, id="EC2 has become slow"),
    ],
)
def test_when_ec2_has_answered_again(calls: list[tuple[float, float, Ec2Error | None]], ended: float | None) -> None:
    """`calls`: when each ended, after how many seconds, and its error."""
    silence = Ec2Silence()
    found = [now for now, seconds, error in calls if silence.called(seconds, error, now)]
    assert found == ([] if ended is None else [ended])
    assert silence.ended == (ended if ended is not None else float("-inf"))


def watching(make_lab, service: Service, remote: Service) -> Lab:
    text = file(service, ", if_unhealthy: true, remote_healthcheck: alive", remote)
    return make_lab(owned_by_peer(), poll_time=FOREVER, **settings(text)).start(wait=10)


TAKEN = [f"ReplaceRoute rtb-1 {P} {OURS}"]


@pytest.mark.io
def test_an_answer_that_came_late_does_not_lead_to_a_takeover_from_an_owner_that_answers_again(
    make_lab, service, remote
) -> None:
    """TCP repeats what was lost: a read that was begun while the link was cut succeeds once that is back."""
    lab = watching(make_lab, service, remote)
    remote.stop()
    lab.wait(2.0)
    lab.loop.latency = 2 * SHORTEST  # the read for the write
    lab.wait(2.0)
    remote.start()
    lab.loop.latency = 0.1
    lab.wait(30.0)
    assert lab.writes == []
    remote.stop()
    lab.wait(4.0)
    assert lab.writes == TAKEN


@pytest.mark.io
def test_where_ec2_is_slow_an_owner_that_fails_loses_its_route_all_the_same(make_lab, service, remote) -> None:
    lab = watching(make_lab, service, remote)
    lab.loop.latency = 2 * SHORTEST
    remote.stop()
    lab.wait(15.0)
    assert lab.writes == TAKEN


@pytest.mark.io
def test_a_former_owner_is_checked_on_although_the_write_that_took_its_route_was_slow(
    make_lab, service, remote
) -> None:
    lab = watching(make_lab, service, remote)
    lab.vpc.before_next("ReplaceRoute", lambda: setattr(lab.loop, "latency", 4 * SHORTEST))
    remote.stop()
    lab.wait(15.0)
    assert lab.writes == TAKEN
    assert [row["state"] for row in lab.ask("status")["checks"] if row["name"] == "alive"] == ["unhealthy"]


@pytest.fixture
def control() -> Iterator[Service]:
    """What the control check asks, at 127.0.0.3."""
    running = Service("127.0.0.3")
    yield running
    running.stop()


@pytest.mark.io
@pytest.mark.parametrize("is_well", [True, False])
def test_a_control_that_passes_again_first_tells_nothing_of_probes_before_that(
    make_lab, service, remote, control, is_well: bool
) -> None:
    """Our link is back: the control passes after 2 probes, and the check of a healthy owner only after 5."""
    text = f"""\
healthchecks:
  web: {{type: tcp, destination: 127.0.0.1, every: 1, config: {{port: {service.port}}}}}
  gateway: {{type: tcp, destination: 127.0.0.3, every: 1, rise: 2, config: {{port: {control.port}}}}}
remote_healthchecks:
  alive: {{type: tcp, every: 1, rise: 5, control: gateway, config: {{port: {remote.port}}}}}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    manage_routes:
      - {{cidr: {P}, healthcheck: web, if_unhealthy: true, remote_healthcheck: alive}}
"""
    lab = make_lab(owned_by_peer(), poll_time=FOREVER, **settings(text)).start(wait=10)
    control.stop()
    remote.stop()
    lab.wait(20.0)
    control.start()
    if is_well:
        remote.start()
    lab.wait(15.0)
    assert lab.writes == ([] if is_well else TAKEN)
