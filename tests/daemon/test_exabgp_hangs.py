"""Our own ExaBGP hangs, with bgp2vpc and the peers well: what is concluded meanwhile, and after it is back."""

from collections.abc import Callable
from functools import partial

import pytest
from lab import OURS, PEER, A, Lab, Peering, announce, two_hosts

from bgp2vpc.exabgp_api.messages import Keepalive, Message, Opened, PeerState, StateChange
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.speaker.exabgp_watch import EXCUSED, PATIENCE, QUIET, SUBJECT
from bgp2vpc.vpc.model import InstanceHealth
from tests.values import rule

BEST = rule(takeover=Takeover.BEST_PATH)
HOLD = 3
STARTUP_HOLD = 10.0
AT_FIRST, AT_SECOND = f"rtb-1 {A} {OURS} active", f"rtb-1 {A} {PEER} active"


class Pair:
    """`first` owns the route; it is the ExaBGP of `second` that hangs. Hold time 3 s, keepalives once a second."""

    def __init__(self, make_lab: Callable[..., Lab], *, keepalives: bool = True) -> None:
        self.keepalives = keepalives
        self.first = make_lab(two_hosts(), rules=(BEST,))
        self.second = make_lab(beside=self.first, rules=(BEST,))
        for lab in (self.first, self.second):
            lab.start(helper=True, wait=0.1)
        self.peering = Peering(self.first, self.second)
        self.first.wait(15)
        self.session_begins()
        for lab in (self.first, self.second):
            lab.say(announce(A, "med 100"))
            lab.wait(5)
        assert self.first.routes == [AT_FIRST]
        self.first.forget_calls()

    def session_begins(self) -> None:
        self.alive = self.keepalives
        self.peering.up()
        self.tell(Opened(self.first.address, HOLD))
        self._keep_alive()
        self.first.wait(0.1)

    def _keep_alive(self) -> None:
        if self.alive:
            self.tell(Keepalive(self.first.address))
            self.first.loop.call_later(1.0, self._keep_alive)

    def tell(self, message: Message) -> None:
        self.second.loop.call_soon(self.second.tell, message)

    def hang(self, seconds: float) -> None:
        self.second.exabgp_hangs = True
        self.second.wait(seconds)

    def first_dies(self) -> None:
        """The host of the owner is gone, and says nothing any more."""
        self.alive = False
        self.first.go_deaf()

    def session_ends(self) -> None:
        self.alive = False
        self.tell(StateChange(self.first.address, PeerState.DOWN, "peer reset"))
        self.second.wait(0)

    @property
    def failing(self) -> dict[str, str]:
        return self.second.ask("status")["failing"]


@pytest.fixture
def pair(make_lab) -> Pair:
    return Pair(make_lab)


@pytest.mark.parametrize("seconds", [3.5, 6.0, 60.0])
@pytest.mark.parametrize("reverse", [False, True])
def test_while_it_hangs_nobody_is_lost_and_no_route_is_taken(pair: Pair, seconds: float, *, reverse: bool) -> None:
    pair.hang(seconds)
    pair.second.exabgp_goes_on(reverse=reverse)
    pair.second.wait(60)
    assert (pair.second.writes, pair.second.routes) == ([], [AT_FIRST])


def test_it_is_logged_once_is_in_the_status_and_recovers_by_itself(pair: Pair, caplog) -> None:
    pair.hang(HOLD + PATIENCE)
    assert pair.failing == {SUBJECT: "ExabgpSilent"}
    pair.second.wait(60)
    assert [each.getMessage() for each in caplog.records if each.levelname == "WARNING"] == [
        "failed: ExaBGP does not answer"
    ]
    caplog.clear()
    pair.second.exabgp_goes_on()
    assert pair.failing == {}
    assert [each.fields for each in caplog.records if each.message == "recovered"] == [
        {"subject": SUBJECT, "was": "ExabgpSilent"}
    ]


@pytest.mark.parametrize("keepalives", [True, False])
def test_it_owes_an_answer_since_it_was_asked(make_lab, *, keepalives: bool) -> None:
    pair = Pair(make_lab, keepalives=keepalives)
    watch = pair.second.daemon.parts.peers.exabgp
    pair.second.wait(10)
    assert (watch.owes_since, watch.is_hung) == (None, False)
    for _ in range(2):
        began = pair.second.now
        pair.hang(22)
        assert watch.is_hung
        assert watch.owes_since is not None
        assert began <= watch.owes_since <= began + QUIET + 0.1
        pair.second.exabgp_goes_on()
        assert (watch.owes_since, watch.is_hung) == (None, False)


