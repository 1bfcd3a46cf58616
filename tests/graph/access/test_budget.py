"""Each tenant has its own query budget; a refusal states the time to wait."""

from asyncio import CancelledError
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.access import budget
from graph.access.budget import PLATFORM_SHARE, ROWS_PER_SECOND, Budget
from graph.errors import QueryTooExpensiveError, RateLimitedError
from infra.errors import DependencyUnavailableError


class Clock:
    """Advances only when a test sets `now`."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def refused(limits: Budget, tenant: str | None) -> int:
    """Returns the seconds to wait of a refused query."""
    with pytest.raises(RateLimitedError) as caught, limits.query(tenant):
        pass
    return int(caught.value.headers["Retry-After"])


def read(limits: Budget, tenant: str | None, rows: int) -> None:
    with limits.query(tenant) as charge:
        charge.add(rows)


def fail(limits: Budget, clock: Clock, seconds: float, error: type[BaseException]) -> None:
    with limits.query("t"):
        clock.now += seconds
        raise error


@pytest.mark.parametrize(("tenant", "most"), [("t", 3), (None, 3 * PLATFORM_SHARE)])
def test_concurrent_queries_are_limited(clock: Clock, tenant: str | None, most: int) -> None:
    limits = Budget(3, 1000, clock)
    with ExitStack() as running:
        for _ in range(most):
            running.enter_context(limits.query(tenant)).add(0)
        assert refused(limits, tenant) == 1
        read(limits, "another", 0)
    read(limits, tenant, 0)


def test_a_failed_query_no_longer_runs(clock: Clock) -> None:
    limits = Budget(1, 1000, clock)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), limits.query("t"):
            raise ZeroDivisionError


def test_rows_are_charged_after_a_query(clock: Clock) -> None:
    limits = Budget(1, 600, clock)
    read(limits, "t", 599)
    read(limits, "t", 601)  # overdraws by 600, which refill in one minute
    assert refused(limits, "t") == 61
    read(limits, "another", 600)
    read(limits, None, 600)
    clock.now = 59.9
    assert refused(limits, "t") == 1
    clock.now = 60.1
    read(limits, "t", 1)


def test_the_platform_has_a_larger_budget(clock: Clock) -> None:
    limits = Budget(1, 600, clock)
    read(limits, None, 600 * PLATFORM_SHARE)
    clock.now = 1
    read(limits, None, 0)


def test_an_idle_tenant_saves_no_rows_beyond_one_minute(clock: Clock) -> None:
    limits = Budget(1, 600, clock)
    clock.now = 1e6
    read(limits, "t", 1200)
    assert refused(limits, "t") == 61


@pytest.mark.parametrize("end", [QueryTooExpensiveError, CancelledError])
def test_a_cancelled_query_is_charged_for_its_duration(clock: Clock, end: type[BaseException]) -> None:
    limits = Budget(1, ROWS_PER_SECOND, clock)
    with pytest.raises(end):
        fail(limits, clock, 2.5, end)
    assert refused(limits, "t") == 88  # 1.5 minutes, of which 2.5 s have passed


def test_an_unavailable_engine_costs_nothing(clock: Clock) -> None:
    limits = Budget(1, 600, clock)
    for _ in range(3):
        with pytest.raises(DependencyUnavailableError):
            fail(limits, clock, 2, DependencyUnavailableError)
    read(limits, "t", 600)


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 30)), max_size=40))
def test_rows_read_over_time_are_bounded(queries: list[tuple[int, float]]) -> None:
    """The bound is the refill, the initial balance, and the rows of one query that overdraws."""
    clock, spent, largest = Clock(), 0, 0
    limits = Budget(1, 600, clock)
    for rows, pause in queries:
        clock.now += pause
        try:
            read(limits, "t", rows)
        except RateLimitedError:
            continue
        spent, largest = spent + rows, max(largest, rows)
    assert spent <= 600 + clock.now * 10 + largest


@given(st.integers(1, 300))
def test_a_retry_after_the_stated_time_is_admitted(rows: int) -> None:
    clock = Clock()
    limits = Budget(1, 100, clock)
    read(limits, "t", 100 + rows)
    clock.now = refused(limits, "t")
    read(limits, "t", 0)


def test_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "REMEMBERED", 3)
    limits = Budget(1, 600, clock)
    with limits.query("running") as charge:
        charge.add(700)
        for number in range(20):
            read(limits, f"t-{number}", 700)
        assert len(limits._balances) == 3
        assert refused(limits, "running") == 1
    assert refused(limits, "running") == 11


def test_an_idle_platform_is_evicted_like_a_tenant(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "REMEMBERED", 3)
    limits = Budget(1, 600, clock)
    for tenant in (None, *map(str, range(20))):
        read(limits, tenant, 0)
    assert list(limits._balances) == ["17", "18", "19"]
