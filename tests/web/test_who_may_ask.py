"""Who may ask, who may steer, and at which pace."""

import os
from collections import Counter
from pathlib import Path

import pytest

from bgp2vpc.web.drawing import sparkline, ticks
from bgp2vpc.web.guard import host_of, is_ours, is_own_page, is_right, read_token, token_of
from bgp2vpc.web.model import WebError, WebSettings
from bgp2vpc.web.pace import WebPace
from bgp2vpc.web.shared import FRESH, Shared, SharedByKey
from bgp2vpc.web.tally import Tally, Timing

SETTINGS = WebSettings("0.0.0.0", 8179, hosts=("ops.example.org",))
TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("localhost:8179", "localhost"), ("LOCALHOST", "localhost"), ("[::1]:8179", "[::1]"), ("[::1]", "[::1]"),
        ("127.0.0.1", "127.0.0.1"), ("ops.example.org.:80", "ops.example.org"), ("", ""), ("a:b", "a:b"),
    ],
)  # fmt: skip
def test_the_host_is_what_stands_before_the_port(header: str, host: str):
    assert host_of(header) == host


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("localhost:8179", True), ("127.0.0.1:8179", True), ("[::1]:8179", True), ("10.0.0.10:8179", True),
        ("ops.example.org", True), ("OPS.example.org.:443", True),
        ("evil.example", False), ("10.0.0.11:8179", False), ("", False), ("localhost.evil.example", False),
        ("ops.example.org.evil.example", False), ("localhost:8179@evil.example", False),
    ],
)  # fmt: skip
def test_only_our_own_names_are_answered_to(header: str, ours: bool):
    assert is_ours(header, SETTINGS, "10.0.0.10") is ours


@pytest.mark.parametrize(
    ("origin", "site", "own"),
    [
        (None, None, True),  # curl
        ("http://localhost:8179", "same-origin", True),
        ("https://localhost:8179", None, True),
        (None, "none", True),
        ("http://localhost:8180", None, False),
        ("http://evil.example", None, False),
        ("null", None, False),
        ("http://[", None, False),
        ("http://localhost:8179", "cross-site", False),
        (None, "same-site", False),
    ],
)
def test_only_our_own_page_may_steer(origin: str | None, site: str | None, own: bool):
    assert is_own_page("localhost:8179", origin, site) is own


def test_the_token_is_taken_from_the_header_or_else_from_the_form():
    assert token_of("Bearer abc", "form") == b"abc"
    assert token_of("bearer abc ", "") == b"abc"
    assert token_of("Basic abc", "form") == b""
    assert token_of(None, " form ") == b"form"
    assert is_right(b"abc", token_of("Bearer abc", ""))
    assert not is_right(b"abc", "äöü".encode())


def token_file(directory: Path, text: str, mode: int = 0o600) -> Path:
    file = directory / "token"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_token_is_one_line(tmp_path: Path):
    assert read_token(token_file(tmp_path, f"{TOKEN}\n", 0o640)) == TOKEN.encode()


@pytest.mark.parametrize(
    ("text", "mode", "message"),
    [
        (TOKEN, 0o644, "may be read or written by everybody (0644): chmod o= "),
        (TOKEN, 0o602, "may be read or written by everybody (0602)"),
        ("short", 0o600, "must hold one line of at least 16 printable characters without spaces"),
        (f"{TOKEN} {TOKEN}", 0o600, "must hold one line"),
        (f"{TOKEN}\n{TOKEN}", 0o600, "must hold one line"),
        ("", 0o600, "must hold one line"),
        ("x" * 5000, 0o600, "holds more than 4096 bytes"),
    ],
)
def test_a_token_file_that_keeps_no_secret_is_refused(tmp_path: Path, text: str, mode: int, message: str):
    with pytest.raises(WebError) as caught:
        read_token(token_file(tmp_path, text, mode))
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_token_file_that_is_a_fifo_is_an_error_and_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(WebError, match="fifo is no regular file"):
        read_token(tmp_path / "fifo")


