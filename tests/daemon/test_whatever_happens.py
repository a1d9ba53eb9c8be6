"""Whatever sources, other writers and EC2 do, in whatever order: once all is calm the tables are as wished.

And at no time anything is written that is not accepted, nor a route deleted that is not ours.
"""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from lab import OURS, PEER, Lab, announce, two_hosts, withdraw

from bgp2vpc.config.model import Ec2Limits
from bgp2vpc.errors import Credentials, Denied, Throttled, Transient
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc.model import interface_target
from tests.memory_vpc import MemoryVpc
from tests.values import rule

TABLES = ("rtb-1", "rtb-2")
ACCEPTED = ("192.0.2.1/32", "192.0.2.2/32", "2001:db8:53::1/128")
OUTSIDE = "198.51.100.1/32"
ERRORS = (
    Transient("X", "InternalError", "x"),
    Throttled("X", "RequestLimitExceeded", "x"),
    Denied("X", "UnauthorizedOperation", "x"),
    Credentials("X", "ExpiredToken", "x"),
)


class WatchedVpc(MemoryVpc):
    """Remembers writes that must not be: outside `accept`, or deleting what was not ours."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        super().__init__()

    def create_route(self, table_id, prefix, target):
        self._check(table_id, prefix, target)
        super().create_route(table_id, prefix, target)

    def replace_route(self, table_id, prefix, target):
        self._check(table_id, prefix, target)
        super().replace_route(table_id, prefix, target)

    def delete_route(self, table_id, prefix):
        self._check(table_id, prefix, interface_target(OURS))
        present = self._tables[table_id].static_route(prefix)
        if present is not None and present.target != interface_target(OURS):
            self.wrong.append(f"deleted {table_id} {present}")
        super().delete_route(table_id, prefix)

    def _check(self, table_id, prefix, target):
        if str(prefix) not in ACCEPTED or target != interface_target(OURS) or table_id not in TABLES:
            self.wrong.append(f"wrote {table_id} {prefix} {target}")


@dataclass
class Story:
    """A lab, and what its sources have said last."""

    lab: Lab
    wished: set[str] = field(default_factory=set)


prefixes = st.sampled_from(ACCEPTED)
tables = st.sampled_from(TABLES)
pauses = st.sampled_from([0.0, 0.02, 0.06, 0.11, 0.4, 3.0, 15.0])


def source_says(prefix: str, wanted: bool):
    def step(story: Story) -> None:
        story.lab.say(announce(prefix) if wanted else withdraw(prefix))
        (story.wished.add if wanted else story.wished.discard)(prefix)

    return step


def source_says_what_nobody_accepts():
    return lambda story: story.lab.say(announce(OUTSIDE))


def somebody_writes(table: str, prefix: str, target: str):
    return lambda story: story.lab.vpc.put_route(table, prefix, target)


def somebody_deletes(table: str, prefix: str):
    return lambda story: story.lab.vpc.remove_route(table, prefix)


def ec2_fails(call: str, error, after: bool, times: int):
    return lambda story: story.lab.vpc.fail_next(call, error, after=after, times=times)


def reads_lag(times: int):
    def step(story: Story) -> None:
        story.lab.vpc.lag = times

    return step


def daemon_crashes():
    def step(story: Story) -> None:
        story.lab.crash()
        calls = list(story.lab.vpc.calls)
        story.lab.start(wait=0)
        story.lab.vpc.calls[:0] = calls
        for prefix in sorted(story.wished):
            story.lab.say(announce(prefix))

    return step


calls = st.sampled_from(["CreateRoute", "ReplaceRoute", "DeleteRoute", "DescribeRouteTables", "Describe", ""])
steps = st.one_of(
    st.builds(source_says, prefixes, st.booleans()),
    st.builds(source_says, prefixes, st.booleans()),
    st.builds(source_says_what_nobody_accepts),
    st.builds(somebody_writes, tables, st.sampled_from([*ACCEPTED, OUTSIDE]), st.sampled_from([PEER, OURS])),
    st.builds(somebody_deletes, tables, prefixes),
    # Only what changes nothing can fail with an operator's error; an answer can be lost after anything.
    st.builds(ec2_fails, calls, st.sampled_from(ERRORS), st.just(False), st.integers(1, 4)),
    st.builds(ec2_fails, calls, st.just(ERRORS[0]), st.just(True), st.integers(1, 3)),
    st.builds(reads_lag, st.integers(0, 3)),
    st.builds(daemon_crashes),
)


def expected(lab: Lab, wished: set[str], owned_by_peer: dict[tuple[str, str], bool]) -> list[str]:
    """Ours where it is wished and no peer holds it; a peer's stays."""
    routes = []
    for table in TABLES:
        for prefix in ACCEPTED:
            if owned_by_peer[table, prefix]:
                routes.append(f"{table} {prefix} {PEER} active")
            elif prefix in wished:
                routes.append(f"{table} {prefix} {OURS} active")
    return sorted(routes)


def by_peer(lab: Lab) -> dict[tuple[str, str], bool]:
    routes = lab.vpc._tables
    return {
        (table, prefix): (route := routes[table].static_route(parse_prefix(prefix))) is not None
        and route.target == interface_target(PEER)
        for table in TABLES
        for prefix in ACCEPTED
    }


@seed(20)
@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(steps, pauses), max_size=25), st.booleans())
def test_once_all_is_calm_the_tables_are_as_wished(story_steps, create_same_succeeds: bool) -> None:
    vpc = WatchedVpc()
    vpc.create_same_succeeds = create_same_succeeds
    model = two_hosts()
    vpc._interfaces, vpc._health = model._interfaces, model._health
    for table in TABLES:
        vpc.add_table(table, tags={"type": "private"})
    vpc.add_table("rtb-9", tags={"type": "public"})
    lab = Lab(vpc, rules=(rule(*ACCEPTED),), ec2=Ec2Limits(burst=20, rate=5.0), restart_time=5.0).start(wait=0)
    story = Story(lab)
    for step, pause in story_steps:
        step(story)
        lab.wait(pause)
    vpc._misfortunes.clear()
    vpc.lag = 0
    vpc.thaw()
    lab.wait(150)  # a back-off of the reads, and then a poll
    outside = [route for route in lab.routes if OUTSIDE not in route]
    assert outside == expected(lab, story.wished, by_peer(lab))
    assert vpc.wrong == []
    lab.forget_calls()
    lab.wait(150)
    assert lab.writes == []
    lab.dispose()
