"""Decisions in slices: what is written is what a decision in one turn of the event loop would write."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab import NO_PACE, OURS, PEER, Lab, announce, two_hosts, withdraw

from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.policy.plan import VerdictKind
from bgp2vpc.policy.rule import DeadRoutes, Takeover
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.reconcile import slices
from tests.values import rule

TABLES = ("rtb-1", "rtb-2", "rtb-3")
PREFIXES = tuple(f"192.0.2.{number}/32" for number in range(1, 7))
COUNT = 600
MANY = [f"198.18.{number >> 8}.{number & 255}/32" for number in range(COUNT)]


@dataclass(frozen=True)
class World:
    """`found`: what a read shows at each place (empty: no route). `events`: turns of the loop before each, and what.

    `loses_table`: the last table is gone by then.
    """

    takeover: Takeover
    dead_routes: DeadRoutes
    announced: frozenset[str]
    found: tuple[str, ...]
    loses_table: bool
    answered_after: float
    events: tuple[tuple[int, str, str], ...]


def worlds(most_events: int) -> st.SearchStrategy[World]:
    events = st.tuples(
        st.integers(0, 12),
        st.sampled_from(("announce", "withdraw", "reread", "everything", "hold")),
        st.sampled_from(PREFIXES),
    )
    places = len(TABLES) * len(PREFIXES)
    targets = st.sampled_from(("", OURS, PEER, "eni-gone", "igw-1"))
    return st.builds(
        World,
        takeover=st.sampled_from(Takeover),
        dead_routes=st.sampled_from(DeadRoutes),
        announced=st.frozensets(st.sampled_from(PREFIXES)),
        found=st.lists(targets, min_size=places, max_size=places).map(tuple),
        loses_table=st.booleans(),
        answered_after=st.sampled_from((0.1, 0.2, 0.3)),
        events=st.lists(events, max_size=most_events).map(tuple),
    )


def outcome(world: World, *, in_slices: bool) -> tuple[list[str], list[str], list[str], list[dict]]:
    """What was written, the routes in the end, the verdicts, and the rows of the prefixes."""
    with pytest.MonkeyPatch.context() as patch:
        if in_slices:
            patch.setattr(slices, "MANY", 0)
            patch.setattr(slices, "PLACES", len(TABLES))  # one prefix
            patch.setattr(slices, "CHANGES", 1)
        vpc = two_hosts(len(TABLES))
        vpc.add_gateway("igw-1")
        rules = (rule("192.0.2.0/24 le 32", takeover=world.takeover, dead_routes=world.dead_routes),)
        lab = Lab(vpc, rules=rules, ec2=NO_PACE, poll_time=1000.0, restart_time=600.0)
        try:
            lab.start()
            lab.say(*map(announce, sorted(world.announced)))
            lab.wait(20)  # longer than `settle_time`: what a read shows from now on is no old read
            for number, target in enumerate(world.found):
                table, prefix = TABLES[number % len(TABLES)], PREFIXES[number // len(TABLES)]
                if target:
                    vpc.put_route(table, prefix, target)
                elif f"{table} {prefix} " in str(vpc):
                    vpc.remove_route(table, prefix)
            if world.loses_table:
                vpc.remove_table(TABLES[-1])
            lab.loop.run_until_complete(_happens(lab, world))
            lab.wait(30)
            lab.do(lab.daemon.parts.reconciler.poll_now)
            lab.wait(30)
            assert lab.daemon.parts.reconciler.is_idle()
            rows = [{**row, "since": ""} for row in lab.ask("status")["prefixes"]]
            return sorted(lab.writes), lab.routes, lab.verdicts(), rows
        finally:
            lab.dispose()


async def _happens(lab: Lab, world: World) -> None:
    parts = lab.daemon.parts
    parts.reconciler.poll_now()
    await asyncio.sleep(world.answered_after)
    for turns, what, prefix in world.events:
        for _ in range(turns):
            await asyncio.sleep(0)
        if what == "reread":
            parts.reconciler.may_be_taken_back([(TABLES[0], parse_prefix(prefix))])
        elif what == "everything":
            parts.reconciler.everything_changed()
        elif what == "hold":
            parts.inputs.held |= {parse_prefix(prefix)}
            parts.reconciler.prefixes_changed([parse_prefix(prefix)])
        else:
            parts.adj_rib_in.said("dns", parse(announce(prefix) if what == "announce" else withdraw(prefix)))


thorough = settings(max_examples=settings().max_examples * 2 // 3, suppress_health_check=list(HealthCheck))


@thorough
@given(worlds(most_events=0))
def test_slices_write_and_say_what_one_turn_does(world: World) -> None:
    assert outcome(world, in_slices=True) == outcome(world, in_slices=False)


@thorough
@given(worlds(most_events=6))
def test_what_happens_between_slices_is_not_undone_by_a_later_one(world: World) -> None:
    writes, *end = outcome(world, in_slices=True)
    more_writes, *same_end = outcome(world, in_slices=False)
    assert end == same_end
    # What changed before its slice came, or before its change was written, needs no write, and no second one.
    assert set(writes) <= set(more_writes)


@pytest.fixture
def many(make_lab: Callable[..., Lab]) -> Lab:
    """A table with more routes of ours than are decided about in one turn."""
    vpc = two_hosts()
    vpc.quota = 2 * COUNT
    lab = make_lab(
        vpc, rules=(rule("198.18.0.0/15 le 32"),), ec2=NO_PACE, poll_time=1000.0, max_prefixes=COUNT, max_changes=COUNT
    )
    lab.start()
    lab.say(*map(announce, MANY))
    lab.wait(20)
    assert len(lab.routes) == COUNT
    return lab


async def _slices_begin(lab: Lab) -> None:
    """A poll is asked for, and has been answered."""
    lab.daemon.parts.reconciler.poll_now()
    await asyncio.sleep(lab.loop.latency)
    for _ in range(20):
        if not lab.daemon.parts.reconciler.is_idle():
            return
        await asyncio.sleep(0)
    raise AssertionError("nothing is decided about")


def test_a_withdrawal_amid_the_slices_of_a_poll_is_decided_about_at_once(many: Lab) -> None:
    parts = many.daemon.parts
    place = ("rtb-1", parse_prefix(MANY[-1]))

    async def story() -> int:
        ended = parts.reconciler.polls.ended
        await _slices_begin(many)
        parts.adj_rib_in.said("dns", parse(withdraw(MANY[-1])))
        turns = 0
        while parts.places.at(place).verdict.kind is not VerdictKind.DELETE:
            await asyncio.sleep(0)
            turns += 1
        assert parts.reconciler.polls.ended == ended  # the poll goes on
        assert not parts.reconciler.is_idle()
        return turns

    assert many.loop.run_until_complete(story()) <= 2
    many.wait(5)
    assert many.writes[-1] == f"DeleteRoute rtb-1 {MANY[-1]}"
    assert len(many.routes) == COUNT - 1


@pytest.mark.parametrize("written", [0, 150])
def test_what_is_withdrawn_amid_the_slices_is_not_created_by_a_later_one(many: Lab, written: int) -> None:
    """When all is decided and nothing (or a part) is being written, and its own turn has not come."""
    parts = many.daemon.parts
    for prefix in MANY:
        many.vpc.remove_route("rtb-1", prefix)
    many.forget_calls()
    last = max(MANY, key=lambda each: parse_prefix(each).sort_key())

    async def story() -> None:
        await _slices_begin(many)
        state = parts.places.at(("rtb-1", parse_prefix(last)))
        while True:
            if state.verdict.kind is VerdictKind.CREATE and len(parts.places.written) >= written:
                break
            await asyncio.sleep(0)
        assert not state.is_written
        parts.adj_rib_in.said("dns", parse(withdraw(last)))

    many.loop.run_until_complete(story())
    many.wait(5)
    assert len(many.writes) == COUNT - 1
    assert f"CreateRoute rtb-1 {last} {OURS}" not in many.writes
    assert parts.reconciler.is_idle()


def test_a_poll_has_ended_when_its_last_slice_has(many: Lab) -> None:
    parts = many.daemon.parts
    for prefix in MANY:
        many.vpc.remove_route("rtb-1", prefix)
    many.forget_calls()

    async def story() -> int:
        ended, turns = parts.reconciler.polls.ended, 0
        await _slices_begin(many)
        while parts.reconciler.polls.ended == ended:
            assert not parts.reconciler.is_idle()
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert many.loop.run_until_complete(story()) > COUNT // 100
    assert len(parts.places.written) == COUNT
    assert parts.reconciler.polls.changes == f"{COUNT} to create"
    many.wait(5)
    assert len(many.writes) == COUNT


def test_the_guard_judges_all_slices_together(many: Lab) -> None:
    many.reload(max_changes=COUNT // 2)  # more than any slice has
    for prefix in MANY:
        many.vpc.remove_route("rtb-1", prefix)
    many.forget_calls()
    many.do(many.daemon.parts.reconciler.poll_now)
    many.wait(5)
    assert many.writes == []
    assert many.daemon.parts.reconciler.refused
    assert "plan" in many.ask("status")["failing"]


def test_many_prefixes_that_one_event_concerns_are_judged_together_too(many: Lab) -> None:
    many.reload(max_changes=1)
    many.forget_calls()
    many.close()  # withdrawals, which do not count
    many.wait(60)
    assert len(many.writes) == COUNT
    assert not many.daemon.parts.reconciler.refused


def test_a_poll_that_waits_for_the_slices_of_another_decision_does_not_delay_the_end(many: Lab) -> None:
    deciding = many.daemon.parts.reconciler

    async def story() -> None:
        deciding.poll_now()
        await asyncio.sleep(many.loop.latency)
        deciding.everything_changed()
        for _ in range(6):  # the poll is answered, too
            await asyncio.sleep(0)
        many.daemon.stop()

    many.loop.run_until_complete(story())
    asked = many.now
    assert many.ended() == 0
    assert many.now < asked + 1


@pytest.mark.parametrize("turns", range(4, 15))
def test_a_table_that_goes_amid_the_slices_holds_back_no_change_of_another_table(make_lab, monkeypatch, turns) -> None:
    monkeypatch.setattr(slices, "MANY", 0)
    monkeypatch.setattr(slices, "PLACES", 2)
    monkeypatch.setattr(slices, "CHANGES", 2)
    lab = make_lab(two_hosts(2), ec2=NO_PACE, poll_time=600.0).start()
    lab.say(*map(announce, PREFIXES))

    async def later() -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        lab.daemon.parts.view.table_gone("rtb-2")

    lab.loop.run_until_complete(later())
    lab.wait(5)
    assert set(lab.routes) >= {f"rtb-1 {each} {OURS} active" for each in PREFIXES}
