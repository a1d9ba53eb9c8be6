"""From the results of a check to its verdict: rise and fall. Pure.

Silence is no opinion: until `rise` successes or `fall` failures have come in a row for the first time, the verdict is
None, and nothing may be concluded from it.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class RiseFall:
    """What the results of one check amount to so far."""

    rise: int
    fall: int
    healthy: bool | None = None
    streak: int = 0
    """How many results of the same kind came last: positive for successes, negative for failures."""

    def add(self, healthy: bool) -> bool:
        """Take in one result that is known. True if the verdict changed, or is the first one."""
        if healthy:
            self.streak = max(self.streak, 0) + 1
        else:
            self.streak = min(self.streak, 0) - 1
        verdict = self.healthy
        if self.streak >= self.rise:
            verdict = True
        elif self.streak <= -self.fall:
            verdict = False
        changed = verdict is not self.healthy
        self.healthy = verdict
        return changed


def combined(verdicts: list[bool | None], needed: int) -> bool | None:
    """The verdict of several checks of which `needed` must be healthy; None while it still hangs on one without any."""
    if sum(verdict is True for verdict in verdicts) >= needed:
        return True
    if sum(verdict is not False for verdict in verdicts) < needed:
        return False
    return None


def failing(own: bool | None, against: int, needed: int | None) -> bool:
    """Whether the owner of a route fails a remote check: our own verdict, and how many others speak against it.

    `needed` None: nobody else is asked. Otherwise so many voters have to speak against the owner, of which we may be
    one. We have no veto: all who count the same votes come to the same verdict, also one that cannot check itself.

    | our own check | needed None | needed N                       |
    |---------------|-------------|--------------------------------|
    | fails         | fails       | fails with N - 1 others        |
    | passes        | passes      | fails with N others            |
    | no verdict    | passes      | fails with N others            |
    """
    if needed is None:
        return own is False
    return against + (own is False) >= needed
