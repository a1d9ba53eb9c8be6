"""Two instances with the same announcements and nothing between them but EC2."""

import re
from collections import Counter

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from lab import OURS, PEER, A, B, Lab, announce, two_hosts, withdraw

from bgp2vpc.config.model import OnExit
from bgp2vpc.errors import Throttled, Transient
from bgp2vpc.vpc.model import InstanceHealth

PREFIXES = (A, B, "2001:db8:53::1/128")
TABLES = ("rtb-1", "rtb-2")


def pair(make_lab, **config) -> tuple[Lab, Lab]:
    first = make_lab(two_hosts(tables=2), **config)
    second = make_lab(beside=first, **config)
    first.start()
    second.start()
    return first, second


def owners(lab: Lab, prefix: str = A) -> set[str]:
    return {route.split()[2] for route in lab.routes if route.split()[1] == prefix}


def test_whoever_is_first_holds_the_route_and_the_other_waits(make_lab) -> None:
    first, second = pair(make_lab)
    first.say(announce(A))
    first.wait(5)
    second.say(announce(A))
    first.wait(300)
    assert owners(first) == {OURS}
    assert set(second.verdicts()) == {f"{table} {A} yield owner-healthy" for table in TABLES}


def test_at_the_same_instant_each_table_gets_one_owner_and_nobody_fights(make_lab) -> None:
    first, second = pair(make_lab)
    first.say(announce(A))
    second.say(announce(A))
    first.wait(5)
    before = first.routes
    assert len(before) == 2
    first.forget_calls()
    first.wait(300)
    assert (first.routes, first.writes) == (before, [])


def test_at_the_same_instant_the_slower_one_logs_one_line_for_each_route_and_no_failure(make_lab, caplog) -> None:
    caplog.set_level("INFO", "bgp2vpc")
    first, second = pair(make_lab)
    caplog.clear()
    first.say(announce(A))
    second.say(announce(A))
    first.wait(60)
    told = [words for record in caplog.records if (words := record.getMessage()) != "announced"]
    cycles = " ".join(words for words in told if words.startswith("cycle 2: "))
    # Each table by itself goes to whoever is faster there.
    outcomes = Counter()
    for count, outcome in re.findall(r"(\d+) (created|overtaken)", cycles):
        outcomes[outcome] += int(count)
    assert outcomes == {"created": 2, "overtaken": 2}
    others = sorted(words for words in told if not words.startswith("cycle 2: "))
    assert others == sorted(["route created", "route not written: yield"] * 2)
    status = second.ask("status")
    assert (status["errors"], status["failing"]) == ([], {})


def test_when_the_owner_withdraws_the_other_fills_the_table_at_its_next_poll(make_lab) -> None:
    first, second = pair(make_lab)
    first.say(announce(A))
    first.wait(5)
    second.say(announce(A))
    first.wait(5)
    first.say(withdraw(A))
    first.wait(70)
    assert owners(first) == {PEER}


def test_when_the_owner_is_stopped_the_other_takes_over(make_lab) -> None:
    first, second = pair(make_lab, on_exit=OnExit.WITHDRAW)
    first.say(announce(A))
    first.wait(5)
    second.say(announce(A))
    first.wait(5)
    assert first.stop() == 0
    second.wait(70)
    assert owners(second) == {PEER}


def test_when_the_owners_instance_dies_the_other_takes_over_and_keeps_it_when_it_is_back(make_lab) -> None:
    first, second = pair(make_lab)
    first.say(announce(A))
    first.wait(5)
    second.say(announce(A))
    first.wait(5)
    first.vpc.set_health("i-1", InstanceHealth.GONE)
    first.wait(70)
    assert owners(first) == {PEER}
    first.vpc.set_health("i-1", InstanceHealth.OK)
    first.wait(300)
    assert owners(first) == {PEER}


def test_an_instance_that_is_down_as_a_backup_leaves_the_route_to_the_other(make_lab) -> None:
    first, second = pair(make_lab)
    first.say(announce(A, "med 1000"))
    first.wait(5)
    assert owners(first) == {OURS}  # better than nothing
    second.say(announce(A, "med 100"))
    first.wait(300)
    assert owners(first) == {OURS}  # without hearing each other, the owner is only known to be healthy


wishes = st.tuples(st.integers(0, 1), st.sampled_from(PREFIXES), st.booleans())
failures = st.sampled_from(["CreateRoute", "ReplaceRoute", "DeleteRoute", "Describe"])
kinds = st.sampled_from([(Transient, False), (Transient, True), (Throttled, False)])
pauses = st.sampled_from([0.0, 0.03, 0.08, 0.3, 5.0, 61.0])


@seed(20)
@settings(max_examples=settings().max_examples // 3, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(wishes, st.none() | st.tuples(failures, kinds), pauses), max_size=20))
def test_once_all_is_calm_every_wished_prefix_points_at_one_who_wishes_it(steps) -> None:
    made: list[Lab] = []

    def make_lab(*args, **config) -> Lab:
        made.append(Lab(*args, **config))
        return made[-1]

    labs = pair(make_lab)
    wished: tuple[set[str], set[str]] = (set(), set())
    for (who, prefix, wanted), failing, pause in steps:
        if failing is not None:
            call, (kind, after) = failing
            labs[0].vpc.fail_next(call, kind(call, "InternalError", "x"), after=after, times=2)
        labs[who].say(announce(prefix) if wanted else withdraw(prefix))
        (wished[who].add if wanted else wished[who].discard)(prefix)
        labs[0].wait(pause)
    labs[0].vpc._misfortunes.clear()
    labs[0].wait(300)
    for prefix in PREFIXES:
        willing = {eni for eni, says in zip((OURS, PEER), wished, strict=True) if prefix in says}
        for table in TABLES:
            holding = {r.split()[2] for r in labs[0].routes if r.startswith(f"{table} {prefix} ")}
            assert len(holding) == bool(willing)
            assert holding <= willing
    labs[0].forget_calls()
    labs[0].wait(200)
    assert labs[0].writes == []
    for each in made:
        each.dispose()
