import pytest

from bgp2vpc.sources.presence import Present

A = "announce route 192.0.2.1/32 next-hop self med 100"
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
