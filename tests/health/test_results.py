"""What the results of a check add up to, one result a second: `+` a success, `.` a failure, `?` unknown."""

import pytest
from health_kit import a_check

from bgp2vpc.health.model import Ping, ProbeResult
from bgp2vpc.health.results import Results

HEALTHY = {"+": True, ".": False, "?": None}


def after(said: str) -> tuple[Results, str]:
    """The results of a check with rise 2 and fall 3, and in which seconds `add` told of a new verdict."""
    results, told = Results(a_check(Ping(), rise=2, fall=3)), ""
    for second, each in enumerate(said, start=1):
        verdict = results.add(ProbeResult(HEALTHY[each], each), 0.25, float(second))
        told += "-" if verdict is None else "H" if verdict else "u"
    return results, told


@pytest.mark.parametrize(
    ("said", "told", "since", "unknown_since", "passes"),
    [
        ("+", "-", None, None, False),
        ("++", "-H", 2, None, True),
        ("++.", "-H-", 2, None, False),
        ("++.+", "-H--", 2, None, True),
        ("++...", "-H--u", 5, None, False),
        ("?", "-", None, 1, False),
        ("??+", "---", None, 1, False),  # fewer known ones in a row than `rise`
        ("??++", "---H", 4, None, True),
        ("+?+", "--H", 3, 2, True),  # an unknown one neither counts nor interrupts
        ("++?", "-H-", 2, 3, False),
        ("++?+?+", "-H----", 2, 3, True),
        ("++?..", "-H---", 2, None, False),
    ],
)
def test_verdict_and_times(said: str, told: str, since: int | None, unknown_since: int | None, passes: bool) -> None:
    results, heard = after(said)
    status = results.status
    assert (heard, status.since, status.unknown_since, results.passes) == (told, since, unknown_since, passes)
    assert results.is_unknown == (unknown_since is not None)
    assert (status.healthy, status.probes, status.last_reason) == (results.healthy, len(said), said[-1])
    assert [each.healthy for each in status.history] == [HEALTHY[each] for each in said]


def test_how_many_were_alike() -> None:
    assert [after(said)[0].in_a_row for said in ("", "+", "+..", "..?.", "...+")] == [0, 1, 2, 3, 1]
