"""What is remembered of one (route table, prefix)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Since:
    """Since when a place has its verdict, and its route its target. `found`: it was there when we first looked."""

    verdict: float
    target: float
    found: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last write failed `attempts` times in a row: `error`, seconds ago, and seconds until the next try."""

    error: str
    attempts: int
    ago: float
    retry_in: float
