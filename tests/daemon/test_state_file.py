"""What outlives the daemon, and its file."""

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab import OURS, PEER, A, B, Lab, announce, left_behind

from bgp2vpc.config.model import OrderTags
from bgp2vpc.operator.orders import Cause, Order, OrderKind, Orders, Phase
from bgp2vpc.operator.state_file import (
    StateError,
    StateFileError,
    StateFileInUse,
    instance_of,
    load_state,
    lock_state,
    read_state,
    read_state_text,
    state_text,
    write_state,
)
from tests.values import P1, P2, P6

ALL = Order(OrderKind.DRAIN, None, 1_700_000_000.0)
ONE = Order(OrderKind.DRAIN, P1, 1_700_000_001.0)
HOLD = Order(OrderKind.HOLD, P2, 1_700_000_002.0, "root (uid 0, pid 1)", "a new resolver", 1_800_000_000.0)


def test_holds_are_written_and_takeovers_are_not(tmp_path: Path) -> None:
    write_state(
        tmp_path / "state", state_text(Orders((ONE, HOLD, Order(OrderKind.TAKEOVER, P1, 1_700_000_003.0, "x"))))
    )
    assert load_state(tmp_path / "state", now=1_700_000_010.0) == Orders((ONE, HOLD))
    assert load_state(tmp_path / "state", now=1_800_000_000.0) == Orders((ONE,))


def test_a_file_of_the_version_before_holds_is_read() -> None:
    entry = '"prefix": "192.0.2.1/32", "state": "drained", "since": "2023-11-14T22:13:21+00:00", "by": "cli"'
    old = f'{{"version": 1, "leaving": [{{{entry}, "reason": "", "withdraws": true}}]}}'
    assert [(each.kind, each.phase) for each in read_state_text(old)] == [(OrderKind.DRAIN, Phase.DRAINED)]


def test_a_file_that_version_0_1_0_wrote_is_read_and_written_again_as_it_was() -> None:
    recorded = (Path(__file__).parent / "data" / "state-0.1.0.json").read_text()
    orders = read_state_text(recorded)
    assert [(str(each.prefix), each.cause, each.phase, each.withdraws) for each in orders.of(OrderKind.DRAIN)] == [
        ("192.0.2.53/32", Cause.CLI, Phase.DRAINING, True),
        ("2001:db8:53::53/128", Cause.CLI, Phase.DRAINED, True),
        ("None", Cause.LIFECYCLE, Phase.DRAINING, False),
    ]
    assert [str(each.prefix) for each in orders.of(OrderKind.HOLD)] == ["198.51.100.0/24", "2001:db8:53::/48"]
    assert state_text(orders) == recorded


def test_what_is_written_is_read_but_for_what_a_signal_began() -> None:
    spot = Order(OrderKind.DRAIN, None, 5.0, reason="spot", cause=Cause.LIFECYCLE, phase=Phase.DRAINED, withdraws=False)
    signal = Order(OrderKind.DRAIN, None, 6.0, cause=Cause.SIGTERM)
    assert read_state_text(state_text(Orders((ALL, signal, ONE, spot)))) == Orders((ALL, ONE, spot))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 1}',
        '{"version": 2, "leaving": []}',
        '{"version": 1, "leaving": 3}',
        '{"version": 1, "leaving": [{}]}',
        '{"version": 1, "leaving": [{"by": "x", "prefix": null, "since": "2026-01-01T00:00:00+00:00"}]}',
        str(ONE.to_leaving()),
        state_text(Orders((ONE,))).replace("/32", "/24"),
        state_text(Orders((ONE,))).replace("2023", "20x3"),
        state_text(Orders((ONE, HOLD))).replace('"hold"', '"rob"'),
        state_text(Orders((ONE, HOLD))).replace('"hold"', '"drain"'),
        '{"version": 1, "leaving": [], "steering": [{"verb": "hold"}]}',
        "[" * 100_000,
    ],
)
def test_anything_else_is_refused_and_says_what_it_is(text: str) -> None:
    with pytest.raises(StateError, match=r"no state of bgp2vpc|another bgp2vpc"):
        read_state_text(text)


@given(st.text(max_size=80) | st.from_regex(r'\{"version": 1, "leaving": .{0,40}\}', fullmatch=True))
def test_no_text_does_more_than_that(text: str) -> None:
    with suppress(StateError):
        read_state_text(text)


