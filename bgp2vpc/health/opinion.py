"""From the results of a check to its verdict: rise and fall. Pure.

Silence is no opinion: until `rise` successes or `fall` failures have come in a row for the first time, the verdict is
None, and nothing may be concluded from it.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Opinion:
    """What the results of one check amount to so far."""

    rise: int
    fall: int
    healthy: bool | None = None
    streak: int = 0
    """How many results of the same kind came last: positive for successes, negative for failures."""

    def add(self, ok: bool) -> bool:
        """Take in one result. True if the verdict changed, or is the first one."""
        if ok:
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
