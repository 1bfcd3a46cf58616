"""Compares all reports over some rows with sums by brute force."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.graph.support import expected
from tests.graph.support.api import Api
from tests.graph.support.expected import Sum, Window, of
from tests.graph.support.rows import ACCOUNTS, OPERATORS
from tests.graph.support.store import DAY, HOUR, Row, iso
from tests.support.bins import within_tolerance

NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # completeUntil of rows that came from no stream
LENGTHS = {"hourly": HOUR, "daily": DAY}


async def check_reports(api: Api, rows: Sequence[Row], window: Window, granularity: str) -> None:
    """Checks the summary and the reports of all operators and accounts, without dataAsOf. `window` is whole hours."""
    times, length = {"from_": iso(window[0]), "to": iso(window[1])}, LENGTHS[granularity]
    actual = await api.report("summary", **times, granularity=granularity)
    _check(actual, rows, ("PLATFORM", "platform"), window, length)
    assert actual == expected.summary(rows, window, length, NEVER), window
    for operator in OPERATORS:
        response = await api.get(f"operators/{operator}/performance", **times, granularity=granularity)
        if any(row.id == operator for row in rows):
            actual = response.json()
            _check(actual, rows, ("OPERATOR", operator), window, length)
            assert actual == expected.performance(rows, operator, window, length, NEVER), window
        else:
            assert response.status_code == 404
    for account in ACCOUNTS:
        actual = await api.report(f"accounts/{account}/usage", **times)
        del actual["dataAsOf"]
        wanted = expected.usage(rows, account, window, NEVER)
        assert actual == wanted, (actual, wanted)
    await _check_breakdown(api, rows, window)


async def _check_breakdown(api: Api, rows: Sequence[Row], window: Window) -> None:
    actual = await api.report("delivery-breakdown", from_=iso(window[0]), to=iso(window[1]))
    shares = {share["operatorId"]: share for share in actual["byOperator"]}
    known = {row.id for row in rows if row.scope == "OPERATOR" and window[0] <= row.hour < window[1]}
    assert shares.keys() == known
    for operator, share in shares.items():
        wanted = of(rows, "OPERATOR", operator, window)
        assert (share["total"], share["delivered"], share["failed"]) == (
            wanted.messages,
            wanted.delivered,
            wanted.failed,
        )


def _check(
    actual: dict[str, Any], rows: Sequence[Row], subject: tuple[str, str], window: Window, length: timedelta
) -> None:
    """Checks each percentile of an answer, and removes it and dataAsOf, so that the rest can be compared exactly."""
    del actual["dataAsOf"]
    whole = of(rows, *subject, window)
    parts = [of(rows, *subject, part) for _, part in expected.buckets(window, length)]
    for answer, rows_of_it in [(actual, whole), *zip(actual["series"], parts, strict=True)]:
        _check_percentile(answer, rows_of_it)


def _check_percentile(answer: dict[str, Any], rows: Sum) -> None:
    p95 = answer.pop("p95LatencyMs")
    if rows.exact_p95 is None:
        assert p95 is None
    else:
        assert within_tolerance(p95, rows.exact_p95)


def random_window(random: Random, start: datetime, hours: int) -> Window:
    """A random window of whole hours, often of whole days, near the `hours` that begin at `start`."""
    first = random.randrange(-24, hours)
    length = random.choice([1, 7, 24, 30, 48, 100, hours])
    if random.random() < 0.5:
        first, length = first // 24 * 24, -(-length // 24) * 24
    return start + first * HOUR, start + (first + length) * HOUR