def test_a_dead_owner_is_found_as_fast_as_ever_while_exabgp_runs(pair: Pair) -> None:
    pair.first_dies()
    pair.second.wait(HOLD + 0.35)
    assert pair.second.routes == [AT_SECOND]


def test_keepalives_that_are_missing_after_it_are_no_reason_either(pair: Pair) -> None:
    pair.hang(3.5)
    pair.second.exabgp_goes_on(loses=Keepalive)
    pair.second.wait(60)
    assert (pair.second.writes, pair.second.routes) == ([], [AT_FIRST])


def test_while_it_hangs_ec2_is_not_asked_more_than_otherwise(pair: Pair) -> None:
    pair.second.say(announce(A, "med 50"))
    pair.second.wait(30)
    pair.hang(30)
    pair.second.forget_calls()
    pair.second.wait(20)
    assert len(pair.second.calls) <= 4  # of a poll


def test_one_that_takes_no_lines_hangs_and_is_asked_again_once_it_does(make_lab) -> None:
    pair = Pair(make_lab, keepalives=False)
    pair.second.pipe_is_full = True
    pair.second.wait(10)
    assert pair.failing == {SUBJECT: "ExabgpSilent"}
    pair.second.pipe_is_full = False
    pair.second.wait(PATIENCE)
    assert pair.failing == {}


def test_that_we_stood_still_ourselves_is_not_its_fault(pair: Pair) -> None:
    pair.hang(QUIET + 0.5)
    assert pair.second.daemon.parts.peers.exabgp.owes_since is not None
    pair.second.loop.stall(20)
    pair.second.wait(0.1)
    assert pair.failing == {}


@pytest.mark.parametrize(
    ("seconds", "keepalives"), [(2.1, True), (3.5, True), (20.0, True), (120.0, True), (20.0, False)]
)
def test_a_session_that_ends_because_exabgp_hung_is_no_reason_to_take_the_route(
    make_lab, seconds: float, *, keepalives: bool
) -> None:
    pair = Pair(make_lab, keepalives=keepalives)
    pair.hang(seconds)
    pair.session_ends()
    pair.second.exabgp_goes_on()
    pair.second.wait(3)
    pair.session_begins()
    pair.second.wait(60)
    assert (pair.second.writes, pair.second.routes) == ([], [AT_FIRST])


@pytest.mark.parametrize("later", [0.0, 2.0])
def test_an_owner_that_died_while_exabgp_hung_is_found_within_the_hold_of_a_start(pair: Pair, later: float) -> None:
    pair.hang(2)
    pair.first_dies()
    pair.second.wait(10)
    pair.second.exabgp_goes_on()
    pair.second.wait(later)
    pair.session_ends()
    pair.second.wait(STARTUP_HOLD - 1 - later)
    assert pair.second.routes == [AT_FIRST]
    pair.second.wait(1.3)
    assert pair.second.routes == [AT_SECOND]


@pytest.mark.parametrize(("seconds", "within"), [(2.0, HOLD), (10.0, STARTUP_HOLD)])
def test_one_whose_session_lasts_longer_is_judged_by_its_own_silence(pair: Pair, seconds: float, within: float) -> None:
    pair.hang(2)
    pair.first_dies()
    pair.second.wait(seconds)
    pair.second.exabgp_goes_on()
    pair.second.wait(within - 0.5)
    assert pair.second.routes == [AT_FIRST]
    pair.second.wait(0.85)
    assert pair.second.routes == [AT_SECOND]


def test_a_pause_within_the_hold_time_excuses_only_what_follows_at_once(pair: Pair) -> None:
    pair.hang(2.1)
    pair.second.exabgp_goes_on()
    pair.second.wait(EXCUSED)
    pair.session_ends()
    pair.second.wait(0.5)
    assert pair.second.routes == [AT_SECOND]


def test_a_neighbor_that_had_no_session_delays_nothing_after_a_pause(pair: Pair) -> None:
    pair.hang(2.1)
    pair.second.exabgp_goes_on()
    pair.second.hear("neighbor 10.0.0.77 down - refused")
    pair.second.say(announce(A, "med 50"))
    pair.second.wait(0.5)
    assert pair.second.routes == [AT_SECOND]


