"""Remote checks that fail because our own network does: EC2 or the control check does not answer either."""

from collections.abc import Iterator

import pytest
from checked import FOREVER, P, Service, file, owned_by_peer, settings
from lab import OURS, PEER, A, Lab, announce
from test_best_path import update

from bgp2vpc.bgp.mesh import MeshPeer
from bgp2vpc.config.model import Bgp
from bgp2vpc.errors import Ec2Error, NoAnswer, Throttled
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import parse_address
from bgp2vpc.services.own_network import SHORTEST, Ec2Silence
from tests.values import rule

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
    found = [now for now, seconds, error in calls if silence.called(seconds, error, now) is not None]
    assert found == ([] if ended is None else [ended])


def test_a_silence_begins_with_the_first_call_that_was_not_answered() -> None:
    silence = Ec2Silence()
    silence.called(0.1, None, 1.0)
    silence.called(3.0, CUT, 5.0)
    silence.called(3.0, CUT, 8.5)
    assert silence.called(0.1, None, 9.0) == 2.0


def watching(make_lab, service: Service, remote: Service) -> Lab:
    text = file(service, ", if_unhealthy: true, remote_healthcheck: alive", remote)
    return make_lab(owned_by_peer(), poll_time=FOREVER, **settings(text)).start(wait=10)


TAKEN = [f"ReplaceRoute rtb-1 {P} {OURS}"]
TAKE = f"ReplaceRoute rtb-1 {A} {OURS}"


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


NEIGHBORS = ("10.0.0.11", "10.0.0.12")
BGP_ALONE = {"poll_time": FOREVER, "startup_hold": 10.0, "rules": (rule(takeover=Takeover.BEST_PATH),)}


def heard_by_all(lab: Lab) -> Lab:
    """The first neighbor has the route."""
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.start(helper=True, wait=0.1)
    lab.hear(*(f"neighbor {each} up" for each in NEIGHBORS))
    lab.hear(*update(f"announced {A} next-hop {NEIGHBORS[0]}"))
    lab.say(announce(A))
    lab.wait(20.0)
    assert lab.writes == []
    return lab


def cut(lab: Lab, *lost: str) -> None:
    """EC2 does not answer for some seconds, in which the sessions with these neighbors end."""
    lab.vpc.fail_next("DescribeRouteTables", CUT)
    lab.loop.latency = 3.0
    lab.hear(*(f"neighbor {each} down" for each in lost))
    lab.wait(2.0)
    lab.loop.latency = 0.1


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_session_that_ended_while_ec2_did_not_answer_is_evidence_if_another_peer_was_heard(
    make_lab, is_heard: bool
) -> None:
    lab = heard_by_all(make_lab(**BGP_ALONE))
    cut(lab, *NEIGHBORS[: 1 if is_heard else 2])
    lab.wait(3.0)
    assert lab.writes == ([TAKE] if is_heard else [])
    lab.wait(10.0)
    assert lab.writes == [TAKE]


@pytest.mark.parametrize("answers", [True, False])
def test_once_our_link_is_back_a_host_that_does_not_answer_is_lost_and_one_that_does_has_time_to_come_back(
    make_lab, answers: bool
) -> None:
    peers = tuple(MeshPeer(parse_address(each), 64512) for each in NEIGHBORS)
    lab = make_lab(**BGP_ALONE, bgp=Bgp(asn=64512, peers=peers))
    lab.answering = {peers[0].address} if answers else set()
    heard_by_all(lab)
    cut(lab, *NEIGHBORS)
    lab.wait(3.0)
    assert lab.writes == ([] if answers else [TAKE])
    lab.wait(10.0)
    assert lab.writes == [TAKE]
