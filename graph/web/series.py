"""Charts of an answer's `series` by hour or by UTC day: messages by outcome, the delivery rate, and latency."""

from collections.abc import Callable, Sequence

from graph.reports.answers import Point
from graph.reports.metrics import LOW_SAMPLES, NOTHING
from graph.reports.windows import Granularity
from graph.web.charts import (
    COMPLETE,
    COUNT,
    DURATION,
    PERCENT,
    Bucket,
    Reading,
    Series,
    TimeChart,
    Tone,
    Unit,
    limited_reading,
    qualities_of,
    reading,
)
from graph.web.charts.values import Qualities
from graph.web.window import PageWindow
from infra.zones import timezone


def granularity_of(window: PageWindow) -> Granularity:
    """The length of a point in the series of an answer that a page shows."""
    return "hourly" if window.granularity == "hour" else "daily"


def outcomes_chart(identifier: str, points: Sequence[Point], window: PageWindow) -> TimeChart:
    """The messages of each hour or day by outcome, as parts of a bar."""
    parts = (
        Series("delivered", _counts(points, lambda point: point.delivered_messages), tone=Tone.DELIVERED),
        Series("failed", _counts(points, lambda point: point.failed_messages), tone=Tone.FAILED),
        Series("pending", _counts(points, lambda point: point.pending_messages), tone=Tone.PENDING),
    )
    return _chart(identifier, "Messages", COUNT, points, parts, window)


def rate_chart(identifier: str, points: Sequence[Point], before: Sequence[Point], window: PageWindow) -> TimeChart:
    """The delivery rate of each hour or day, and of the period before."""
    series = _compared("delivery rate", points, before, window, _rate)
    return _chart(identifier, "Delivery rate", PERCENT, points, series, window)


def latency_chart(identifier: str, points: Sequence[Point], before: Sequence[Point], window: PageWindow) -> TimeChart:
    """The 95th percentile and the mean of latency in each hour or day, and of the period before."""
    series = (
        *_compared("P95", points, before, window, lambda point: _latency(point, point.p95_latency_ms)),
        *_compared("mean", points, before, window, lambda point: _latency(point, point.avg_latency_ms)),
    )
    return _chart(identifier, "Latency", DURATION, points, series, window)


def messages_chart(identifier: str, name: str, points: Sequence[Point], window: PageWindow) -> TimeChart:
    """The messages of each hour or day, for a sparkline."""
    counts = _counts(points, lambda point: point.total_messages)
    return _chart(identifier, f"Messages of {name}", COUNT, points, [Series("messages", counts)], window)


def _compared(
    name: str,
    points: Sequence[Point],
    before: Sequence[Point],
    window: PageWindow,
    read: Callable[[Point], Reading],
) -> Sequence[Series]:
    """The series, and that of the period before at the same places, if it has any value there."""
    earlier = {point.time: point for point in before}
    starts = [window.start_before(point.time, window.granularity, timezone("UTC")) for point in points]
    readings = [read(earlier[start]) if start in earlier else reading(None) for start in starts]
    compared = [Series(name, readings, before=True)] if any(each.value is not None for each in readings) else []
    return [Series(name, [read(point) for point in points]), *compared]


def _counts(points: Sequence[Point], count: Callable[[Point], int]) -> Sequence[Reading]:
    return [limited_reading(count(point), qualities_of(point.quality)) for point in points]


def _rate(point: Point) -> Reading:
    """The rate of one hour or day, with the marks that answers give to the rate of a window."""
    counts = NOTHING._replace(
        messages=point.total_messages, delivered=point.delivered_messages, failed=point.failed_messages
    )
    qualities = qualities_of(point.quality, provisional=counts.provisional, low_sample=_is_low(point))
    return _reading(point.delivery_rate, qualities)


def _latency(point: Point, value: int | None) -> Reading:
    return _reading(value, qualities_of(point.quality, low_sample=_is_low(point)))


def _reading(value: float | None, qualities: Qualities) -> Reading:
    """A reading; one without a value has nothing to mark."""
    return limited_reading(value, qualities if value is not None else COMPLETE)


def _is_low(point: Point) -> bool:
    """Whether the final reports are too few for rates and latencies."""
    return point.delivered_messages + point.failed_messages < LOW_SAMPLES


def _chart(
    identifier: str, title: str, unit: Unit, points: Sequence[Point], series: Sequence[Series], window: PageWindow
) -> TimeChart:
    times = [point.time for point in points]
    if window.granularity == "hour":
        return TimeChart(identifier, f"{title} by hour", unit, Bucket.HOUR, window.zone, times, series)
    return TimeChart(identifier, f"{title} by day (UTC)", unit, Bucket.DAY, timezone("UTC"), times, series)
