"""Two daemons with one managed prefix list, whatever happens: no entry that its owner serves is missing in the end."""

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from lab import OURS, PEER, Lab, announce, two_hosts, withdraw

from bgp2vpc.config.model import Ec2Limits
from bgp2vpc.errors import Denied, Throttled, Transient
from bgp2vpc.policy.rule import Rule
from bgp2vpc.vpc.prefix_lists import PrefixListRef
from tests.values import rule

LIST, FOREIGN = "pl-1", "198.51.100.1/32"
PREFIXES = tuple(f"192.0.2.{number}/32" for number in range(1, 4))
INTERFACES = (OURS, PEER)
RULE = rule("192.0.2.0/24 le 32", name="lists", prefix_list=PrefixListRef(LIST, keeps_foreign=True))


class Pair:
    """Both hosts and what they offer."""

    def __init__(self, tables: int, *more: Rule, max_entries: int = 100) -> None:
        vpc = two_hosts(tables)
        vpc.add_prefix_list(LIST, max_entries=max_entries)
        config = {"rules": (RULE, *more), "poll_time": 5.0, "restart_time": 5.0, "ec2": Ec2Limits(burst=20, rate=5.0)}
        first = Lab(vpc, **config)
        self.labs = (first, Lab(beside=first, **config))
        self.offered: tuple[set[str], set[str]] = (set(), set())
        self.vpc = vpc
        for each in self.labs:
            each.start(wait=0)

    def says(self, who: int, prefix: str, wanted: bool) -> None:
        self.labs[who].say(announce(prefix) if wanted else withdraw(prefix))
        (self.offered[who].add if wanted else self.offered[who].discard)(prefix)

    def live_through(self, story) -> None:
        """What happens, and some time after that in which nothing does."""
        for step, pause in story:
            step(self)
            self.labs[0].wait(pause)
        self.vpc._misfortunes.clear()
        self.labs[0].wait(75)

    def routes(self) -> dict[str, int]:
        """Destination -> whose route it is in the first table that has one."""
        found = [route.split() for route in reversed(self.labs[0].routes)]
        return {destination: INTERFACES.index(interface) for _, destination, interface, *_ in found}

    def owners(self) -> set[int]:
        return {INTERFACES.index(route.split()[2]) for route in self.labs[0].routes}

    def is_calm(self) -> bool:
        self.labs[0].forget_calls()
        self.labs[0].wait(35)
        return self.vpc.writes == []


who, prefixes = st.integers(0, 1), st.sampled_from(PREFIXES)
modify, read = "ModifyManagedPrefixList", "GetManagedPrefixListEntries"
errors = st.sampled_from(
    [Transient("X", "InternalError", ""), Throttled("X", "RequestLimitExceeded", ""), Denied("X", "Unauthorized", "")]
)


def says(host: int, prefix: str, wanted: bool):
    return lambda pair: pair.says(host, prefix, wanted)


def somebody_adds():
    return lambda pair: pair.vpc.put_entries(LIST, FOREIGN)


def somebody_moves(host: int):
    return lambda pair: pair.vpc.put_route("rtb-1", LIST, INTERFACES[host])


def fails(call: str, error, times: int):
    return lambda pair: pair.vpc.fail_next(call, error, times=times)


def answer_is_lost(call: str):
    return lambda pair: pair.vpc.fail_next(call, Transient("X", "ReadTimeoutError", ""), after=True)


def takes_long(reads: int):
    return lambda pair: setattr(pair.vpc, "changing", reads)


calls = st.sampled_from([modify, read, "DescribeManagedPrefixLists", "ReplaceRoute", "CreateRoute", "Describe"])
steps = st.one_of(
    st.builds(says, who, prefixes, st.booleans()),
    st.builds(says, who, prefixes, st.booleans()),
    st.builds(somebody_adds),
    st.builds(somebody_moves, who),
    st.builds(fails, calls, errors, st.integers(1, 3)),
    st.builds(answer_is_lost, st.sampled_from([modify, "CreateRoute", "DeleteRoute"])),
    st.builds(takes_long, st.integers(0, 3)),
)
pauses = st.sampled_from([0.0, 0.06, 0.11, 0.4, 3.0, 15.0])


@seed(20)
@settings(max_examples=settings().max_examples // 3, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 2), st.lists(st.tuples(steps, pauses), max_size=20))
def test_once_all_is_calm_the_list_has_what_its_owners_offer(tables: int, story) -> None:
    pair = Pair(tables)
    try:
        pair.live_through(story)
        owners, entries = pair.owners(), set(pair.vpc.entries(LIST))
        assert all(pair.offered[owner] for owner in owners)  # who offers nothing has withdrawn its route
        assert bool(owners) is any(pair.offered)
        offered = set[str]().union(*(pair.offered[owner] for owner in owners))
        assert entries >= offered
        if len(owners) == 1:
            assert entries - {FOREIGN} == offered
        assert pair.is_calm()
    finally:
        pair.labs[0].dispose()


@seed(20)
@settings(max_examples=settings().max_examples // 5, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(steps, pauses), max_size=20))
def test_with_a_second_rule_whatever_is_offered_is_served_by_the_list_or_by_a_route_of_its_own(story) -> None:
    pair = Pair(1, rule("192.0.2.0/24 le 32", name="own"), max_entries=1)
    try:
        pair.live_through(story)
        routes, entries = pair.routes(), pair.vpc.entries(LIST)
        for prefix in PREFIXES:
            server = routes.get(prefix, routes.get(LIST) if prefix in entries else None)
            offering = {host for host in (0, 1) if prefix in pair.offered[host]}
            assert server in offering if offering else prefix not in routes
        assert pair.is_calm()
    finally:
        pair.labs[0].dispose()
