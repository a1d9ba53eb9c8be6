"""Who is there, and at which addresses nobody is any more."""

from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf.model import SerfMember
from bgp2vpc.serf.roster import RETURN, TOGETHER, Roster

A, B, C = IPAddress("10.0.0.1"), IPAddress("10.0.0.2"), IPAddress("10.0.0.3")


def member(name: str, address: IPAddress = A, status: str = "alive") -> SerfMember:
    return SerfMember(name, address, status)


def test_who_has_failed_or_left_is_down_and_who_is_about_to_leave_is_not() -> None:
    roster = Roster()
    roster.told_all([member("a"), member("b", B)], 0.0)
    assert roster.down == frozenset()
    for status, down in (("failed", {A}), ("alive", set()), ("leaving", set()), ("left", {A})):
        roster.told([member("a", A, status)], 0.0)
        assert roster.down == down
        assert roster.present == {"b"} | ({"a"} if not down else set())


def test_an_address_is_not_down_while_a_member_under_another_name_is_alive_there() -> None:
    roster = Roster()
    roster.told_all([member("old", A, "failed"), member("new", A)], 0.0)
    assert roster.down == frozenset()
    roster.told([member("new", A, "failed")], 0.0)
    assert roster.down == {A}
    roster.told([member("newest", A)], 0.0)
    assert roster.down == frozenset()


def test_who_is_forgotten_by_the_agent_stays_down() -> None:
    roster = Roster()
    roster.told_all([member("a", A, "failed"), member("b", B)], 0.0)
    roster.told_all([member("b", B)], 0.0)
    assert roster.down == {A}
    roster.told_all([member("b", B), member("a")], 0.0)
    assert roster.down == frozenset()


def test_when_the_agent_is_away_nobody_is_down_and_who_was_there_still_is() -> None:
    roster = Roster()
    roster.told_all([member("a", A, "failed"), member("b", B)], 0.0)
    roster.forget_the_absent()
    assert (roster.down, roster.present) == (frozenset(), {"b"})
    roster.told([member("c", B)], 0.0)
    assert roster.down == frozenset()


def of_three() -> Roster:
    """Ours is c."""
    roster = Roster()
    roster.told_all([member("a"), member("b", B), member("c", C)], 0.0)
    return roster


def test_when_all_others_fail_together_our_own_agent_is_cut_off_and_nobody_is_down() -> None:
    roster = of_three()
    roster.told([member("a", A, "failed")], 6.0)
    assert roster.down == {A}
    roster.told([member("b", B, "failed")], 6.0 + TOGETHER)
    assert (roster.down, roster.excused) == (frozenset(), {"a", "b"})
    roster.told_all([member("a", A, "failed"), member("b", B, "failed"), member("c", C)], 3600.0)
    assert roster.down == frozenset()


def test_who_is_not_back_a_while_after_the_first_of_them_is_down() -> None:
    roster = of_three()
    both = [member("a", A, "failed"), member("b", B, "failed")]
    roster.told(both, 6.0)
    roster.told(both, 100.0)
    roster.told([member("a")], 101.0)
    assert roster.down == frozenset()
    roster.told([member("a")], 99.0 + RETURN)
    assert roster.down == frozenset()
    roster.told([member("a")], 100.0 + RETURN)
    assert roster.down == {B}
    roster.told([member("a", A, "failed")], 400.0)
    assert roster.down == {A, B}, "that is another event"


def test_what_does_not_tell_that_our_own_agent_is_cut_off() -> None:
    last = [member("b", B, "failed")]
    apart = of_three()
    apart.told([member("a", A, "failed")], 6.0)
    apart.told(last, 6.1 + TOGETHER)
    left = of_three()
    left.told([member("a", A, "left")], 6.0)
    left.told(last, 6.0)
    replaced = Roster()
    replaced.told_all([member("a", A, "failed"), member("b", B), member("c", C)], 0.0)
    replaced.told(last, 6.0)
    for roster in (apart, left, replaced):
        assert (roster.down, roster.excused) == ({A, B}, frozenset())
    pair = Roster()
    pair.told_all([member("b", B), member("c", C)], 0.0)
    pair.told(last, 6.0)
    assert pair.down == {B}


def test_when_the_agent_is_away_nobody_is_excused_any_more() -> None:
    roster = of_three()
    roster.told([member("a", A, "failed"), member("b", B, "failed")], 6.0)
    roster.forget_the_absent()
    assert (roster.down, roster.excused) == (frozenset(), frozenset())
