"""Proof by difference: our parser and the installed ExaBGP's read the same lines and must agree."""

import re
from pathlib import Path as File

import pytest
from api_lines import damaged, statements
from exabgp_parser import ExaBgpParser
from hypothesis import given

from bgp2vpc.bgp.events import Announce, Withdraw
from bgp2vpc.bgp.path import Path
from bgp2vpc.exabgp_api.command import Answer
from bgp2vpc.exabgp_api.line import parse

HEALTHCHECK_LINES = (File(__file__).parent / "data" / "healthcheck-lines.txt").read_text(encoding="ascii").splitlines()
VERBS = ("announce", "withdraw")
STRICTER: dict[str, str] = {
    r"path-information: ": "ExaBGP cuts a large number to 32 bits and packs any count of octets",
    r"community: '.*' is not a number": "ExaBGP lets 1:65536 run over into the other half",
    r"extended-community: '.*' is not 16 hex": "ExaBGP sends any number of octets, a malformed attribute",
    r"is no route a VPC can hold": "another family; passed on to ExaBGP",
    r"next hop .* is of the other family": "ExaBGP takes it, and sends nothing on most sessions",
    r"split: ": "ExaBGP would make millions of prefixes, or none of an impossible length",
    r"attribute: ": "ExaBGP sends codes and flags modulo 256, or dies of them",
    r"cannot share one line": "ExaBGP mixes the families in one malformed update",
    r"is no ipv[46] prefix": "ExaBGP sends it as the other family, a malformed update",
    r"'withdraw attribute'": "ExaBGP's dispatcher, which is not asked here, withdraws what was to be announced",
    r"next-hop is missing": "ExaBGP takes attributes without next hop, and the session is reset",
}
"""What our error says -> why we refuse a line that ExaBGP takes."""
LOOSER: dict[str, str] = {
    r"as-path \d": "5.0 forgot the bare form of 4.2 and 6.0",
    r"as-path \[[^]]*[\[(]": "4.2's set within a sequence",
}
"""What the line holds -> why we take a line that ExaBGP does not."""


@pytest.fixture(scope="module")
def exabgp() -> ExaBgpParser:
    return ExaBgpParser()


def events_of(verb: str, paths: list[Path]) -> tuple[Announce | Withdraw, ...]:
    if verb == "announce":
        return tuple(Announce(path) for path in paths)
    return tuple(Withdraw(path.prefix, path.path_id) for path in paths)


def compare(exabgp: ExaBgpParser, verb: str, statement: str) -> None:
    if statement.startswith("watchdog"):
        # Damage made another command of it, which ExaBGP's dispatcher would not give to this parser.
        return
    ours = parse(f"{verb} {statement}")
    theirs = exabgp.read(verb, statement)
    if any(re.search(pattern, ours.error) for pattern in STRICTER):
        return
    if ours.error and not {"{", "}"}.isdisjoint(statement):
        # Within braces ExaBGP passes over left-over words, missing brackets, and what stands behind the last ';'.
        return
    if theirs is None:
        assert ours.answer is Answer.ERROR or any(re.search(pattern, statement) for pattern in LOOSER)
    else:
        assert ours.events == events_of(verb, theirs), ours.error


@given(statement=statements())
def test_correct_lines_mean_the_same(exabgp: ExaBgpParser, statement: str) -> None:
    for verb in VERBS:
        assert parse(f"{verb} {statement}").answer is Answer.DONE
        assert exabgp.read(verb, statement) is not None
        compare(exabgp, verb, statement)


@given(statement=damaged())
def test_damaged_lines_are_taken_or_refused_alike(exabgp: ExaBgpParser, statement: str) -> None:
    for verb in VERBS:
        compare(exabgp, verb, statement)


@pytest.mark.parametrize("line", HEALTHCHECK_LINES)
def test_what_healthchecks_said_means_the_same(exabgp: ExaBgpParser, line: str) -> None:
    """Every line that `exabgp healthcheck` of 4.2, 5.0 and 6.0 printed in the captured runs."""
    verb, _, statement = re.sub(r"^.*?(announce|withdraw) ", r"\1 ", line).partition(" ")
    ours = parse(line)
    assert ours.answer is Answer.DONE
    assert ours.relay
    theirs = exabgp.read(verb, statement)
    assert theirs is not None
    if "of the other family" in ours.error:
        assert [path.prefix.version for path in theirs] != [path.next_hop.version for path in theirs]
    else:
        assert ours.events == events_of(verb, theirs)
