import pytest

from graph.access.rate_limit import BURST_SECONDS, REMEMBERED, RateLimit
from graph.errors import RateLimitedError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(limit: RateLimit, key: str, tries: int) -> int:
    """How many of so many requests were allowed."""
    allowed = 0
    for _ in range(tries):
        try:
            limit.take(key)
        except RateLimitedError:
            continue
        allowed += 1
    return allowed


def test_a_burst_and_then_the_rate_for_each_on_its_own() -> None:
    clock = Clock()
    limit = RateLimit(10, clock)
    assert taken(limit, "a", 100) == 10 * BURST_SECONDS
    assert taken(limit, "b", 100) == 10 * BURST_SECONDS
    clock.now += 0.5
    assert taken(limit, "a", 100) == 5
    clock.now += 1000
    assert taken(limit, "a", 100) == 10 * BURST_SECONDS


def test_when_to_come_back() -> None:
    limit = RateLimit(1, Clock())
    taken(limit, "a", BURST_SECONDS)
    with pytest.raises(RateLimitedError, match=r"At most 1 requests a second .* in 1 s") as refused:
        limit.take("a")
    assert refused.value.headers == {"Retry-After": "1"}


def test_memory_is_bounded_and_the_busy_are_remembered() -> None:
    limit = RateLimit(1, Clock())
    taken(limit, "busy", BURST_SECONDS)
    for number in range(3 * REMEMBERED):
        limit.take(f"tenant-{number}")
        assert taken(limit, "busy", 1) == 0
    assert len(limit._buckets) == REMEMBERED
