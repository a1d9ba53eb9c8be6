import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.bgp.events import Announce, Withdraw, WithdrawAll
from bgp2vpc.bgp.path import Path
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.sources.presence import Present

A = "announce route 192.0.2.1/32 next-hop self med 100"
SPLIT = "announce route 192.0.2.0/24 next-hop self split /25"
BRACES = "announce route 192.0.2.1/32 { next-hop self; med 5; }"
B = "announce route 2001:db8::1/128 next-hop self"


@pytest.mark.parametrize(
    ("said", "present"),
    [
        ([A, B], [A, B]),
        ([A, A, A], [A]),
        ([A, B, A], [B, A]),
        ([A, "withdraw route 192.0.2.1/32"], []),
        ([A, "withdraw route 192.0.2.1 next-hop self"], []),
        ([A, "withdraw route 192.0.2.2/32"], [A]),
        ([A + "\\n", "withdraw route 192.0.2.1/32 next-hop self\\n"], []),
        ([A, "withdraw route 192.0.2.1/32\\n"], []),
        ([A, "withdraw route 192.0.2.1/32\\"], []),
        ([A, "withdraw route '192.0.2.1/32'"], []),
        ([A + " path-information 7", "withdraw route 192.0.2.1 path-information 7\\n"], []),
        (
            [A, "announce route 192.0.2.1/32 next-hop self med 1000"],
            ["announce route 192.0.2.1/32 next-hop self med 1000"],
        ),
        ([B, "withdraw route 2001:DB8:0::0:1/128 next-hop self"], []),
        (["neighbor * " + A], ["neighbor * " + A]),
        (["neighbor 10.0.0.1, neighbor 10.0.0.2 neighbor * " + A, "neighbor * withdraw route 192.0.2.1/32"], []),
        (["peer * announce route 192.0.2.1/32 next-hop self", "withdraw ipv4 unicast 192.0.2.1/32"], []),
        ([A + " path-information 7"], [A + " path-information 7"]),
        ([A + " path-information 7", "withdraw route 192.0.2.1/32"], [A + " path-information 7"]),
        ([A + " path-information 7", "withdraw route 192.0.2.1/32 path-information 0.0.0.7"], []),
        ([A + " path-information 0", "withdraw route 192.0.2.1/32"], []),
        (
            [
                "announce attributes next-hop self med 5 nlri 192.0.2.1/32 192.0.2.2/32 192.0.2.3",
                "withdraw route 192.0.2.2",
            ],
            [
                "announce attributes next-hop self med 5 nlri 192.0.2.1/32",
                "announce attributes next-hop self med 5 nlri 192.0.2.3",
            ],
        ),
        ([A, B, "withdraw attribute next-hop self nlri 192.0.2.1/32 2001:db8::1/128"], []),
        ([A, B, "clear adj-rib out"], []),
        ([A, "neighbor * clear adj-rib out"], []),
        (
            [f"peer * group {A} ; announce route 192.0.2.9/32 next-hop self ; withdraw route 192.0.2.1/32"],
            ["peer * announce route 192.0.2.9/32 next-hop self"],
        ),
        (["announce\troute  192.0.2.1/32   next-hop self;", "withdraw route 192.0.2.1/32;"], []),
        ([f"{A}; route 192.0.2.2/32 next-hop self", "withdraw route 192.0.2.2/32"], [A]),
        ([f"{A}; route 192.0.2.2/32 next-hop self;"], [A, "announce route 192.0.2.2/32 next-hop self"]),
        ([A, "withdraw route 192.0.2.9/32; route 192.0.2.1/32"], []),
        (["announce route 192.0.2.1/32 { next-hop self; med 5; }"], [BRACES]),
        ([SPLIT, "withdraw route 192.0.2.0/25"], []),
        ([SPLIT, "withdraw route 192.0.2.0/24 split /25"], []),
        ([SPLIT, "withdraw route 192.0.2.0/24"], []),
        ([SPLIT, "withdraw route 192.0.3.0/25", "withdraw route ::/0"], [SPLIT]),
        ([SPLIT, "withdraw route 192.0.2.0/25 path-information 1"], [SPLIT]),
        (
            [SPLIT, "announce route 192.0.2.0/25 next-hop 10.0.0.9"],
            [SPLIT, "announce route 192.0.2.0/25 next-hop 10.0.0.9"],
        ),
        ([A, B, "withdraw route 192.0.2.0/24 split /32"], [B]),
        (["announce attributes next-hop self split /25 nlri 192.0.2.0/24", "withdraw route 192.0.2.128/25"], []),
        ([A, "clear adj-rib"], []),
        ([A, "neighbor * clear adj-rib sync"], []),
        ([A, "rib clear out"], []),
        ([A, "clear adj-rib in", "rib clear in"], [A]),
        (["announce flow route { }", "announce eor", "announce watchdog dog", "version", "", "  "], []),
        (["announce route", "announce", "withdraw attributes nlri", "announce route nonsense next-hop self"], []),
        (["# announce route 192.0.2.1/32 next-hop self"], []),
    ],
)
def test_lines_add_up_to_the_announcements_that_stand(said: list[str], present: list[str]):
    account = Present()
    for line in said:
        account.note(line)
    assert account.lines() == present


