"""Rise and fall: the verdict of a check, from the results of its probes. Pure.

Until the first time that `rise` probes in a row have passed, or `fall` in a row have failed, the verdict is None. None
must not be read as unhealthy: nothing is announced, withdrawn or taken over because of it.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class RiseFall:
    """The verdict of one check, and the results in a row that lead to the next one."""

    rise: int
    fall: int
    healthy: bool | None = None
    streak: int = 0
    """The length of the last run of equal results: positive for successes, negative for failures."""

    def add(self, healthy: bool) -> bool:
        """Add a result (unknown ones are not added). True if the verdict changed, or is the first one."""
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
    """The verdict of several checks of which `needed` must be healthy; None while one without verdict decides."""
    if sum(verdict is True for verdict in verdicts) >= needed:
        return True
    if sum(verdict is not False for verdict in verdicts) < needed:
        return False
    return None


def failing(own: bool | None, against: int, needed: int | None) -> bool:
    """Whether the owner of a route counts as down: by our own verdict `own`, and by `against` votes of other members.

    `needed` None: votes are not counted. Otherwise that many votes against the owner are needed, and our own counts as
    one of them. It is no veto: all members that count the same votes come to the same result, also one that cannot
    reach the owner itself.

    | our own check | needed None | needed N                       |
    |---------------|-------------|--------------------------------|
    | fails         | fails       | fails with N - 1 others        |
    | passes        | passes      | fails with N others            |
    | no verdict    | passes      | fails with N others            |
    """
    if needed is None:
        return own is False
    return against + (own is False) >= needed
