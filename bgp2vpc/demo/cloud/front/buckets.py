"""EC2's throttling: a token bucket for each operation."""

import threading
import time
from collections.abc import Callable

from bgp2vpc.demo.cloud.values import CloudThrottle


class Buckets:
    """The token buckets, off until configured. A bucket is full at first, and each call takes one token."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._throttle: CloudThrottle | None = None
        self._levels: dict[str, tuple[float, float]] = {}

    def configure(self, throttle: CloudThrottle | None) -> None:
        """Switch on with full buckets, or off."""
        with self._lock:
            self._throttle = throttle
            self._levels = {}

    def take(self, operation: str) -> bool:
        """Take a token; False if there is none, so that the call is throttled."""
        with self._lock:
            throttle = self._throttle
            if throttle is None or operation not in throttle.operations:
                return True
            now = self._clock()
            tokens, since = self._levels.get(operation, (float(throttle.burst), now))
            tokens = min(float(throttle.burst), tokens + (now - since) * throttle.rate)
            passes = tokens >= 1
            self._levels[operation] = (tokens - passes, now)
            return passes
