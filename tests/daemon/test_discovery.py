"""A helper keeps ExaBGP's file in step with the members: written, checked by the real ExaBGP, read again by it."""

import errno
import os
import re
from pathlib import Path

import pytest
from lab import A, B, Lab, announce, two_hosts

from bgp2vpc.bgp.events import EndOfRib
from bgp2vpc.bgp.mesh import MeshPeer
from bgp2vpc.bgp.sessions import Standing
from bgp2vpc.config.model import Bgp, Tag
from bgp2vpc.errors import Denied, Throttled
from bgp2vpc.exabgp_api.messages import Direction, PeerState, StateChange, Update
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import IPAddress, parse_address, parse_prefix
from bgp2vpc.speaker import exabgp_file
from bgp2vpc.speaker.unanswered import QUESTION
from tests.memory_vpc import MemoryVpc
from tests.values import announce as announced
from tests.values import rule

pytestmark = pytest.mark.io

TAG = Tag("role", "anycast")
OTHERS = {"i-2": "10.0.0.11", "i-3": "10.0.0.12"}
POLL = 70.0
ROUTER = MeshPeer(parse_address("10.1.0.1"), 65000)


@pytest.fixture
def vpc() -> MemoryVpc:
    """Of three instances the first two have the tag."""
    made = two_hosts()
    made.add_interface("eni-3", "i-3", addresses=[OTHERS["i-3"]])
    for instance in ("i-1", "i-2"):
        made.tag_instance(instance, TAG.key, TAG.value)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "exabgp.conf"


def bgp(file: Path | None, **changes: object) -> Bgp:
    return Bgp(**{"asn": 64512, "peers": (ROUTER,), "peers_by_tag": TAG, "config_file": file} | changes)


@pytest.fixture
def lab(make_lab, vpc: MemoryVpc, file: Path) -> Lab:
    return make_lab(vpc, bgp=bgp(file)).start(helper=True, wait=5)


def neighbors(file: Path) -> list[str]:
    return re.findall(r"^neighbor (\S+)", file.read_text("utf-8"), re.MULTILINE)


def join(vpc: MemoryVpc, instance: str) -> None:
    vpc.tag_instance(instance, TAG.key, TAG.value)


def leave(vpc: MemoryVpc, instance: str) -> None:
    vpc.tag_instance(instance, TAG.key, "none")


HEADER = "Peer            AS        up/down state       |     #sent     #recvd"
RELOADED = ("reload in progress", "done", HEADER)
"""What ExaBGP says to `reload`, and to the question after it; what that ends with comes before its next answers."""


def said(lab: Lab) -> list[str]:
    """What ExaBGP was told since the last time, but for questions."""
    lines, lab.to_exabgp[:] = [line for line in lab.to_exabgp if line != QUESTION], []
    return lines


def test_the_file_follows_the_members_and_exabgp_is_told_twice(lab: Lab, vpc: MemoryVpc, file: Path) -> None:
    assert neighbors(file) == ["10.0.0.11", "10.1.0.1"]
    assert said(lab) == ["reload", "reload"]
    lab.wait(10 * POLL)
    assert said(lab) == []
    join(vpc, "i-3")
    lab.wait(POLL)
    assert neighbors(file) == ["10.0.0.11", "10.0.0.12", "10.1.0.1"]
    lab.wait(5)
    assert said(lab) == ["reload", "reload"]


def test_a_reload_that_exabgp_has_not_taken_is_sent_again_with_the_next_poll(lab: Lab, vpc: MemoryVpc) -> None:
    said(lab)
    lab.pipe_is_full = True
    join(vpc, "i-3")
    lab.wait(POLL + 5)
    lab.pipe_is_full = False
    assert said(lab) == []
    lab.wait(POLL + 5)
    assert said(lab) == ["reload", "reload"]
    lab.wait(5 * POLL)
    assert said(lab) == []


def test_a_file_that_is_right_already_is_left_alone(lab: Lab, make_lab, vpc: MemoryVpc, file: Path) -> None:
    before = file.stat().st_mtime_ns
    lab.stop()
    again = make_lab(vpc, bgp=bgp(file)).start(helper=True, wait=POLL)
    assert said(again) == []
    assert file.stat().st_mtime_ns == before


def test_one_who_is_missing_from_a_single_look_stays(lab: Lab, vpc: MemoryVpc, file: Path) -> None:
    lab.wait(POLL)
    said(lab)
    leave(vpc, "i-2")
    lab.wait(POLL)
    join(vpc, "i-2")
    lab.wait(2 * POLL)
    assert said(lab) == []
    leave(vpc, "i-2")
    lab.wait(3 * POLL)
    assert neighbors(file) == ["10.1.0.1", "127.0.0.1"]


def test_what_has_been_announced_is_said_again_to_a_new_neighbor(lab: Lab, vpc: MemoryVpc) -> None:
    lab.hear(*RELOADED, "done", *RELOADED, "done")
    lab.say(announce(A, "med 5"), f"neighbor 10.1.0.1 {announce(B)}")
    lab.hear("done", "done")
    said(lab)
    join(vpc, "i-3")
    lab.wait(POLL)
    lab.wait(5)
    assert said(lab) == ["reload", "reload"]
    lab.hear(*RELOADED)
    assert said(lab) == [announce(A, "med 5"), f"neighbor 10.1.0.1 {announce(B)}"]
    lab.hear("done", *RELOADED, "done", "done")
    assert len(said(lab)) == 2