@pytest.mark.parametrize("umask", [0, 0o137, 0o027])
def test_the_file_is_for_user_and_group_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "state"
    before = os.umask(umask)
    try:
        write_state(path, "one\n")
        write_state(path, "two\n")
    finally:
        os.umask(before)
    assert read_state(path) == "two\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["state"]


def test_a_missing_directory_is_made_and_no_file_is_nothing(tmp_path: Path) -> None:
    assert read_state(tmp_path / "a" / "state") is None
    write_state(tmp_path / "a" / "state", "x")
    assert read_state(tmp_path / "a" / "state") == "x"


def test_what_cannot_be_written_or_read_says_which_file_and_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff")
    (tmp_path / "large").write_bytes(b"x" * 2_000_000)
    with pytest.raises(StateFileError, match=r"file/state: cannot be written: (Not a directory|File exists)"):
        write_state(tmp_path / "file" / "state", "x")
    with pytest.raises(StateFileError, match=r"cannot be written: Is a directory"):
        write_state(tmp_path, "x")
    with pytest.raises(StateFileError, match="Is a directory"):
        read_state(tmp_path)
    with pytest.raises(StateFileError, match="cannot be read: 'utf-8'"):
        read_state(tmp_path / "file")
    with pytest.raises(StateFileError, match="surely another file"):
        read_state(tmp_path / "large")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(StateFileError, match="fifo: is no regular file"):
        read_state(tmp_path / "fifo")


def test_nobody_is_lured_into_writing_elsewhere(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "state").symlink_to(victim)
    (tmp_path / f".state.{os.getpid()}").symlink_to(victim)
    write_state(tmp_path / "state", "x")
    assert victim.read_text() == "precious"
    assert read_state(tmp_path / "state") == "x"


def test_a_second_process_is_refused_and_told_of_the_first_however_often_the_file_is_replaced(tmp_path: Path) -> None:
    state = tmp_path / "a" / "state"
    lock = lock_state(state, "/etc/one.yaml")
    assert lock is not None
    said = (
        f"{state}: in use by process {os.getpid()} (bgp2vpc with /etc/one.yaml); two daemons of one host delete each "
        "other's routes, so end that one first"
    )
    for text in ("one\n", "two\n"):
        write_state(state, text)
        with pytest.raises(StateFileInUse) as raised:
            lock_state(state, "/etc/two.yaml")
        assert str(raised.value) == said
    os.close(lock)
    again = lock_state(state, "/etc/two.yaml")
    assert again is not None
    assert (state.with_name("state.lock")).read_text() == f"{os.getpid()} /etc/two.yaml\n"
    os.close(again)


def test_a_lock_whose_owner_has_not_said_yet_who_it_is_is_a_lock(tmp_path: Path) -> None:
    lock = lock_state(tmp_path / "state", "/etc/one.yaml")
    assert lock is not None
    os.ftruncate(lock, 0)
    with pytest.raises(StateFileInUse, match="in use by another process; two daemons"):
        lock_state(tmp_path / "state", "/etc/two.yaml")
    os.close(lock)


def test_other_state_files_are_others_and_no_state_file_needs_no_lock(tmp_path: Path) -> None:
    locks = [lock_state(tmp_path / name, "f") for name in ("a", "b")]
    assert None not in locks
    assert lock_state(None, "f") is None
    for each in locks:
        os.close(each or 0)


def test_what_cannot_be_locked_is_used_and_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        assert lock_state(tmp_path / "file" / "state", "f") is None
        (tmp_path / "state.lock").symlink_to(tmp_path / "victim")
        assert lock_state(tmp_path / "state", "f") is None
    assert [each.message for each in caplog.records] == ["state file not locked"] * 2
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize("umask", [0o027, 0o137])
def test_the_directory_of_the_lock_lets_the_sockets_group_pass(tmp_path: Path, umask: int) -> None:
    """Without `state_file` it is the socket's directory, and the state file is the first that is made there."""
    before = os.umask(umask)
    try:
        lock = lock_state(tmp_path / "run" / "bgp2vpc" / "bgp2vpc.sock.state", "/etc/one.yaml")
    finally:
        os.umask(before)
    assert lock is not None
    os.close(lock)
    modes = [stat.S_IMODE((tmp_path / each).stat().st_mode) for each in ("run", "run/bgp2vpc")]
    assert modes == [0o755, 0o755]


