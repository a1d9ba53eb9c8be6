"""Who drains what: the pure part, and its file."""

import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.operator.leave import By, Leave, Leaves, Phase
from bgp2vpc.operator.state import State, StateError, read_state_text
from bgp2vpc.operator.state_file import StateFileError, load_state, read_state, write_state
from bgp2vpc.operator.steer import Steer, SteerError, Steers, Verb, read_prefixes
from tests.values import P1, P2, P6

ALL = Leave(By.CLI, None, 1_700_000_000.0)
ONE = Leave(By.CLI, P1, 1_700_000_001.0, "")


def test_what_is_added_twice_keeps_its_beginning() -> None:
    assert list(Leaves((ONE,)).added([Leave(By.CLI, P1, 9e8)])) == [ONE]


def test_a_last_resort_that_is_to_be_withdrawn_after_all_begins_anew() -> None:
    soft = Leave(By.LIFECYCLE, None, 1.0, "perhaps", withdraws=False)
    hard = Leave(By.LIFECYCLE, None, 2.0, "surely")
    assert list(Leaves((soft,)).added([hard])) == [hard]
    assert list(Leaves((hard,)).added([soft])) == [soft]


def test_undrain_ends_it_whoever_began_it() -> None:
    leaves = Leaves((ONE, Leave(By.LIFECYCLE, P1, 1.0), Leave(By.CLI, P2, 1.0)))
    assert [each.prefix for each in leaves.without([P1])] == [P2]
    assert not leaves.without([])
    assert leaves.without([P6]) == leaves


def test_one_prefix_cannot_stay_while_everything_leaves() -> None:
    with pytest.raises(SteerError, match=r"everything is draining, so 192.0.2.1/32 cannot stay alone"):
        Leaves((ALL, ONE)).without([P1])


def test_what_one_reason_began_ends_with_it_and_no_more() -> None:
    leaves = Leaves((ALL, Leave(By.LIFECYCLE, None, 1.0)))
    assert list(leaves.without_those_by(By.LIFECYCLE)) == [ALL]


def test_they_make_one_policy() -> None:
    policy = Leaves((ALL, ONE)).withdrawn({ONE.key}).draining(600)
    assert (P1 in policy.drained, P2 in policy.drained, P2 in policy.last_resort) == (True, False, True)
    assert policy.backup_med == 600
    assert not Leaves().draining(500)


def test_prefixes_are_read_as_everywhere() -> None:
    assert read_prefixes(["192.0.2.1", "2001:db8:53::1/128"]) == {P1, P6}
    with pytest.raises(SteerError, match=r"192.0.2.0/24 was probably meant"):
        read_prefixes(["192.0.2.1/24"])


def test_another_end_of_a_drain_is_noted_and_how_far_it_has_come_stays() -> None:
    drained = Leaves((ONE,)).withdrawn({ONE.key})
    (longer,) = drained.added([Leave(By.CLI, P1, 2_000_000_000.0, "more work", who="root", until=2_000_003_600.0)])
    assert (longer.phase, longer.since, longer.until) == (Phase.DRAINED, ONE.since, 2_000_003_600.0)
    assert list(Leaves((ONE, longer)).until(2_000_003_600.0)) == [ONE]


# The state file

HOLD = Steer(Verb.HOLD, P2, "root (uid 0, pid 1)", 1_700_000_002.0, 1_800_000_000.0, "a new resolver")


def test_holds_are_written_and_takeovers_are_not(tmp_path: Path) -> None:
    state = State(Leaves((ONE,)), Steers((HOLD, Steer(Verb.TAKEOVER, P1, "x", 1_700_000_003.0))))
    write_state(tmp_path / "state", state.to_text())
    assert load_state(tmp_path / "state", now=1_700_000_010.0) == State(Leaves((ONE,)), Steers((HOLD,)))
    assert load_state(tmp_path / "state", now=1_800_000_000.0) == State(Leaves((ONE,)))


def test_a_file_of_the_version_before_holds_is_read() -> None:
    entry = '"prefix": "192.0.2.1/32", "state": "drained", "since": "2023-11-14T22:13:21+00:00", "by": "cli"'
    old = f'{{"version": 1, "leaving": [{{{entry}, "reason": "", "withdraws": true}}]}}'
    assert [each.phase for each in read_state_text(old).leaves] == [Phase.DRAINED]


def test_what_is_written_is_read_but_for_what_a_signal_began() -> None:
    leaves = Leaves((ALL, ONE, Leave(By.LIFECYCLE, None, 5.0, "spot", Phase.DRAINED, withdraws=False)))
    with_signal = leaves.added([Leave(By.SIGTERM, None, 6.0)])
    assert read_state_text(State(with_signal).to_text()) == State(leaves)


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
        str(ONE.to_json()),
        State(Leaves((ONE,))).to_text().replace("/32", "/24"),
        State(Leaves((ONE,))).to_text().replace("2023", "20x3"),
        State(Leaves((ONE,)), Steers((HOLD,))).to_text().replace('"hold"', '"rob"'),
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
