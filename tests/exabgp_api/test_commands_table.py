"""260 commands, each with what ExaBGP 4.2, 5.0 and 6.0-dev answered and sent: a line means here what the newest
version that accepts it made of it."""

import json
from pathlib import Path as File
from typing import Any

import pytest
from captured_updates import attributes_of_capture, attributes_of_path

from bgp2vpc.bgp.events import Announce, Withdraw, WithdrawAll
from bgp2vpc.exabgp_api.command import Answer, Command
from bgp2vpc.exabgp_api.line import parse

TABLE: list[tuple[str, dict[str, dict[str, Any]]]] = json.loads(
    (File(__file__).parent / "data" / "commands.json").read_text(encoding="ascii")
)
VERSIONS = ("6.0", "5.0", "4.2")

_SELF = "an IPv6 address of its own is what the speaker has in a VPC, but the captured sessions ran over IPv4"
_NEIGHBORS = "which neighbors there are is known to ExaBGP only; for the VPC every selector means us"
_OPERATOR = "for the operator of ExaBGP; a script must not end or upset it for the others"
_DEADLY = "ends ExaBGP, or resets its sessions, in at least one version"
_OTHER = "no unicast route; the session says done when ExaBGP is there to take it"
DIFFERENT: dict[str, tuple[Answer, str]] = {
    "announce route fd01:1::/64 next-hop self": (Answer.DONE, _SELF),
    "announce ipv6 unicast fd05:1::/64 next-hop self": (Answer.DONE, _SELF),
    "announce attributes next-hop self nlri fd06::/64": (Answer.DONE, _SELF),
    "neighbor 10.99.0.2 peer-as 65009 announce route 10.7.7.0/24 next-hop self": (Answer.DONE, _NEIGHBORS),
    "neighbor 10.99.0.99 announce route 10.7.9.0/24 next-hop self": (Answer.DONE, _NEIGHBORS),
    "peer 10.99.0.2, peer 10.99.0.12 announce route 10.8.32.0/24 next-hop self": (
        Answer.DONE,
        "6.0's own healthcheck prints this form",
    ),
    "announce route 10.1.8.0/255.255.255.0 next-hop self": (Answer.ERROR, "6.0 takes it for 10.1.8.0/32"),
    "announce route 10.2.0.0/24 next-hop self label 100": (Answer.ERROR, _OTHER),
    "announce ipv4 multicast 10.5.4.0/24 next-hop self": (Answer.ERROR, _OTHER),
    "announce route 10.3.11.0/24 next-hop self json": (Answer.ERROR, _DEADLY),
    "announce attributes nlri 10.6.6.0/24": (Answer.ERROR, _DEADLY),
    "announce attributes next-hop self med 5": (Answer.ERROR, "6.0 says done and sends nothing; 4.2 and 5.0 err"),
    "debug hello": (Answer.DONE, "5.0 and 6.0 log it and say nothing, and a speaker would wait for ever"),
    "silence-ack": (Answer.DONE, "the session, not the parser, keeps the answer back"),
    "session ack silence": (Answer.DONE, "the session, not the parser, keeps the answer back"),
    **dict.fromkeys(
        (
            "reset",
            "session reset",
            "crash",
            "teardown 2",
            "neighbor 10.99.0.12 teardown 2",
            "peer 10.99.0.12 teardown 2",
            "reload",
        ),
        (Answer.ERROR, _OPERATOR),
    ),
}
"""Where bgp2vpc answers otherwise than the newest version that accepts the line, and why."""
UNRECORDED = {
    "neighbor 10.99.0.12 announce route 10.7.1.0/24 next-hop self": "only what went to 10.99.0.2 was recorded",
}


def newest_accepting(versions: dict[str, dict[str, Any]]) -> str | None:
    return next((name for name in VERSIONS if versions[name]["answer"] == "done"), None)


@pytest.mark.parametrize(("line", "versions"), TABLE, ids=[line or "(empty)" for line, _ in TABLE])
def test_a_line_is_answered_as_by_the_newest_version_that_accepts_it(
    line: str, versions: dict[str, dict[str, Any]]
) -> None:
    expected = Answer.DONE if newest_accepting(versions) else Answer.ERROR
    assert parse(line).answer is DIFFERENT.get(line, (expected, ""))[0]


def test_every_difference_is_one() -> None:
    for line, (answer, reason) in DIFFERENT.items():
        versions = dict(TABLE)[line]
        assert (answer is Answer.DONE) != bool(newest_accepting(versions)), f"{line}: no difference ({reason})"


@pytest.mark.parametrize(("line", "versions"), TABLE, ids=[line or "(empty)" for line, _ in TABLE])
def test_a_line_announces_and_withdraws_what_the_newest_version_sent(
    line: str, versions: dict[str, dict[str, Any]]
) -> None:
    version = newest_accepting(versions)
    if version is None or line in DIFFERENT or line in UNRECORDED:
        return
    updates = versions[version]["updates"]
    for event in parse(line).events:
        match event:
            case Announce(path):
                sent = [attributes_of_capture(text) for _, prefix, text in updates if prefix == str(path.prefix)]
                assert attributes_of_path(path, lists_are_sets=version != "4.2") in sent
            case Withdraw(prefix):
                assert ["withdrawn", str(prefix), ""] in updates


def test_nothing_that_exabgp_sent_for_a_line_is_missed() -> None:
    """An update is either an event of its line, or an echo of an earlier one (ExaBGP says its routes again)."""
    said: set[str] = set()
    missed = []
    for line, versions in TABLE:
        version = newest_accepting(versions)
        updates = versions[version]["updates"] if version else []
        if line in DIFFERENT:
            said |= {prefix for _, prefix, _ in updates}
        said |= prefixes(parse(line))
        missed += [(line, prefix) for _, prefix, _ in updates if prefix not in said]
    assert missed == []


def test_an_error_never_makes_an_event_and_always_says_why() -> None:
    for line, _ in TABLE:
        command = parse(line)
        if command.answer is Answer.ERROR:
            assert command.events == ()
            assert command.error


def test_clearing_the_adj_rib_out_withdraws_everything() -> None:
    assert parse("clear adj-rib out").events == (WithdrawAll(),)


def prefixes(command: Command) -> set[str]:
    return {str(event.path.prefix) for event in command.events if isinstance(event, Announce)} | {
        str(event.prefix) for event in command.events if isinstance(event, Withdraw)
    }