class _Asked(set[IPAddress]):
    """Whose hosts answer; `asked` lists which were connected to."""

    def __init__(self, asked: list[IPAddress], *answering: IPAddress) -> None:
        super().__init__(answering)
        self._asked = asked

    def __contains__(self, address: object) -> bool:
        self._asked.append(address)
        return super().__contains__(address)


def test_who_is_expected_counts_as_lost_without_a_session_and_one_who_has_just_come_does_not(
    make_lab, vpc: MemoryVpc
) -> None:
    lab = make_lab(vpc, bgp=bgp(None), startup_hold=30.0).start(helper=True, wait=5)

    def standing(instance: str) -> Standing:
        known = lab.daemon.parts.inputs.neighbors
        return known.standing(parse_prefix(A), [parse_address(OTHERS[instance])])

    assert (standing("i-2"), standing("i-3")) == (Standing.LOST, Standing.UNKNOWN)
    join(vpc, "i-3")
    vpc.calls.clear()
    while not any(call.startswith("DescribeInstances ") for call in vpc.calls):
        lab.wait(1)
    assert standing("i-3") is Standing.UNKNOWN
    lab.wait(31)
    assert standing("i-3") is Standing.LOST
    leave(vpc, "i-3")
    lab.wait(3 * POLL)
    assert standing("i-3") is Standing.UNKNOWN


def test_one_who_has_just_come_has_its_time_also_while_another_one_answers_without_a_session(
    make_lab, vpc: MemoryVpc
) -> None:
    lab = make_lab(vpc, bgp=bgp(None), startup_hold=100.0)
    silent = parse_address(OTHERS["i-2"])
    lab.answering = {silent}
    lab.start(helper=True, wait=5)

    def standing() -> Standing:
        known = lab.daemon.parts.inputs.neighbors
        return known.standing(parse_prefix(A), [parse_address(OTHERS["i-3"])])

    for _ in range(4):
        join(vpc, "i-3")
        vpc.calls.clear()
        while not any(call.startswith("DescribeInstances ") for call in vpc.calls):
            lab.wait(1)
        for _ in range(97):
            assert standing() is Standing.UNKNOWN
            lab.wait(1)
        lab.wait(5)
        assert standing() is Standing.LOST
        leave(vpc, "i-3")
        lab.wait(3 * POLL)
    asked = []
    lab.answering = _Asked(asked, silent)
    lab.wait(201)
    assert asked == [silent, silent]


def test_without_startup_hold_one_that_answers_is_asked_once_a_second(make_lab, vpc: MemoryVpc) -> None:
    lab = make_lab(vpc, bgp=bgp(None), startup_hold=0.0).start(helper=True, wait=5)
    asked: list[IPAddress] = []
    lab.answering = _Asked(asked, parse_address(OTHERS["i-2"]))
    leave(vpc, "i-2")
    lab.wait(3 * POLL)
    join(vpc, "i-2")
    lab.wait(POLL)
    asked.clear()
    lab.wait(10)
    assert 9 <= len(asked) <= 11