def test_a_token_file_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(WebError, match="No such file or directory: nothing can be steered by HTTP"):
        read_token(tmp_path / "none")


# The pace


def test_a_burst_passes_at_once_and_the_rest_at_an_even_pace():
    pace = WebPace(credit=0.3, share=0.1)
    waits = [pace.reserve(100.0, 0.01) for _ in range(56)]
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[4:54] == pytest.approx([0.1 * n for n in range(1, 51)])
    assert waits[54:] == [None, None]
    assert pace.reserve(106.0, 0.01) == 0


def test_a_value_is_made_once_for_all_who_ask_within_a_moment():
    made: list[float] = []
    now = [0.0]
    shared = Shared(lambda: made.append(now[0]) or len(made), lambda: now[0])
    assert [shared.get(), shared.get()] == [1, 1]
    now[0] = FRESH
    assert shared.get() == 2


def test_what_takes_long_to_make_is_made_seldom():
    now = [0.0]

    def make() -> float:
        now[0] += 0.1
        return now[0]

    shared = Shared(make, lambda: now[0])
    first = shared.get()
    now[0] = 1.9
    assert shared.get() == first
    now[0] = 2.2
    assert shared.get() != first


def test_of_many_keys_the_least_used_are_forgotten():
    made: list[str] = []
    shared = SharedByKey(lambda key: made.append(key) or key, lambda: 0.0, most=2)
    for key in "abaca":
        assert shared.get(key) == key
    assert made == ["a", "b", "c"]
    shared.get("b")
    assert made == ["a", "b", "c", "b"]


# What is counted


def test_a_write_is_timed_from_what_made_it_necessary():
    tally = Tally(writes=["create"])
    tally.touched(["p"], 10.0)
    tally.decided([("rtb-1", "p"), ("rtb-2", "p")], [], 10.5)
    tally.decided([("rtb-2", "p")], [], 11.0)  # again, after a failure
    tally.wrote(("rtb-1", "p"), "create", 10.6)
    tally.wrote(("rtb-2", "p"), "create", 12.0)
    assert tally.write_seconds["create"].total == pytest.approx(0.6 + 2.0)


def test_what_is_not_wanted_any_more_is_timed_anew():
    tally = Tally(writes=["create"])
    tally.decided([("rtb-1", "p")], [], 10.0)
    tally.decided([], [("rtb-1", "p")], 20.0)
    tally.decided([("rtb-1", "p")], [], 30.0)
    tally.wrote(("rtb-1", "p"), "create", 30.25)
    assert tally.write_seconds["create"].total == pytest.approx(0.25)


def test_calls_are_counted_by_result():
    tally = Tally()
    tally.called("CreateRoute", "ok", 0.1)
    tally.called("CreateRoute", "throttled", 0.2)
    assert +tally.calls == Counter({("CreateRoute", "ok"): 1, ("CreateRoute", "throttled"): 1})
    assert ("CreateRoute", "refused") in tally.calls, "its first event would be none to Prometheus' increase()"
    assert tally.throttles == 1


def test_a_histogram_puts_a_value_on_a_bound_into_the_lower_bucket():
    timing = Timing((0.1, 0.2))
    for seconds in (0.1, 0.15, 0.2, 0.3):
        timing.add(seconds)
    assert timing.counts == [1, 2, 1]


# Pictures


def test_ticks_show_each_probe_and_say_how_many_failed():
    drawn = str(ticks([True, False, True]))
    assert (drawn.count('class="ok"'), drawn.count('class="failed"')) == (2, 1)
    assert 'aria-label="the last 3 probes: 1 failed"' in drawn
    assert str(ticks([True] * 200)).count("<rect") == 60


def test_a_sparkline_needs_two_points_and_no_change():
    assert str(sparkline([0.1])) == ""
    assert "latency, 100.0 ms at most" in str(sparkline([0.1, 0.1]))
    assert str(sparkline([0.0, 0.0])).count(",") >= 2
