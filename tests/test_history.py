"""The story is the log: what is remembered of it, and for how long."""

import logging

import pytest

from bgp2vpc import history
from bgp2vpc.history import History
from bgp2vpc.logs import event
from bgp2vpc.prefix import parse_prefix

P, Q = parse_prefix("192.0.2.1/32"), parse_prefix("192.0.2.2/32")
log = logging.getLogger("bgp2vpc.test")


@pytest.fixture
def story():
    made = History()
    ours = logging.getLogger("bgp2vpc")
    level = ours.level
    ours.setLevel(logging.INFO)
    made.attach()
    yield made
    made.detach()
    ours.setLevel(level)


def say(words: str, level: int = logging.INFO, **fields: object) -> None:
    event(log, level, words, **fields)


def words(entries) -> list[str]:
    return [entry.words for entry in entries]


def test_events_are_found_by_their_prefix_in_their_order(story: History):
    say("announced", prefix=P, source="dns")
    say("announced", prefix=Q, source="dns")
    say("route created", prefix=P, table="rtb-1")
    say("stale paths removed", prefixes=[P, Q])
    assert words(story.story(str(P))) == ["announced", "route created", "stale paths removed"]
    assert words(story.story(str(Q))) == ["announced", "stale paths removed"]
    assert story.story("192.0.2.3/32") == []


def test_the_story_of_a_prefix_tells_of_the_sources_that_spoke_of_it(story: History):
    say("source up", source="dns")
    say("source up", source="other")
    say("peer up", peer="10.0.0.11")
    say("check healthy", check="web")
    say("check healthy", check="ntp")
    say("announced", prefix=P, source="dns")
    say("announced", prefix=P, source="peer 10.0.0.11")
    say("announced", prefix=P, source="check web")
    say("source down", source="dns")
    assert words(story.story(str(P))) == [
        "source up", "peer up", "check healthy", "announced", "announced", "announced", "source down",
    ]  # fmt: skip


def test_the_story_of_a_managed_prefix_has_what_happened_before_anything_was_said_of_it(story: History):
    say("check unhealthy", check="web")
    say("draining", prefix="all")
    assert story.story(str(P)) == []
    story.relate({str(P): ["check any of web, ntp", "check web", "check ntp"]})
    say("source up", source="check any of web, ntp")
    assert words(story.story(str(P))) == ["check unhealthy", "draining", "source up"]
    assert story.story(str(Q)) == []


def test_what_is_about_everything_is_about_each_prefix_that_is_known(story: History):
    say("announced", prefix=P)
    say("draining", prefix="all")
    assert words(story.story(str(P))) == ["announced", "draining"]
    assert story.story(str(Q)) == []


def test_failures_are_not_pushed_out_by_what_goes_well(story: History):
    say("failed: no", logging.ERROR)
    for _ in range(history.KEPT + 10):
        say("fine")
    assert words(story.failures()) == ["failed: no"]
    assert len(story.last()) == history.KEPT
    assert story.count == history.KEPT + 11


def test_debug_and_other_libraries_are_no_part_of_it(story: History):
    say("probe", logging.DEBUG)
    logging.getLogger("botocore").warning("secret")
    assert story.last() == []


def test_it_is_bounded_whatever_happens(story: History, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "KEPT_OF_PREFIXES", 50)
    for number in range(200):
        for _ in range(3):
            say("announced", prefix=f"10.0.{number}.0/24")
    assert len(story.prefixes()) <= 17
    assert words(story.story("10.0.199.0/24")) == ["announced"] * 3
    assert story.story("10.0.0.0/24") == []
    say("x" * 10_000, **{f"field{n}": "y" * 10_000 for n in range(100)})
    (last,) = story.last(1)
    assert len(last.words) == history.LONGEST
    assert len(last.fields) == history.MOST_FIELDS
    assert max(len(value) for _, value in last.fields) == history.LONGEST


def test_one_prefix_that_flaps_pushes_out_only_itself(story: History):
    say("announced", prefix=Q)
    for number in range(3 * history.KEPT_OF_PREFIX):
        say("announced", prefix=P, med=number)
    assert len(story.story(str(P))) == history.KEPT_OF_PREFIX
    assert story.story(str(P))[-1].get("med") == str(3 * history.KEPT_OF_PREFIX - 1)
    assert len(story.story(str(Q))) == 1


def test_a_value_cannot_forge_anything(story: History):
    say("script says", source="a\nb\x1b[31m", stderr=["x", "y"])
    (entry,) = story.last()
    assert entry.get("source") == "a\\nb\\u001b[31m"
    assert entry.get("stderr") == "x, y"


def test_nothing_is_remembered_once_it_is_detached(story: History):
    story.detach()
    say("announced", prefix=P)
    assert story.last() == []
