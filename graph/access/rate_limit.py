"""How many requests a tenant may send: a bucket of tokens each, in memory."""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Final

from graph.errors import RateLimitedError

BURST_SECONDS: Final = 5  # of the rate, saved up while nothing is asked
REMEMBERED: Final = 10_000  # buckets; one that is forgotten is full again


class RateLimit:
    """`rate` requests a second for each key, and BURST_SECONDS of them at once."""

    def __init__(self, rate: int, clock: Callable[[], float] = monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # (tokens, when)

    def take(self, key: Hashable) -> None:
        """Counts a request; RateLimitedError says when the next one may come."""
        now, most = self._clock(), float(self._rate * BURST_SECONDS)
        tokens, since = self._buckets.pop(key, (most, now))
        tokens = min(tokens + (now - since) * self._rate, most)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - allowed, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - tokens) / self._rate)
            raise RateLimitedError(f"At most {self._rate} requests a second are answered; come back in {wait} s.", wait)
