"""Messages over time, by hour, or by minutes to which their hour's counts are divided."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from graph.access import Scope, Subject, account, operator, platform
from graph.errors import InvalidQueryError
from graph.reports.answers import Quality, Resolution, Throughput, ThroughputPoint
from graph.reports.metrics import Counts, total
from graph.reports.quality import read_completeness
from graph.reports.reading.reader import Reader
from graph.reports.reading.rows import Selection
from graph.reports.windows import DAY_HOURS, Window, hour_start
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
    completeness = read_completeness(reader.complete_until)
    selection = Selection(subject.kind, (subject.id,), window.hours)
    cells, as_of = await reader.read(window.slices, lambda snapshot: snapshot.cells(selection), selection)
    horizon = completeness.horizon(as_of)
    series: list[ThroughputPoint] = []
    for hour in window.hours:
        counts = total(cell.counts for cell in cells.get((subject.id, hour), ()))
        series += _points(hour.first_hour, counts, POINTS_PER_HOUR[resolution], horizon)
        if hour.end == DAY_HOURS:
            await asyncio.sleep(0)  # a window may have 129,600 points; other requests run in between
    return Throughput(
        window=window,
        resolution=resolution,
        interpolated=resolution != "1h",
        data_as_of=as_of,
        complete_until=completeness.until,
        series=series,
    )


def shares(count: int, parts: int) -> Sequence[int]:
    """Divides `count` into `parts` integers that differ by at most one and sum exactly to it."""
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


def _points(hour: int, counts: Counts, parts: int, horizon: datetime | None) -> Iterator[ThroughputPoint]:
    start, seconds = hour_start(hour), _HOUR_SECONDS // parts
    whole: Quality = "ACTUAL" if parts == 1 else "INTERPOLATED"
    quality: Quality = "PARTIAL" if horizon is None or hour_start(hour + 1) > horizon else whole
    columns = (shares(counts.messages, parts), shares(counts.delivered, parts), shares(counts.failed, parts))
    rates = {messages: half_up(messages * RATE_SCALE, seconds) / RATE_SCALE for messages in set(columns[0])}
    for part, (messages, delivered, failed) in enumerate(zip(*columns, strict=True)):
        yield ThroughputPoint(
            time=start + timedelta(seconds=part * seconds),
            messages=messages,
            delivered=delivered,
            failed=failed,
            tps=rates[messages],
            quality=quality,
        )