def test_the_file_stays_as_it_is_while_the_members_are_not_known(lab: Lab, vpc: MemoryVpc, file: Path) -> None:
    said(lab)
    before = file.read_text("utf-8")
    denied = Denied("DescribeInstances", "UnauthorizedOperation", "you are not authorized")
    vpc.fail_next("DescribeInstances", denied, times=100)
    leave(vpc, "i-2")
    lab.wait(5 * POLL)
    assert file.read_text("utf-8") == before
    (error,) = lab.ask("status")["errors"]
    assert (error["subject"], error["code"]) == ("BGP neighbors", "UnauthorizedOperation")
    assert said(lab) == []


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An ExaBGP that refuses everything, and notes how often it was asked."""
    program, asked = tmp_path / "bin" / "exabgp", tmp_path / "asked"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$1" = validate ] || exit 2\necho $1 >> {asked}\necho "line 7: no"\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return asked


def test_what_exabgp_refuses_is_not_written_and_not_asked_about_again(
    make_lab, vpc: MemoryVpc, file: Path, refusing: Path
) -> None:
    file.write_text("# by hand", "utf-8")
    lab = make_lab(vpc, bgp=bgp(file)).start(helper=True, wait=5)
    lab.wait(10 * POLL)
    assert file.read_text("utf-8") == "# by hand"
    assert [path.name for path in file.parent.iterdir() if "exabgp.conf" in path.name] == ["exabgp.conf"]
    assert refusing.read_text("utf-8") == "validate\n"
    (error,) = lab.ask("status")["errors"]
    assert error["message"] == "ExaBGP does not accept the configuration:\nline 7: no"
    assert error["consequence"] == "needs an operator; an ExaBGP that runs keeps the configuration that it has"
    assert said(lab) == []
    join(vpc, "i-3")
    lab.wait(2 * POLL)
    assert refusing.read_text("utf-8") == "validate\n" * 2


def test_a_disk_that_was_full_and_a_check_that_was_killed_are_tried_again(
    lab: Lab, vpc: MemoryVpc, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(exabgp_file, "replace_file", full)
        join(vpc, "i-3")
        lab.wait(2 * POLL)
        (error,) = lab.ask("status")["errors"]
        assert error["message"] == f"{file} cannot be written: No space left on device"
    assert OTHERS["i-3"] not in neighbors(file)
    with monkeypatch.context() as patch:
        killed = tmp_path / "bin" / "exabgp"
        killed.parent.mkdir()
        killed.write_text('#!/bin/sh\n[ "$1" = validate ] || exit 2\nkill -KILL $$\n')
        killed.chmod(0o755)
        patch.setenv("PATH", str(killed.parent), prepend=":")
        lab.wait(2 * POLL)
        assert lab.ask("status")["errors"][-1]["message"] == "ExaBGP cannot be run: it was ended by SIGKILL"
    lab.wait(2 * POLL)
    assert OTHERS["i-3"] in neighbors(file)
    assert lab.daemon.parts.journal.failing == {}


def test_noop_and_a_section_without_a_file_write_nothing(make_lab, vpc: MemoryVpc, file: Path) -> None:
    first = make_lab(vpc, bgp=bgp(file)).start(helper=True, noop=True, wait=POLL)
    second = make_lab(vpc, bgp=bgp(None)).start(helper=True, wait=POLL)
    assert not file.exists()
    assert [said(lab) for lab in (first, second)] == [[], []]


def test_a_reload_of_our_own_configuration_is_followed_at_once(lab: Lab, file: Path) -> None:
    lab.wait(5)
    said(lab)
    lab.reload(bgp=bgp(file, hold_time=30))
    lab.wait(5)
    assert "hold-time 30;" in file.read_text("utf-8")
    assert said(lab) == ["reload", "reload"]


@pytest.mark.parametrize("hold_time", [3, 6])
def test_sessions_that_exabgp_ends_because_of_another_setting_are_no_reason_to_take_a_route(
    make_lab, vpc: MemoryVpc, file: Path, hold_time: int
) -> None:
    vpc.put_route("rtb-1", A, "eni-2")
    lab = make_lab(vpc, bgp=bgp(file), rules=(rule(takeover=Takeover.BEST_PATH),)).start(helper=True, wait=5)
    lab.hear(*RELOADED, "done", *RELOADED, "done")
    peer = parse_address(OTHERS["i-2"])
    path = announced(A, next_hop=str(peer), med=100)
    up = (StateChange(peer, PeerState.UP), Update(peer, Direction.RECEIVE, (path, EndOfRib("ipv4 unicast"))))
    lab.do(lambda: lab.tell(*up))
    lab.say(announce(A, "med 100"))
    lab.wait(30)
    said(lab)
    join(vpc, "i-3")
    lab.reload(bgp=bgp(file, hold_time=hold_time))
    while "reload" not in lab.to_exabgp:
        lab.wait(0.1)
    lab.do(lambda: lab.tell(StateChange(peer, PeerState.DOWN, "the TCP connection was closed")))
    lab.wait(1)
    assert lab.writes == ([f"ReplaceRoute rtb-1 {A} eni-1"] if hold_time == 3 else [])
    lab.do(lambda: lab.tell(*up))
    lab.wait(30)
    assert len(lab.writes) == (hold_time == 3)


def test_what_drains_is_said_again_as_a_last_resort(lab: Lab, file: Path) -> None:
    lab.hear(*RELOADED, "done", *RELOADED, "done")
    lab.say(announce(A, "med 5"))
    lab.ask("drain")
    lab.hear("done", "done")
    as_drained = said(lab)[-1]
    assert as_drained == announce(A, "med 500 community [ 65535:0 ]")
    lab.reload(bgp=bgp(file, hold_time=30))
    lab.wait(0.5)
    assert said(lab) == ["reload"]
    lab.hear(*RELOADED)
    assert said(lab) == [as_drained]


def test_the_first_look_is_tried_again_soon_where_ec2_throttles_it(make_lab, vpc: MemoryVpc, file: Path) -> None:
    vpc.fail_next("DescribeInstances", Throttled("DescribeInstances", "RequestLimitExceeded", ""), times=4)
    make_lab(vpc, bgp=bgp(file)).start(helper=True, wait=1.5 * (0.5 + 1 + 2 + 4) + 1)
    assert neighbors(file) == ["10.0.0.11", "10.1.0.1"]


def test_members_that_ec2_does_not_tell_are_no_failure_once_a_reload_looks_for_none(lab: Lab, vpc: MemoryVpc) -> None:
    vpc.fail_next("DescribeInstances", Denied("DescribeInstances", "UnauthorizedOperation", "no"), times=1000)
    lab.wait(POLL)
    assert lab.ask("status")["failing"] == {"BGP neighbors": "UnauthorizedOperation"}
    lab.reload(bgp=None)
    assert lab.ask("status")["failing"] == {}
