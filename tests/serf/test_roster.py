"""Who is there, and at which addresses nobody is any more."""

from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf.model import SerfMember
from bgp2vpc.serf.roster import Roster

A, B = IPAddress("10.0.0.1"), IPAddress("10.0.0.2")


def member(name: str, address: IPAddress = A, status: str = "alive") -> SerfMember:
    return SerfMember(name, address, status)


def test_who_has_failed_or_left_is_down_and_who_is_about_to_leave_is_not() -> None:
    roster = Roster()
    roster.told_all([member("a"), member("b", B)])
    assert roster.down == frozenset()
    for status, down in (("failed", {A}), ("alive", set()), ("leaving", set()), ("left", {A})):
        roster.told([member("a", A, status)])
        assert roster.down == down
        assert roster.present == {"b"} | ({"a"} if not down else set())


def test_an_address_is_not_down_while_a_member_under_another_name_is_alive_there() -> None:
    roster = Roster()
    roster.told_all([member("old", A, "failed"), member("new", A)])
    assert roster.down == frozenset()
    roster.told([member("new", A, "failed")])
    assert roster.down == {A}
    roster.told([member("newest", A)])
    assert roster.down == frozenset()


def test_who_is_forgotten_by_the_agent_stays_down() -> None:
    roster = Roster()
    roster.told_all([member("a", A, "failed"), member("b", B)])
    roster.told_all([member("b", B)])
    assert roster.down == {A}
    roster.told_all([member("b", B), member("a")])
    assert roster.down == frozenset()


def test_when_the_agent_is_away_nobody_is_down_and_who_was_there_still_is() -> None:
    roster = Roster()
    roster.told_all([member("a", A, "failed"), member("b", B)])
    roster.forget_the_absent()
    assert (roster.down, roster.present) == (frozenset(), {"b"})
    roster.told([member("c", B)])
    assert roster.down == frozenset()
