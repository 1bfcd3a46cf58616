"""Bars over time, stacked: negative values below zero. Provisional bars are hatched, incomplete times have a band."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from graph.web.charts.frame import (
    WIDE,
    Size,
    bottom_tick,
    cross,
    data_of,
    empty_picture,
    picture,
    plot_area,
    value_axis,
)
from graph.web.charts.labels import Box
from graph.web.charts.scales import Scale, axis
from graph.web.charts.sentences import described, drawn_series, emptiness, notes_of
from graph.web.charts.svg import Attributes, coordinate, element
from graph.web.charts.time_ticks import time_ticks
from graph.web.charts.values import Qualities, Quality, Reading, Series, TimeChart, Tone

MOST_BARS: Final = 370  # buckets: a year of days. More would be thinner than what a screen can show
_RIGHT: Final = 12.0
_FILLED: Final = 0.78  # of a bucket's width
_WIDEST: Final = 56.0
_TICK_WIDTH: Final = 58.0
_UNSURE: Final = frozenset({Quality.PROVISIONAL, Quality.ESTIMATED})
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Part:
    """One value of a stack: from which sum to which."""

    index: int
    number: int
    series: Series
    reading: Reading
    value: Decimal
    start: Decimal
    end: Decimal


def bar_chart(chart: TimeChart, size: Size = WIDE) -> Markup:
    """The chart as SVG: one stack per time, of at most 8 series in their order."""
    if (reason := _undrawable(chart)) is not None:
        return empty_picture(chart.id, "bar-chart", size, chart.title, reason)
    shown = [each for each in drawn_series(chart) if not each.before]
    parts = list(_stacked(shown, len(chart.times)))
    vertical = axis([end for each in parts for end in (each.start, each.end)], chart.unit)
    area = plot_area(size, vertical, _RIGHT)
    y = vertical.scale(area.bottom, area.top)
    notes = notes_of(chart, group=1, truncated_at=None)
    slots = _slots(chart, area)
    children = (
        _bands(slots, area, parts),
        value_axis(vertical, y, area),
        _time_axis(chart, slots, area, size),
        *(_series(chart, each, slots, area, y, [part for part in parts if part.series is each]) for each in shown),
    )
    return picture(chart.id, "bar-chart", size, chart.title, described(chart, notes), children, notes)


def _undrawable(chart: TimeChart) -> str | None:
    if len(chart.times) > MOST_BARS:
        return f"{len(chart.times)} bars are too many to draw. The table has their values."
    return emptiness(chart)


def _stacked(shown: Sequence[Series], count: int) -> Iterator[_Part]:
    """The parts of all stacks: positive values upwards from zero, negative ones downwards."""
    for index in range(count):
        above, below = _ZERO, _ZERO
        for number, series in enumerate(shown, start=1):
            each = series.readings[index]
            if each.value is None:
                continue
            start = above if each.value >= 0 else below
            end = start + each.value
            above, below = (end, below) if each.value >= 0 else (above, end)
            yield _Part(index, number, series, each, each.value, start, end)


def _slots(chart: TimeChart, area: Box) -> list[tuple[float, float]]:
    """The left and the right side of each bucket, as long as the time it covers."""
    first = chart.times[0]
    length = (chart.ends[-1] - first).total_seconds()

    def x(time: datetime) -> float:
        return area.left + area.width * (time - first).total_seconds() / length

    return [(x(start), x(end)) for start, end in zip(chart.times, chart.ends, strict=True)]


def _middle(slot: tuple[float, float]) -> float:
    return (slot[0] + slot[1]) / 2


def _bands(slots: Sequence[tuple[float, float]], area: Box, parts: Sequence[_Part]) -> Markup:
    partial = sorted({each.index for each in parts if Quality.PARTIAL in each.reading.qualities})
    sides: Attributes = {"y": area.top, "height": area.height, "class": "band", "fill": "url(#chart-hatch)"}
    bands = (
        element("rect", {"x": slots[index][0], "width": slots[index][1] - slots[index][0], **sides})
        for index in partial
    )
    return element("g", {"class": "bands"}, *bands)


def _time_axis(chart: TimeChart, slots: Sequence[tuple[float, float]], area: Box, size: Size) -> Markup:
    """A tick under the middle of the bar that starts at it."""
    middles = dict(zip(chart.times, map(_middle, slots), strict=True))
    limit = int(area.width / _TICK_WIDTH)
    ticks = time_ticks(chart.times[0], chart.times[-1], chart.bucket, chart.zone, limit)
    marks = (
        bottom_tick(each.text, middles[each.time], area, size, each.strong) for each in ticks if each.time in middles
    )
    return element("g", {"class": "axis", "aria-hidden": "true"}, *marks)


def _series(
    chart: TimeChart, series: Series, slots: Sequence[tuple[float, float]], area: Box, y: Scale, parts: Sequence[_Part]
) -> Markup:
    sides = [_sides(each, slots[each.index], y) for each in parts]
    bars = [
        element("rect", {"class": _class(each.reading.qualities), **place, **_data(chart, each)})
        for each, place in zip(parts, sides, strict=True)
    ]
    bars += _patterns(series, parts, sides)
    bars += (
        cross(_middle(slots[index]), area, chart.starts[index])
        for index, each in enumerate(series.readings)
        if Quality.SUPPRESSED in each.qualities
    )
    number = parts[0].number if parts else 1
    tone = f"tone-{series.tone}" if series.tone else f"series-{number}"
    return element("g", {"class": f"series {tone}", "data-series": series.label}, *bars)


def _sides(part: _Part, slot: tuple[float, float], y: Scale) -> Mapping[str, float]:
    """Where a bar lies."""
    left, right = slot
    width = min((right - left) * _FILLED, _WIDEST)
    top, bottom = sorted((y(part.start), y(part.end)))
    return {"x": (left + right - width) / 2, "y": top, "width": width, "height": bottom - top}


def _class(qualities: Qualities) -> str:
    hollow = " hollow" if Quality.LOW_SAMPLE in qualities else ""
    return f"bar{hollow} dotted" if Quality.INTERPOLATED in qualities else f"bar{hollow}"


def _data(chart: TimeChart, part: _Part) -> Attributes:
    return data_of(chart.starts[part.index], part.value, part.reading.qualities)


def _patterns(series: Series, parts: Sequence[_Part], sides: Sequence[Mapping[str, float]]) -> Iterator[Markup]:
    """Over the bars, the pattern of the outcome and of their qualities: one path for all bars that have it."""
    if series.tone is Tone.FAILED:
        yield from _over("url(#chart-dots)", sides)
    unsure = [place for each, place in zip(parts, sides, strict=True) if each.reading.qualities & _UNSURE]
    yield from _over("url(#chart-hatch-over)", unsure)


def _over(fill: str, sides: Sequence[Mapping[str, float]]) -> Iterator[Markup]:
    corners = (map(coordinate, each.values()) for each in sides)
    path = "".join([f"M{x},{y}h{width}v{height}h-{width}z" for x, y, width, height in corners])
    if path:
        yield element("path", {"class": "over", "fill": fill, "d": path})
