import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.sources.lines import LineSplitter

X = b"x" * 10


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ([b""], []),
        ([b"a\n"], [b"a"]),
        ([b"a\nb\n\nc\n"], [b"a", b"b", b"", b"c"]),
        ([b"a", b"b", b"\n"], [b"ab"]),
        ([b"a\r\nb\r", b"\nc\rd\n"], [b"a", b"b", b"c\rd"]),
        ([X + b"\n"], [X]),
        ([X + b"x\nb\n"], [None, b"b"]),
        ([X, b"x", b"x", X, X, b"x\nb\n"], [None, b"b"]),
        ([X + b"x", b"\n\n"], [None, b""]),
        ([b"a\n" + X + X], [b"a", None]),
    ],
)
def test_bytes_become_lines_however_they_are_cut(pieces: list[bytes], found: list[bytes | None]):
    splitter = LineSplitter(limit=10)
    assert [line for piece in pieces for line in splitter.feed(piece)] == found


def test_a_stream_without_newlines_is_not_kept():
    splitter = LineSplitter(limit=1000)
    told = [line for _ in range(1000) for line in splitter.feed(b"x" * 5000)]
    assert told == [None]
    assert splitter.feed(b"\nnext\n") == [b"next"]


@given(st.lists(st.text("ab\n", max_size=30).map(str.encode)))
def test_the_cuts_make_no_difference(pieces: list[bytes]):
    whole, cut = LineSplitter(limit=5), LineSplitter(limit=5)
    assert [line for piece in pieces for line in cut.feed(piece)] == whole.feed(b"".join(pieces))
