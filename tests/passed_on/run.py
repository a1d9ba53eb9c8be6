"""Lines said to ExaBGPs, one after the other; and if one is stopped, which of the lines does that."""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.exabgps import Exabgp
from tests.passed_on.trial import REFUSED, StoppedError, trial
from tests.waiting import PATIENCE

BATCH = 500
"""Lines that are said before it is looked whether all are answered."""
FEW, SLOWLY = 3, 300
"""The first `SLOWLY` lines are said by `FEW`: then the relay mostly knows which of them was refused."""
SAMPLE = 50
"""Refused lines that are said once more, each alone."""


class FoundError(Exception):
    """What was found, in words."""


class Blamed(logging.Handler):
    """The lines of which the relay says that ExaBGP refused them. `doubtful`: how often it could not tell which."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.doubtful = 0

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "ExaBGP refused a line":
            self.lines.append(record.__dict__["fields"]["line"])
        elif record.getMessage().startswith("ExaBGP refused "):
            self.doubtful += 1


@dataclass
class Outcome:
    """Counts of lines. `doubtful`: groups of lines of which it is not known which one ExaBGP refused."""

    passed_on: int = 0
    blamed: list[str] = field(default_factory=list)
    doubtful: int = 0


async def pass_on(exabgp: Exabgp, lines: Sequence[str], *, with_sessions: bool) -> Outcome:
    """Say all lines to one ExaBGP. Raises FoundError if that stops it, or the relay blames a line wrongly."""
    outcome = Outcome()
    slow, quick = lines[:SLOWLY], lines[SLOWLY:]
    batches = [slow[start : start + FEW] for start in range(0, len(slow), FEW)]
    batches += [quick[start : start + BATCH] for start in range(0, len(quick), BATCH)]
    said: list[str] = []
    try:
        with _blamed() as blamed:
            async with trial(exabgp, with_sessions=with_sessions) as one:
                for batch in batches:
                    said += batch
                    await one.say(batch)
                outcome.passed_on = one.passed_on
        outcome.blamed, outcome.doubtful = blamed.lines, blamed.doubtful
    except StoppedError as error:
        culprits = await _culprits(exabgp, said, with_sessions=with_sessions)
        raise FoundError("\n  ".join([f"ExaBGP {exabgp.version} is stopped by", *culprits, str(error)])) from None
    await _look_at_blamed(exabgp, outcome.blamed, with_sessions=with_sessions)
    return outcome


async def _look_at_blamed(exabgp: Exabgp, blamed: Sequence[str], *, with_sessions: bool) -> None:
    different = [line for line in dict.fromkeys(blamed) if line != REFUSED]
    sample = different[:: len(different) // SAMPLE + 1]
    async with trial(exabgp, with_sessions=with_sessions) as one:
        wrong = [line for line in sample if await one.answers(line) != [False]]
    if wrong:
        raise FoundError("\n  ".join([f"ExaBGP {exabgp.version} does not refuse what is said to be refused:", *wrong]))


async def _culprits(exabgp: Exabgp, said: Sequence[str], *, with_sessions: bool) -> Sequence[str]:
    async def stops(lines: Sequence[str]) -> bool:
        try:
            with _blamed():
                async with trial(exabgp, with_sessions=with_sessions, patience=PATIENCE / 4) as one:
                    await one.say(lines)
        except StoppedError:
            return True
        return False

    for lines in (said[-BATCH:], said[-2 * BATCH :], said):
        if await stops(lines):
            return await shortest(lines, stops)
    return ["nothing that does it again"]


async def shortest(lines: Sequence[str], stops: Callable[[Sequence[str]], Awaitable[bool]]) -> Sequence[str]:
    """The last line that it takes, and as few as possible of those before it."""
    low, high = 0, len(lines)  # the first `low` do not stop it, the first `high` do
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if await stops(lines[:middle]) else (middle, high)
    lines = lines[:high]
    if await stops(lines[-1:]):
        return lines[-1:]
    low, high = 0, len(lines) - 1  # without the first `low` it is stopped, without the first `high` not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if await stops(lines[middle:]) else (low, middle)
    return lines[low:]


@contextlib.contextmanager
def _blamed() -> Iterator[Blamed]:
    """What the Adj-RIB-Out says meanwhile. Nothing of bgp2vpc is logged."""
    noted, ours, out = Blamed(), logging.getLogger("bgp2vpc"), logging.getLogger("bgp2vpc.adj_rib_out")
    before = ours.level, out.level, out.propagate
    ours.setLevel(logging.CRITICAL)
    out.setLevel(logging.ERROR)
    out.propagate = False
    out.addHandler(noted)
    try:
        yield noted
    finally:
        out.removeHandler(noted)
        ours.level, out.level, out.propagate = before
