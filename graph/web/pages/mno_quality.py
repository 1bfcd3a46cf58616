"""`/insights/mno-quality`: the networks that a tenant's traffic used, and how well they delivered."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from graph.access import AccountScope
from graph.completeness import Completeness
from graph.insights.answers import MnoQuality, MnoQualityFigures
from graph.insights.mno_quality import FEWEST, Traffic, figures, mno_quality, mno_query
from graph.insights.parameters import DIRECTION, LANE
from graph.insights.queries import AllRows, InsightQueries, query_time
from graph.reports.metrics import LOW_SAMPLES
from graph.web.charts import PERCENT, Bucket, Quality, Reading, Series, TimeChart, qualities_of, reading
from graph.web.charts.buckets import next_start
from graph.web.page import EVERYBODY, Page, PageRequest
from graph.web.panel import Panel
from graph.web.window import PageWindow, PointLength

_NONE: Final = reading(None)  # a network without reports
_TRAFFIC: Final = itemgetter("lane", "direction")


class TrafficFigures(NamedTuple):
    """The networks that one lane and direction used, as `mnoQuality` answers with these filters."""

    lane: str
    direction: str
    mnos: Mapping[str, MnoQualityFigures]


@dataclass(frozen=True, slots=True)
class ByTraffic:
    """Each lane and direction, and the names of all networks. `reads_pseudonyms`: whether the caller reads those."""

    rows: Sequence[TrafficFigures]
    mnos: Sequence[str]
    reads_pseudonyms: bool


@dataclass(frozen=True, slots=True)
class MnoQualityPage:
    """`now` and `before`: what `mnoQuality` answers for the window, and for the one of equal length before it."""

    is_tenant: bool
    now: Panel[MnoQuality]
    before: Panel[MnoQuality]
    over_time: Panel[TimeChart]
    by_traffic: Panel[ByTraffic]

    def before_of(self, mno: str) -> MnoQualityFigures | None:
        """The figures of a network in the period before; None if it was not used then, or is not known."""
        known = self.before.answer.mnos if self.before.answer else ()
        return next((each for each in known if each.mno == mno), None)

    @property
    def can_compare(self) -> bool:
        """Whether a network has figures in both periods."""
        known = self.now.answer.mnos if self.now.answer else ()
        pairs = [(each, self.before_of(each.mno)) for each in known]
        return any(before and not each.suppressed and not before.suppressed for each, before in pairs)

    @property
    def ranked(self) -> Sequence[MnoQualityFigures]:
        """The networks with enough reports to compare, the worst delivery rate first."""
        known = self.now.answer.mnos if self.now.answer else ()
        compared = [each for each in known if each.delivery_rate is not None and not each.low_sample]
        return sorted(compared, key=lambda each: (each.delivery_rate or 0.0, each.mno))


async def load(request: PageRequest) -> MnoQualityPage:
    """Loads the four panels. Raises ForbiddenError for a customer without a tenant."""
    queries, window = request.insight_queries, request.window
    traffic = Traffic(request.form.values.get(LANE.name), request.form.values.get(DIRECTION.name))
    now, before, over_time, by_traffic = await asyncio.gather(
        request.panel(mno_quality(queries, window.window, traffic)),
        request.panel(mno_quality(queries, window.previous, traffic)),
        request.panel(_over_time(queries, window, traffic)),
        request.panel(_by_traffic(queries, window, traffic)),
    )
    return MnoQualityPage(isinstance(request.scope, AccountScope), now, before, over_time, by_traffic)


async def _over_time(queries: InsightQueries, window: PageWindow, traffic: Traffic) -> TimeChart:
    """The rates by hour or day, as the window suggests, and those of the period before.

    By day, if most hours have too few reports to show a rate.
    """
    granularity, now = window.granularity, datetime.now(UTC)
    result = await _rates(queries, window, traffic, granularity)
    if granularity == "hour" and not is_readable(rates_over_time(result, None, window, granularity, now)):
        granularity = "day"
        result = await _rates(queries, window, traffic, granularity)
    before = await _rates(queries, window.before, traffic, granularity) if result.rows else None
    return rates_over_time(result, before, window, granularity, now)


def is_readable(chart: TimeChart) -> bool:
    """Whether at most half of its readings are suppressed."""
    readings = [each for series in chart.series for each in series.readings]
    suppressed = sum(Quality.SUPPRESSED in each.qualities for each in readings)
    return suppressed <= sum(each.value is not None for each in readings)


async def _rates(queries: InsightQueries, window: PageWindow, traffic: Traffic, granularity: PointLength) -> AllRows:
    query = mno_query(window.window, traffic)
    time = {**query_time(window.window, granularity), "timezone": window.timezone}
    order = [{"field": "mno"}, {"field": "time"}]
    return await queries.all_rows(
        {**query, "measures": ["delivered", "failed", "deliveryRate"], "time": time, "orderBy": order}
    )


def rates_over_time(
    result: AllRows, before: AllRows | None, window: PageWindow, granularity: PointLength, now: datetime
) -> TimeChart:
    """The delivery rates of a query by network and time, beside those of the period before where it has any.

    Rows are ordered by network and time.
    """
    bucket = Bucket.HOUR if granularity == "hour" else Bucket.DAY
    rates = _readings(result, window, bucket, now)
    earlier = _readings(before, window.before, bucket, now) if before else {}
    times = sorted({time for readings in rates.values() for time in readings})
    starts = [window.start_before(time, granularity, window.zone) for time in times]
    series = list[Series]()
    for mno, readings in rates.items():
        series.append(Series(mno, [readings.get(time, _NONE) for time in times]))
        compared = [earlier.get(mno, {}).get(start, _NONE) for start in starts]
        if any(each.value is not None for each in compared):
            series.append(Series(mno, compared, before=True))
    return TimeChart("over-time-chart", "Delivery rate of each network", PERCENT, bucket, window.zone, times, series)


def _readings(
    result: AllRows, window: PageWindow, bucket: Bucket, now: datetime
) -> Mapping[str, Mapping[datetime, Reading]]:
    """The rate of each network in each hour or day of a window."""
    horizon = Completeness(result.complete_until, now).horizon(result.data_as_of)
    fewest = FEWEST if result.has_pseudonyms else 0

    def read(row: Mapping[str, Any]) -> tuple[datetime, Reading]:
        time = datetime.fromisoformat(row["time"])
        is_whole = window.has_whole(time, next_start(time, bucket, window.zone), horizon)
        return time, _reading(row, fewest, is_partial=not is_whole)

    return {mno: dict(map(read, rows)) for mno, rows in groupby(result.rows, itemgetter("mno"))}


def _reading(row: Mapping[str, Any], fewest: int, *, is_partial: bool) -> Reading:
    """A network's rate in one hour or day."""
    terminal = row["delivered"] + row["failed"]
    suppressed = terminal < fewest
    qualities = qualities_of(
        "PARTIAL" if is_partial else "ACTUAL", low_sample=terminal < LOW_SAMPLES, suppressed=suppressed
    )
    return reading(None if suppressed else row["deliveryRate"], *qualities)


async def _by_traffic(queries: InsightQueries, window: PageWindow, traffic: Traffic) -> ByTraffic:
    query = mno_query(window.window, traffic)
    names = ["lane", "direction", "mno"]
    result = await queries.all_rows({**query, "dimensions": names, "orderBy": [{"field": name} for name in names]})
    return figures_by_traffic(result)


def figures_by_traffic(result: AllRows) -> ByTraffic:
    """The rows of a query by lane and direction, computed as `mnoQuality` does. Rows are ordered by these."""
    fewest = FEWEST if result.has_pseudonyms else 0
    rows = [
        TrafficFigures(lane, direction, {each.mno: each for each in figures(list(group), fewest)})
        for (lane, direction), group in groupby(result.rows, _TRAFFIC)
    ]
    return ByTraffic(rows, sorted({mno for row in rows for mno in row.mnos}), result.has_pseudonyms)


MNO_QUALITY: Final = Page(
    path="/insights/mno-quality",
    name="mnoQuality",
    title="Network quality",
    about="Delivery rate, latency and errors of each network, now and against the period before.",
    readers=EVERYBODY,
    load=load,
    default_window={"last": "7d"},
    parameters=(LANE, DIRECTION),
)
