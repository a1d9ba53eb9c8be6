"""Whatever is reloaded, ordered and shown by metadata, in whatever order: once all is calm the tables are as wished.

And nothing that is no longer wanted goes on, or is still said to fail.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from lab import OURS, PEER, A, B, Lab, announce, two_hosts, withdraw

from bgp2vpc.config.load import parse
from bgp2vpc.config.model import CompletedHook, OrderTags
from bgp2vpc.errors import ConfigError, Credentials, Denied, MetadataError, Problem, Throttled, Transient
from bgp2vpc.operator.orders import OrderError
from bgp2vpc.vpc.lifecycle import INTERRUPTION, REBALANCE, TARGET_STATE
from bgp2vpc.vpc.order_tags import GROUP_TAG, INSTANCE_TAGS, path_of

TABLES, NAT = ("rtb-1", "rtb-2"), "nat-0123456789abcdef0"
ERRORS = (
    Transient("X", "InternalError", "x"),
    Throttled("X", "RequestLimitExceeded", "x"),
    Denied("X", "UnauthorizedOperation", "x"),
    Credentials("X", "ExpiredToken", "x"),
)


def of_file(rule: str) -> dict[str, object]:
    text = f"routetables:\n  private:\n    find: {{type: by_tag, config: {{key: type, value: private}}}}\n    {rule}\n"
    config = parse(text, "lab.yaml")
    return {"rules": config.rules, "checked_sources": config.checked_sources}


BOTH = of_file(f"accept: [{A}, {B}]")
RULES = (
    BOTH,
    of_file(f"accept: [{A}]"),
    of_file(f"accept: [{B}]\n    manage_routes: [{{cidr: {A}}}]"),
    of_file(f"manage_routes: [{{cidr: [{A}, {B}]}}]"),
    of_file(f"accept: [{A}, {B}]\n    never_delete: true"),
    of_file(f"accept: [{A}, {B}]\n    fallback: {NAT}"),
    of_file(f"accept: [{A}, {B}]\n    takeover: always"),
)
SETTINGS = (
    {},
    {"restart_time": 0.0},
    {"restart_time": 20.0},
    {"lifecycle": True},
    {"lifecycle": True, "completed_hook": CompletedHook("drained")},
    {"tags": OrderTags(drain="leave")},
    {"drain_timeout": 1.0},
    {"max_changes": 1},
    {"poll_time": 5.0},
)
ORDERS = (
    *(("hold", A), ("hold", B, "for", "20s"), ("release",)),
    *(("drain",), ("drain", A), ("drain", B, "for", "15s"), ("undrain",), ("undrain", A)),
    *(("takeover", A), ("reconcile",), ("why", A)),
)
METADATA = (
    None,
    {},
    {INTERRUPTION: '{"action": "stop", "time": "soon"}'},
    {REBALANCE: "{}"},
    {TARGET_STATE: "Terminated", path_of(GROUP_TAG): "anycast"},
    {TARGET_STATE: "Standby"},
    {INSTANCE_TAGS: "leave", path_of("leave"): ""},
)


@dataclass
class Story:
    """A lab, and what its script has said last."""

    lab: Lab
    wished: set[str] = field(default_factory=set)

    def start(self) -> None:
        self.lab.start(wait=0)
        self.lab.say(*map(announce, sorted(self.wished)))


Step = Callable[[Story], object]


def says(prefix: str, wanted: bool) -> Step:
    def step(story: Story) -> None:
        story.lab.say(announce(prefix) if wanted else withdraw(prefix))
        (story.wished.add if wanted else story.wished.discard)(prefix)

    return step


def reloads(rules: dict[str, object], some: dict[str, object], more: dict[str, object]) -> Step:
    def step(story: Story) -> None:
        config = replace(story.lab.config, **rules | some | more)
        story.lab.next_config = lambda: config
        story.lab.do(story.lab.daemon.reload)

    return step


def reloads_errors() -> Step:
    def step(story: Story) -> None:
        def load():
            raise ConfigError("lab.yaml", (Problem("lab.yaml", 3, "poll_time", "no"),))

        story.lab.next_config = load
        story.lab.do(story.lab.daemon.reload)

    return step


def orders(words: tuple[str, ...]) -> Step:
    def step(story: Story) -> None:
        with suppress(OrderError):
            story.lab.ask(*words)

    return step


def metadata_shows(texts: dict[str, str] | None) -> Step:
    return lambda story: setattr(story.lab, "metadata", texts)


def ec2_fails(call: str, error, after: bool, times: int) -> Step:
    return lambda story: story.lab.vpc.fail_next(call, error, after=after, times=times)


def crashes(connects_after: int) -> Step:
    def step(story: Story) -> None:
        story.lab.crash()
        works, failures = story.lab.connect, iter(range(connects_after))

        def connect():
            if next(failures, None) is not None:
                raise MetadataError("instance metadata: connection refused")
            return works()

        story.lab.connect = connect
        story.start()

    return step


def writes(table: str, prefix: str, target: str) -> Step:
    return lambda story: story.lab.vpc.put_route(table, prefix, target)


prefixes = st.sampled_from([A, B])
calls = st.sampled_from(["CreateRoute", "ReplaceRoute", "DeleteRoute", "Describe", "Lifecycle", ""])
steps = st.one_of(
    st.builds(says, prefixes, st.booleans()),
    st.builds(reloads, st.sampled_from(RULES), st.sampled_from(SETTINGS), st.sampled_from(SETTINGS)),
    st.builds(reloads, st.sampled_from(RULES), st.sampled_from(SETTINGS), st.sampled_from(SETTINGS)),
    st.builds(reloads_errors),
    st.builds(orders, st.sampled_from(ORDERS)),
    st.builds(metadata_shows, st.sampled_from(METADATA)),
    st.builds(ec2_fails, calls, st.sampled_from(ERRORS), st.just(False), st.sampled_from([1, 5, 20])),
    st.builds(ec2_fails, calls, st.just(ERRORS[0]), st.just(True), st.integers(1, 3)),
    st.builds(crashes, st.integers(0, 3)),
    st.builds(writes, st.sampled_from(TABLES), prefixes, st.sampled_from([OURS, PEER])),
)


@seed(1)
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(steps, st.sampled_from([0.0, 0.05, 0.3, 3.0, 15.0])), min_size=10, max_size=25))
def test_once_all_is_calm_the_tables_are_as_wished_and_nothing_fails(story_steps) -> None:
    with TemporaryDirectory() as directory:
        vpc = two_hosts(len(TABLES))
        vpc.add_gateway(NAT)
        story = Story(Lab(vpc, **BOTH, state_file=Path(directory) / "state", restart_time=5.0, drain_timeout=4.0))
        lab = story.lab
        story.start()
        for step, pause in story_steps:
            step(story)
            lab.wait(pause)
        vpc._misfortunes.clear()
        lab.reload()
        lab.wait(40)
        lab.ask("undrain")
        lab.ask("release")
        for prefix in (A, B):  # also where the last reload had a rule that keeps it
            lab.say(announce(prefix) if prefix in story.wished else withdraw(prefix))
            for table in TABLES:
                vpc.remove_route(table, prefix)
        lab.wait(150)  # a back-off of the reads, and then a poll
        assert lab.routes == [f"{table} {prefix} {OURS} active" for table in TABLES for prefix in sorted(story.wished)]
        status = lab.ask("status")
        assert (status["failing"], status["steering"], status["leaving"]) == ({}, [], [])
        lab.forget_calls()
        lab.wait(150)
        assert lab.writes == []
        lab.dispose()
