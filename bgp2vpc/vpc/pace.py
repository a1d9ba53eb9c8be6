"""The token bucket that paces EC2's write calls. Pure: time is an argument."""

from collections.abc import Callable

from bgp2vpc.backoff import BackOff

# EC2 limits each of CreateRoute, ReplaceRoute and DeleteRoute by a bucket of 50 tokens, refilled at 5 a second
# (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). A throttled call costs a round trip and a
# back-off, more than waiting for a token. So we stay just below: 2 tokens less, for calls that arrive closer together
# than they were sent, and a rate 2% lower, for clock drift. 500 writes take 92 s instead of 90.
BURST = 48
RATE = 4.9

_BACK_OFF_FIRST = 1.0
_BACK_OFF_MOST = 20.0


class Pace:
    """The bucket of one API action: at most `burst` calls at once, then `rate` calls per second.

    All times are seconds of one monotonic clock. Not thread-safe: it belongs to the event loop. `jitter` returns
    numbers from 0 to 1 (`random.random`); it spreads out hosts of an account that were throttled together.
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
        """Take a token and return the seconds to wait before the call; callers are served in order."""
        self._refill(now)
        self._tokens -= 1.0
        return max(0.0, self._closed_until - now) + max(0.0, -self._tokens / self._rate)

    def take(self, now: float) -> bool:
        """Take a token if one is available now; returns whether it was."""
        self._refill(now)
        if now < self._closed_until or self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def drain(self, now: float) -> None:
        """EC2 has throttled a call: empty the bucket, and let no call go until a back-off has passed.

        The back-off doubles from 1 s to 20 s while throttling recurs, and starts at 1 s again after a quiet time.
        Throttled answers that arrive during a back-off count once. Calls that were given their time before keep it.
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
        """Add the tokens earned since the last refill; the time of a back-off earns none."""
        since = now if self._counted_at is None else max(self._counted_at, min(self._closed_until, now))
        self._tokens = min(self._burst, self._tokens + max(0.0, now - since) * self._rate)
        self._counted_at = now if self._counted_at is None else max(now, self._counted_at)