def test_no_more_than_ten_thousand_are_kept():
    account = Present()
    for number in range(11_000):
        account.note(f"announce route 10.{number >> 8}.{number & 255}.0/24 next-hop self")
    assert len(account.lines()) == 10_000


PREFIXES = ["192.0.2.1/32", "192.0.2.1", "192.0.2.0/24", "2001:db8::1/128", "2001:DB8:0::1", "2001:db8::/64"]
SELECTORS = ["", "neighbor * ", "peer * ", "neighbor 10.0.0.1, neighbor 10.0.0.2 ", "neighbor 10.0.0.1 neighbor * "]
ATTRIBUTES = ["", " med 5", " path-information 7", " path-information 0.0.0.7 med 1", " community [ 65000:1 ]"]


@st.composite
def lines(draw: st.DrawFn) -> str:
    verb = draw(st.sampled_from(["announce", "withdraw"]))
    words = "next-hop self" + draw(st.sampled_from(ATTRIBUTES))
    prefix = draw(st.sampled_from(PREFIXES))
    family = "ipv6" if ":" in prefix else "ipv4"
    several = " ".join(
        draw(st.lists(st.sampled_from([p for p in PREFIXES if (":" in p) == (":" in prefix)]), min_size=1))
    )
    said = draw(
        st.sampled_from(
            [
                f"{verb} route {prefix} {words}",
                f"{verb} {family} unicast {prefix} {words}",
                f"{verb} attributes {words} nlri {several}",
                "clear adj-rib out",
            ]
        )
    )
    return draw(st.sampled_from(SELECTORS)) + said


def applied(said: list[str]) -> dict[tuple[str, int | None], Path]:
    """What the daemon makes of lines."""
    paths: dict[tuple[str, int | None], Path] = {}
    for line in said:
        for event in parse(line).events:
            match event:
                case Announce(path):
                    paths[str(path.prefix), path.path_id] = path
                case Withdraw(prefix, path_id):
                    paths.pop((str(prefix), path_id), None)
                case WithdrawAll():
                    paths.clear()
    return paths


SPLITS = ["", " split /24", " split /26", " split /32"]
WITHIN = ["192.0.2.0/24", "192.0.2.64/26", "192.0.2.128/25", "192.0.2.1/32", "192.0.2.1"]


@st.composite
def lines_with_split(draw: st.DrawFn) -> str:
    verb = draw(st.sampled_from(["announce", "withdraw"]))
    path_id = draw(st.sampled_from(["", " path-information 7"]))
    statements = [
        f"route {draw(st.sampled_from(WITHIN))} next-hop self{path_id}{draw(st.sampled_from(SPLITS))}"
        for _ in range(draw(st.integers(1, 3)))
    ]
    return f"{verb} {'; '.join(statements)}"


@given(st.lists(lines_with_split(), max_size=8))
def test_with_split_too_nothing_is_said_that_does_not_stand(said: list[str]):
    account = Present()
    for line in said:
        account.note(line)
    assert applied(account.lines()).items() <= applied(said).items()


@given(st.lists(lines(), max_size=12))
def test_saying_what_stands_is_as_good_as_saying_everything(said: list[str]):
    account = Present()
    for line in said:
        account.note(line)
    assert applied(account.lines()) == applied(said)
