"""The request rate limit: one token bucket per key, in memory."""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Final

from graph.answer_headers import Limit, set_limit
from graph.errors import RateLimitedError

BURST_SECONDS: Final = 5  # a full bucket holds the requests of this time
REMEMBERED: Final = 10_000  # buckets; an evicted key starts again with a full one


class RateLimit:
    """Limits each key to `rate` requests per second, with bursts of BURST_SECONDS."""

    def __init__(self, rate: int, clock: Callable[[], float] = monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # (tokens, when)

    def take(self, key: Hashable) -> None:
        """Counts one request. Raises RateLimitedError with the time to wait."""
        now, most = self._clock(), float(self._rate * BURST_SECONDS)
        tokens, since = self._buckets.pop(key, (most, now))
        tokens = min(tokens + (now - since) * self._rate, most)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - allowed, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        left = int(tokens - allowed)
        full = math.ceil((most - tokens + allowed) / self._rate)
        set_limit("requests", Limit(self._rate * BURST_SECONDS, BURST_SECONDS, left, full if left else 1))
        if not allowed:
            wait = math.ceil((1 - tokens) / self._rate)
            raise RateLimitedError(f"The limit is {self._rate} requests per second; retry in {wait} s.", wait)
