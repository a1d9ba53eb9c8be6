"""The paces of writes: EC2 gives each account, in each region, a token bucket for each kind of write."""

from collections.abc import Callable

from bgp2vpc.policy.plan import Action
from bgp2vpc.vpc.pace import Pace


class Paces:
    """Made at the first write there: one that is throttled holds up no other."""

    def __init__(self, make: Callable[[], Pace]) -> None:
        self._make = make
        self._paces: dict[tuple[str, str, Action], Pace] = {}

    def of(self, bucket: tuple[str, str], action: Action) -> Pace:
        """That of this account and region."""
        key = (*bucket, action)
        if key not in self._paces:
            self._paces[key] = self._make()
        return self._paces[key]
