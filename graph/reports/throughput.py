"""Messages over time, by hour, or by minutes to which their hour's counts are divided."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from graph.access import Scope, Subject, account, operator, platform
from graph.errors import InvalidQueryError
from graph.reports.answers import Resolution, Throughput, ThroughputPoint
from graph.reports.fields import Quality
from graph.reports.metrics import NOTHING, Counts
from graph.reports.reading.reader import Reader
from graph.reports.reading.rows import Selection
from graph.reports.windows import DAY_HOURS, Window, hour_number, hour_start
from schema.rounding import RATE_SCALE, half_up

POINTS_PER_HOUR: Final[Mapping[Resolution, int]] = {"1m": 60, "5m": 12, "1h": 1}
_HOUR_SECONDS: Final = 3600


async def throughput(
    reader: Reader,
    scope: Scope,
    window: Window,
    resolution: Resolution,
    operator_id: str | None = None,
    account_id: str | None = None,
) -> Throughput:
    """The messages over time of the platform, one operator or one account.

    Raises InvalidQueryError if both an operator and an account are given; ForbiddenError, ForbiddenAccountError.
    """
    subject = read_subject(scope, operator_id, account_id)
    selection = Selection(subject.kind, (subject.id,), window.slices, "hours")
    counts, counted = await reader.read(window.slices, lambda snapshot: snapshot.hours(selection), selection)
    horizon = counted.horizon
    complete = window.first_hour if horizon is None else hour_number(horizon)  # earlier hours are complete
    series: list[ThroughputPoint] = []
    for hour in range(window.first_hour, window.end_hour):
        quality: Quality = "PARTIAL" if hour >= complete else "ACTUAL" if resolution == "1h" else "INTERPOLATED"
        series += _points(hour, counts.get(hour, NOTHING), POINTS_PER_HOUR[resolution], quality)
        if not hour % DAY_HOURS:
            await asyncio.sleep(0)  # a window may have 129,600 points; other requests run in between
    return Throughput(
        window=window,
        resolution=resolution,
        interpolated=resolution != "1h",
        data_as_of=counted.data_as_of,
        complete_until=counted.complete_until,
        series=series,
    )


def shares(count: int, parts: int) -> Sequence[int]:
    """Divides `count` into `parts` integers that differ by at most one and sum exactly to it."""
    if parts == 1:  # most throughputs are by hour
        return [count]
    return [count * (part + 1) // parts - count * part // parts for part in range(parts)]


def read_subject(scope: Scope, operator_id: str | None, account_id: str | None) -> Subject:
    """The operator or account that is given, else the platform.

    Raises InvalidQueryError if both are given; ForbiddenError, ForbiddenAccountError.
    """
    match operator_id, account_id:
        case None, None:
            return platform(scope)
        case str(), None:
            return operator(scope, operator_id)
        case None, str():
            return account(scope, account_id)
        case _:
            raise InvalidQueryError("operatorId and accountId exclude each other; give one of them.")


def _points(hour: int, counts: Counts, parts: int, quality: Quality) -> list[ThroughputPoint]:
    columns = (shares(counts.messages, parts), shares(counts.delivered, parts), shares(counts.failed, parts))
    rows = zip(_starts(hour, parts), *columns, strict=True)
    return [
        ThroughputPoint(time=time, messages=m, delivered=d, failed=f, tps=_rate(m, parts), quality=quality)
        for time, m, d, f in rows
    ]


def _starts(hour: int, parts: int) -> list[datetime]:
    start = hour_start(hour)
    return [start] if parts == 1 else [start + timedelta(hours=1) * part / parts for part in range(parts)]


@lru_cache(maxsize=8192)
def _rate(messages: int, parts: int) -> float:
    """Messages per second. Cached, as the shares of an hour have at most two different values."""
    return half_up(messages * RATE_SCALE, _HOUR_SECONDS // parts) / RATE_SCALE
