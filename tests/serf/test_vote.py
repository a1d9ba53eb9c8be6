"""Votes: the words, who says what against whom, and for how long. Time is an argument."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.health.rise_fall import failing
from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf import vote
from bgp2vpc.serf.vote import OwnVotes, Vote, VoteError, Votes, parse_votes

A, B = IPAddress("10.0.0.11"), IPAddress("2001:db8::11")
AGAINST = ("dns", A)


def against(voter: str, check: str = "dns", address: IPAddress = A) -> Vote:
    return Vote(True, check, address, voter)


def taken_back(voter: str) -> Vote:
    return Vote(False, "dns", A, voter)


# The words


@pytest.mark.parametrize(
    ("text", "votes"),
    [
        ("withdraw dns 10.0.0.11 from nat-a", [against("nat-a")]),
        ("announce dns 10.0.0.11 from nat-a", [taken_back("nat-a")]),
        ("withdraw  dns\t10.0.0.11 2001:db8::11 from nat-a\n", [against("nat-a"), against("nat-a", address=B)]),
        ("withdraw 'my check' 10.0.0.11 from \"a b\"", [against("a b", "my check")]),
        ("withdraw from 10.0.0.11 from from", [against("from", "from")]),
    ],
)
def test_a_payload_holds_votes(text: str, votes: list[Vote]) -> None:
    assert list(parse_votes(text)) == votes


FORM = "expected: announce|withdraw CHECK ADDRESS… from VOTER"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", FORM),
        ("withdraw", FORM),
        ("withdraw dns from nat-a", FORM),
        ("withdraw dns 10.0.0.11", FORM),
        ("withdraw dns 10.0.0.11 from", FORM),
        ("withdraw dns 10.0.0.11 from ''", FORM),
        ("WITHDRAW dns 10.0.0.11 from nat-a", FORM),
        ("remove dns 10.0.0.11 from nat-a", FORM),
        ("withdraw dns 10.0.0.11 from nat-a because", f"'from' is not an IP address; {FORM}"),
        ("withdraw dns eni-1 from nat-a", f"'eni-1' is not an IP address; {FORM}"),
        ("withdraw dns 10.0.0.0/24 from nat-a", f"'10.0.0.0/24' is not an IP address; {FORM}"),
        ("withdraw 'dns 10.0.0.11 from nat-a", "cannot be split into words: no closing quotation"),
    ],
)
def test_what_is_no_vote_is_told_why(text: str, why: str) -> None:
    if "because" in text:
        why = FORM
    with pytest.raises(VoteError) as raised:
        parse_votes(text)
    assert str(raised.value) == why


@given(st.text(max_size=80))
def test_any_text_is_votes_or_refused(text: str) -> None:
    try:
        votes = parse_votes(text)
    except VoteError:
        return
    assert votes


@given(st.booleans(), st.text(min_size=1), st.text(min_size=1))
def test_what_is_written_is_read_again(says_against: bool, check: str, voter: str) -> None:
    written = Vote(says_against, check, A, voter)
    assert parse_votes(str(written)) == (written,)


# Who says what


def test_a_vote_stands_until_its_time_is_over() -> None:
    votes = Votes()
    assert votes.cast(against("a"), 1, until=30.0, now=0.0)
    assert votes.against(AGAINST, ["a", "b"], 29.9) == {"a"}
    assert votes.against(AGAINST, ["a", "b"], 30.0) == frozenset()


def test_a_vote_that_is_repeated_is_no_news_and_stands_longer() -> None:
    votes = Votes()
    votes.cast(against("a"), 1, until=30.0, now=0.0)
    assert not votes.cast(against("a"), 2, until=40.0, now=10.0)
    assert votes.next_expiry() == 40.0
    assert votes.against(AGAINST, ["a"], 35.0) == {"a"}


def test_a_voter_takes_its_vote_back_and_nobody_elses() -> None:
    votes = Votes()
    votes.cast(against("a"), 1, until=30.0, now=0.0)
    votes.cast(against("b"), 2, until=30.0, now=0.0)
    assert votes.cast(taken_back("a"), 3, until=30.0, now=1.0)
    assert not votes.cast(taken_back("a"), 4, until=30.0, now=1.0)
    assert votes.against(AGAINST, ["a", "b"], 2.0) == {"b"}
    assert list(votes) == [against("b")]


def test_of_two_events_that_gossip_brings_in_the_wrong_order_the_later_one_counts() -> None:
    votes = Votes()
    votes.cast(taken_back("a"), 8, until=30.0, now=0.0)
    assert not votes.cast(against("a"), 7, until=30.0, now=0.0)
    assert votes.against(AGAINST, ["a"], 1.0) == frozenset()
    votes.forget_order()
    votes.cast(against("a"), 1, until=30.0, now=1.0)
    assert votes.against(AGAINST, ["a"], 2.0) == {"a"}


def test_what_stands_no_longer_does_not_order_anything() -> None:
    votes = Votes()
    votes.cast(taken_back("a"), 8, until=30.0, now=0.0)
    assert votes.cast(against("a"), 7, until=70.0, now=40.0)


def test_only_those_count_who_are_there() -> None:
    votes = Votes()
    votes.cast(against("a"), 1, until=30.0, now=0.0)
    assert votes.against(AGAINST, ["b"], 1.0) == frozenset()


def test_a_vote_is_about_one_check_and_one_address() -> None:
    votes = Votes()
    votes.cast(against("a"), 1, until=30.0, now=0.0)
    assert votes.against(("web", A), ["a"], 1.0) == frozenset()
    assert votes.against(("dns", B), ["a"], 1.0) == frozenset()


def test_what_stands_no_longer_is_forgotten_and_no_flood_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    votes = Votes()
    for number in range(vote.KEPT + 5):
        votes.cast(against("a", address=IPAddress(number)), number, until=30.0, now=0.0)
    assert len(list(votes)) == vote.KEPT
    votes.expire(30.0)
    assert votes.next_expiry() is None


# What we say


def said(own_votes: OwnVotes, accusations: set[tuple[str, IPAddress]], now: float) -> list[str]:
    return [str(each) for each in own_votes.due(accusations, "me", now, repeat=10.0)]


def test_we_say_what_is_new_again_and_again_and_take_it_back_once() -> None:
    own_votes = OwnVotes()
    assert said(own_votes, set(), 0.0) == []
    assert said(own_votes, {AGAINST}, 1.0) == ["withdraw dns 10.0.0.11 from me"]
    assert said(own_votes, {AGAINST}, 10.9) == []
    assert said(own_votes, {AGAINST, ("web", A)}, 11.0) == [
        "withdraw dns 10.0.0.11 from me",
        "withdraw web 10.0.0.11 from me",
    ]
    assert said(own_votes, {("web", A)}, 12.0) == ["announce dns 10.0.0.11 from me"]
    assert said(own_votes, {("web", A)}, 13.0) == []


def test_to_a_new_agent_we_say_all_again() -> None:
    own_votes = OwnVotes()
    said(own_votes, {AGAINST, ("web", A)}, 1.0)
    own_votes.say_all_again()
    assert said(own_votes, {AGAINST}, 2.0) == ["announce web 10.0.0.11 from me", "withdraw dns 10.0.0.11 from me"]


# The verdict


@pytest.mark.parametrize(
    ("own", "others", "needed", "fails"),
    [
        (False, 0, None, True),
        (True, 9, None, False),
        (None, 9, None, False),
        (False, 0, 1, True),
        (True, 0, 1, False),
        (None, 1, 1, True),
        (False, 0, 2, False),
        (False, 1, 2, True),
        (True, 1, 2, False),
        (True, 2, 2, True),
        (None, 2, 2, True),
        (None, 0, 2, False),
    ],
)
def test_an_owner_fails_by_our_own_check_or_by_votes(own, others, needed, fails) -> None:
    assert failing(own, others, needed) is fails
