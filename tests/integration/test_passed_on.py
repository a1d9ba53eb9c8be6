"""What bgp2vpc passes on stops no ExaBGP, and whom it blames for a refusal is to blame. More lines: CONTRIBUTING.md."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.exabgps import EXABGPS, Exabgp
from tests.passed_on.lines import corpora, generated
from tests.passed_on.run import pass_on, shortest

pytestmark = pytest.mark.io


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return [*corpora(), *generated(1500, first=0)]


@pytest.mark.parametrize("with_sessions", [False, True], ids=["no-session", "sessions"])
@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)
def test_what_is_passed_on_is_answered_to_the_end(exabgp: Exabgp, lines: list[str], *, with_sessions: bool) -> None:
    outcome = asyncio.run(pass_on(exabgp, lines, with_sessions=with_sessions))
    assert outcome.passed_on > 1500
    assert outcome.blamed


@pytest.mark.parametrize(("needed", "found"), [("g", "g"), ("dg", "defg"), ("a", "a"), ("h", "h"), ("ah", "abcdefgh")])
def test_the_lines_that_stop_it_are_found_among_many(needed: str, found: str) -> None:
    async def stops(lines: Sequence[str]) -> bool:
        return set(needed) <= set(lines)

    assert asyncio.run(shortest("abcdefgh", stops)) == found
