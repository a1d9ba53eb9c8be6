"""Rise and fall: derives the verdict of a check from the results of its probes. Pure.

The verdict is None until `rise` probes in a row have succeeded or `fall` in a row have failed. None does not mean
unhealthy: nothing is announced, withdrawn or taken over because of it.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class RiseFall:
    """The verdict of one check, and the present run of equal results."""

    rise: int
    fall: int
    healthy: bool | None = None
    streak: int = 0
    """The length of the last run of equal results: positive for successes, negative for failures."""

    def add(self, healthy: bool) -> bool:
        """Add a known result. True if the verdict has changed or is the first one."""
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
    """The verdict of several checks of which `needed` must be healthy; None while it depends on a check without one."""
    if sum(verdict is True for verdict in verdicts) >= needed:
        return True
    if sum(verdict is not False for verdict in verdicts) < needed:
        return False
    return None


def failing(own: bool | None, against: int, needed: int | None) -> bool:
    """Whether the owner of a route counts as down, by our own verdict `own` and `against` votes of other members.

    `needed`: the number of votes against the owner, ours included, that make it count as down; None: only our own
    verdict counts. With votes, our own verdict is no veto, so that all members with the same votes come to the same
    result, including one that cannot reach the owner itself.

    | our own check | needed None | needed N                       |
    |---------------|-------------|--------------------------------|
    | fails         | fails       | fails with N - 1 others        |
    | passes        | passes      | fails with N others            |
    | no verdict    | passes      | fails with N others            |
    """
    if needed is None:
        return own is False
    return against + (own is False) >= needed
