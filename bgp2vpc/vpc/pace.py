"""Pacing of EC2's write calls: a token bucket that tells how long to wait. Pure: time is an argument."""

from collections.abc import Callable

from bgp2vpc.backoff import BackOff

# EC2 gives each of CreateRoute, ReplaceRoute and DeleteRoute a bucket of 50 tokens and 5 more a second
# (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). A call that finds it empty is refused, and
# has then cost a round trip and a back-off longer than any token would have taken. So we stay just under: 2 tokens less
# for calls that left evenly and arrive bunched, 2% less a second for clocks that run apart. 500 writes take 92 s
# instead of 90.
BURST = 48
RATE = 4.9

_BACK_OFF_FIRST = 1.0
_BACK_OFF_MOST = 20.0


class Pace:
    """One action's bucket: at most `burst` calls at once and `rate` calls per second after that.

    All times are seconds of one monotonic clock. Not thread-safe: it belongs to the event loop. `jitter` gives
    numbers from 0 to 1 (`random.random`), and parts the hosts of an account that were throttled together.
    """

    def __init__(self, burst: int = BURST, rate: float = RATE, jitter: Callable[[], float] | None = None) -> None:
        if burst < 1 or rate <= 0:
            raise ValueError(f"burst {burst} must be at least 1, and rate {rate} greater than 0")
        self._burst = float(burst)
        self._rate = rate
        self._jitter = jitter or (lambda: 1.0)
        self._tokens = float(burst)
        self._counted_at: float | None = None
        self._closed_until = float("-inf")
        self._back_off = BackOff(_BACK_OFF_FIRST, _BACK_OFF_MOST)
        self._closed_for = 0.0

    def reserve(self, now: float) -> float:
        """Take a turn: the seconds to wait before the call may go. Turns are given in the order they are asked for."""
        self._refill(now)
        self._tokens -= 1.0
        return max(0.0, self._closed_until - now) + max(0.0, -self._tokens / self._rate)

    def take(self, now: float) -> bool:
        """Take a turn if there is one now, without waiting."""
        self._refill(now)
        if now < self._closed_until or self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def drain(self, now: float) -> None:
        """EC2 said Throttled: others emptied the bucket. Nothing goes before a back-off, and then only at `rate`.

        The back-off doubles from 1 s to 20 s while throttling returns, and begins anew after a quiet time. Answers
        that were under way together count once. Turns given out before keep their time.
        """
        if now < self._closed_until:
            return
        self._refill(now)
        self._tokens = min(self._tokens, 0.0)
        if now - self._closed_until > 2 * self._closed_for + self._burst / self._rate:
            self._back_off.reset()
        self._closed_for = self._back_off.next()
        self._closed_until = now + self._closed_for * (0.5 + self._jitter() / 2)

    def _refill(self, now: float) -> None:
        """Tokens since the last count; none for the time in which the bucket was closed."""
        since = now if self._counted_at is None else max(self._counted_at, min(self._closed_until, now))
        self._tokens = min(self._burst, self._tokens + max(0.0, now - since) * self._rate)
        self._counted_at = now if self._counted_at is None else max(now, self._counted_at)