def test_while_it_hangs_ec2_and_not_what_was_heard_last_decides_about_an_owner(pair: Pair) -> None:
    pair.second.say(announce(A, "med 50"))
    pair.second.wait(5)
    assert pair.second.routes == [AT_SECOND]
    pair.hang(QUIET + PATIENCE + 0.1)
    pair.second.vpc.put_route("rtb-1", A, OURS)  # the first one has missed us
    pair.second.do(pair.second.daemon.parts.reconciler.poll_now)
    pair.second.forget_calls()
    pair.second.wait(1)
    assert pair.second.verdicts() == [f"rtb-1 {A} yield owner-healthy"]
    pair.second.vpc.set_health("i-1", InstanceHealth.IMPAIRED)
    pair.second.do(pair.second.daemon.parts.reconciler.poll_now)
    pair.second.wait(1)
    assert pair.second.routes == [AT_SECOND]


def test_without_a_session_it_is_not_asked(make_lab) -> None:
    lab = make_lab().start(helper=True)
    lab.hear("neighbor 10.0.0.11 down - refused")
    lab.wait(60)
    assert lab.to_exabgp == []
    assert lab.daemon.parts.peers.exabgp.owes_since is None


def test_one_that_ends_takes_all_sessions_along_and_nothing_is_concluded(pair: Pair) -> None:
    peers = pair.second.daemon.parts.peers
    pair.alive = False
    pair.second.do(peers.exabgp_ended)
    pair.second.wait(120)
    assert not any(row["up"] for row in pair.second.ask("status")["neighbors"])
    pair.second.hear("neighbor 10.0.0.10 down - refused")
    pair.second.wait(4)
    pair.session_begins()
    pair.second.wait(60)
    assert (pair.second.writes, pair.second.routes) == ([], [AT_FIRST])
    assert pair.failing == {}


def test_an_owner_that_the_next_exabgp_does_not_reach_is_lost_after_the_hold_of_a_start(pair: Pair) -> None:
    pair.first_dies()
    pair.second.do(pair.second.daemon.parts.peers.exabgp_ended)
    pair.second.wait(60)
    assert pair.second.routes == [AT_FIRST]
    pair.second.hear("neighbor 10.0.0.10 down - refused")
    pair.second.wait(STARTUP_HOLD - 1)
    assert pair.second.routes == [AT_FIRST]
    pair.second.wait(1.3)
    assert pair.second.routes == [AT_SECOND]


def test_one_that_hung_and_is_ended_is_not_failing_any_more_and_the_next_one_is_asked(pair: Pair) -> None:
    pair.hang(22)
    parts = pair.second.daemon.parts
    assert parts.adj_rib_out is not None
    pair.second.do(parts.adj_rib_out.disconnected)
    pair.second.do(parts.peers.exabgp_ended)
    pair.second.do(partial(parts.adj_rib_out.connected, pair.second))
    assert pair.failing == {}
    pair.second.exabgp_goes_on(loses=object)
    pair.keepalives = False
    pair.session_begins()
    pair.hang(QUIET + PATIENCE + 0.1)
    assert pair.failing == {SUBJECT: "ExabgpSilent"}
    pair.second.exabgp_goes_on()
    pair.second.wait(20)
    assert pair.failing == {}


def test_one_that_ends_right_after_it_was_back_leaves_owners_alone_all_the_same(pair: Pair) -> None:
    pair.hang(20)
    pair.second.exabgp_goes_on()
    pair.second.wait(1)
    pair.alive = False
    pair.second.do(pair.second.daemon.parts.peers.exabgp_ended)
    pair.second.wait(60)
    assert (pair.second.writes, pair.second.routes) == ([], [AT_FIRST])


@pytest.mark.parametrize("heard_first", [True, False])
@pytest.mark.parametrize("seconds", [2.5, 20.0])
def test_sessions_that_ended_while_this_whole_host_stood_still_are_no_reason_to_take_a_route(
    pair: Pair, seconds: float, *, heard_first: bool
) -> None:
    """ExaBGP and bgp2vpc are stopped together (`docker pause`, a host that swaps), and the peers end their sessions."""
    pair.alive = False
    pair.second.wait(0.7)
    pair.second.loop.stall(seconds)
    if heard_first:
        pair.session_ends()
    else:
        pair.second.wait(0.2)
        pair.session_ends()
    pair.second.wait(3)
    pair.session_begins()
    pair.second.wait(60)
    assert (pair.second.writes, pair.second.routes) == ([], [AT_FIRST])
