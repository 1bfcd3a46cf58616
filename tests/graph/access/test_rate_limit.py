"""The request rate limit: bursts, refills and times to wait."""

import pytest

from graph.access.rate_limit import BURST_SECONDS, REMEMBERED, RateLimit
from graph.errors import RateLimitedError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def allowed_of(limit: RateLimit, key: str, tries: int) -> int:
    """Sends `tries` requests, and returns how many were allowed."""
    allowed = 0
    for _ in range(tries):
        try:
            limit.take(key)
        except RateLimitedError:
            continue
        allowed += 1
    return allowed


def test_each_key_has_a_burst_and_then_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(10, clock)
    assert allowed_of(limit, "a", 100) == 10 * BURST_SECONDS
    assert allowed_of(limit, "b", 100) == 10 * BURST_SECONDS
    clock.now += 0.5
    assert allowed_of(limit, "a", 100) == 5
    clock.now += 1000
    assert allowed_of(limit, "a", 100) == 10 * BURST_SECONDS


def test_a_refusal_states_the_time_to_wait() -> None:
    limit = RateLimit(1, Clock())
    allowed_of(limit, "a", BURST_SECONDS)
    with pytest.raises(RateLimitedError, match=r"1 requests per second; retry in 1 s") as refused:
        limit.take("a")
    assert refused.value.headers == {"Retry-After": "1"}


def test_memory_is_bounded_and_busy_keys_are_kept() -> None:
    limit = RateLimit(1, Clock())
    allowed_of(limit, "busy", BURST_SECONDS)
    for number in range(3 * REMEMBERED):
        limit.take(f"tenant-{number}")
        assert allowed_of(limit, "busy", 1) == 0
    assert len(limit._buckets) == REMEMBERED
