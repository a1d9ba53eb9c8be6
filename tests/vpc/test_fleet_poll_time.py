"""How often each host of a fleet polls EC2."""

from itertools import pairwise

import pytest

from bgp2vpc.vpc.auto_poll_time import READS, SHARE, auto_poll_time, estimated_members, step


@pytest.mark.parametrize(
    ("members", "seconds"),
    [(1, 60), (2, 60), (240, 60), (241, 80), (300, 80), (1000, 250), (1001, 300), (10_000, 2500), (100_000, 25_000)],
)
def test_a_fleet_takes_a_fifth_of_what_ec2_allows(members: int, seconds: float) -> None:
    assert auto_poll_time(members) == seconds


@pytest.mark.parametrize("reads", [1, 2, 7])
def test_no_fleet_takes_a_quarter(reads: int) -> None:
    assert SHARE < 1 / 4
    for members in range(1, 10_001):
        chosen = auto_poll_time(members, reads)
        assert members * reads / chosen <= READS * SHARE
        # And none waits much longer than it has to: the steps are a third apart at most.
        assert chosen == 60 or members * reads / chosen > READS * SHARE / 1.34


def test_a_fleet_that_grows_and_shrinks_one_by_one_changes_it_rarely() -> None:
    chosen, changes = 60.0, []
    for members in (*range(2, 1001), *range(1000, 1, -1)):
        before, chosen = chosen, auto_poll_time(members, before=chosen)
        assert members / chosen <= READS * SHARE
        changes += [chosen] if chosen != before else []
    assert changes == [80, 100, 120, 150, 200, 250, 200, 150, 120, 100, 80, 60]


def test_a_member_that_comes_and_goes_changes_it_once() -> None:
    chosen = [60.0]
    for members in (241, 240, 241, 239, 241):
        chosen.append(auto_poll_time(members, before=chosen[-1]))
    assert chosen[1:] == [80.0] * 5
    assert auto_poll_time(216, before=80.0) == 60.0


def test_a_time_much_too_long_is_not_kept() -> None:
    assert auto_poll_time(2, before=2500.0) == 60.0


def test_steps() -> None:
    assert [step(seconds) for seconds in (1, 10, 10.5, 60, 60.1, 100, 101, 999, 1000, 2001)] == [
        10, 10, 12, 60, 80, 100, 120, 1000, 1000, 2500,
    ]  # fmt: skip
    chosen = sorted({step(seconds / 4) for seconds in range(40, 40_000)})
    assert all(after / before <= 4 / 3 + 1e-9 for before, after in pairwise(chosen))


@pytest.mark.parametrize(
    ("group", "owners", "of_group", "members"),
    [
        (1, "", "", 1),
        (10, "abc", "abc", 10),  # no other group
        (10, "abcdef", "abc", 20),
        (10, "abc", "a", 30),
        (3, "ab", "", 5),  # ours has no route yet
        (2, "a", "a", 2),
    ],
)
def test_other_groups_are_taken_to_be_like_ours(group: int, owners: str, of_group: str, members: int) -> None:
    assert estimated_members(group, set(owners), set(of_group)) == members