# A daemon and its file


def offering(lab: Lab) -> Lab:
    lab.start()
    lab.say(announce(A))
    lab.wait(2)
    return lab


@pytest.mark.parametrize(("order", "ends"), [("drain", "undrained"), ("hold", "released")])
def test_an_instance_made_from_an_image_of_another_has_none_of_its_orders(
    make_lab, tmp_path: Path, caplog, order: str, ends: str
) -> None:
    state = tmp_path / "state"
    first = offering(make_lab(state_file=state, drain_timeout=5.0))
    first.ask(order, A)
    first.wait(20)
    first.crash()
    assert instance_of(state.read_text()) == "i-1"
    copy = offering(make_lab(beside=first, state_file=state))
    assert copy.ask("status")["steering"] == []
    assert [each.fields["instance"] for each in caplog.records if each.message == "state file of another instance"] == [
        "i-1"
    ]
    assert f"{ends}: ordered on another instance" in caplog.messages
    if order == "drain":
        assert copy.routes == [f"rtb-1 {A} {PEER} active"]
    assert read_state_text(state.read_text()) == Orders()
    assert instance_of(state.read_text()) == "i-2"


def test_the_orders_of_an_image_end_before_anything_is_written(make_lab, tmp_path: Path) -> None:
    state = tmp_path / "state"
    write_state(state, state_text(Orders((ONE,)).withdrawn({ONE.key}), "i-image"))
    lab = make_lab(left_behind(str(P1)), state_file=state, restart_time=5.0)
    lab.start()
    assert lab.routes == [f"rtb-1 {P1} {OURS} active"], "it is not drained, and so a leftover like any other"


def test_an_image_keeps_the_drain_that_its_own_tag_asks_for(make_lab, tmp_path: Path) -> None:
    state = tmp_path / "state"
    by_tag = Order(OrderKind.DRAIN, None, 1_700_000_000.0, cause=Cause.TAG)
    write_state(state, state_text(Orders((by_tag,)), "i-image"))
    lab = make_lab(state_file=state, tags=OrderTags(drain="bgp2vpc:drain"))
    lab.metadata = {"tags/instance": "bgp2vpc:drain", "tags/instance/bgp2vpc:drain": ""}
    offering(lab)
    lab.wait(10)
    assert [each["by"] for each in lab.ask("status")["leaving"]] == ["tag"]


@pytest.mark.parametrize("owner", ["", "i-1"])
def test_a_file_of_this_instance_or_without_one_is_its_own(make_lab, tmp_path: Path, owner: str) -> None:
    state = tmp_path / "state"
    write_state(state, state_text(Orders((Order(OrderKind.HOLD, P1, 1_700_000_002.0),)), owner))
    lab = make_lab(state_file=state).start()
    assert [each["prefix"] for each in lab.ask("status")["steering"]] == [str(P1)]
    assert instance_of(state.read_text()) == "i-1"


def test_what_could_not_be_saved_is_saved_with_a_later_poll(make_lab, tmp_path: Path) -> None:
    state = tmp_path / "d" / "state"
    lab = make_lab(state_file=state).start()
    lab.ask("hold", A)
    lab.ask("hold", B)
    directory = state.parent.rename(tmp_path / "away")
    state.parent.write_text("in its way")
    assert "Not a directory" in lab.ask("hold", str(P6))["not_saved"]
    lab.ask("release", A)
    lab.wait(70)
    assert lab.ask("status")["failing"] == {"saving the state file": "StateFileError"}
    state.parent.unlink()
    directory.rename(state.parent)
    lab.wait(70)
    assert lab.ask("status")["failing"] == {}
    assert [str(each.prefix) for each in read_state_text(state.read_text())] == [B, str(P6)]


def test_a_file_that_could_not_be_read_is_no_trouble_once_it_is_replaced(make_lab, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("{")
    lab = make_lab(state_file=state).start()
    lab.wait(130)
    assert lab.ask("status")["failing"] == {"state file": "StateFileError"}
    assert state.read_text() == "{", "perhaps it can be repaired"
    lab.ask("hold", A)
    assert lab.ask("status")["failing"] == {}
