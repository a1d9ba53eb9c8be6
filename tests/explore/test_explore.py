"""The first steps of the search, and that it finds a rule that is broken, by the shortest way. More: `make explore`."""

import inspect
import re
from dataclasses import fields

import pytest

from bgp2vpc.policy import verdict
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.plan import Change, Reason, VerdictKind
from tests.explore import search
from tests.explore.__main__ import told
from tests.explore.host import Host
from tests.explore.search import Found, Scope, levels, replayed


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what came out right with another test's rules."""
    monkeypatch.setattr(search, "_calm", set())


def found(depth: int, scope: Scope = Scope()) -> list[Found]:  # noqa: B008
    return [each for level in levels(depth, scope) for each in level.found]


def test_nothing_is_found_in_any_two_events_nor_in_three_without_a_failure() -> None:
    *_, two = levels(2)
    assert (two.is_whole, two.states > 150, two.found) == (True, True, [])
    *_, three = levels(3, Scope(meds=(100,), troubles=0))
    assert (three.depth, three.is_whole, three.found) == (3, True, [])


def test_a_rule_that_keeps_what_is_withdrawn_is_found_by_the_shortest_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        verdict, "withdraw", lambda place, route, reason: place.stays(VerdictKind.KEEP, Reason.NEVER_DELETE)
    )
    first, *_ = found(3)
    assert first.what == "in the end the route points at eni-1 instead of nothing"
    assert first.trace == ("A has the route", "A withdraws")
    assert told(first).endswith("see it: python -m tests.explore --trace 'A has the route; A withdraws'")


def test_a_delete_without_a_look_is_known_by_what_it_hits(monkeypatch: pytest.MonkeyPatch) -> None:
    """B has taken the route, A has not heard of it, and deletes without a read before."""
    trace = ("A has the route", "A withdraws", "B announces 100", "B hears", "B reads")
    assert replayed(trace, Scope()).hosts[0].call is not None
    monkeypatch.setattr(Change, "needs_fresh_read", False)
    world = replayed((*trace, "B writes", "A writes"), Scope())
    assert world.hits == ("old read",)
    assert world.table.static_route(next(iter(world.hosts[1].rib.offers))) is None


def test_the_same_events_give_the_same_value() -> None:
    trace = ("both announce, A has the route", "session down", "A withdraws", "A reads", "B hears", "timer")
    one, other = replayed(trace, Scope()), replayed(trace, Scope())
    assert one.value() == other.value()
    before = one.value()
    other.fork().apply("B announces 200")
    assert other.value() == before


def test_the_value_of_a_state_has_all_that_is_remembered_of_a_place() -> None:
    """What it left out could be different in two states that are taken for one."""
    told = set(re.findall(r"\bs\.([a-z_]+)", inspect.getsource(Host.value)))
    of_hooks_and_alarms = {"hooked", "proposed", "is_rechecked"}
    assert {each.name for each in fields(PlaceState)} - told == of_hooks_and_alarms
