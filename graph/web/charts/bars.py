"""Bars over time, stacked: negative values below zero. Provisional bars are hatched, incomplete times have a band."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from markupsafe import Markup

from graph.web.charts.frame import (
    WIDE,
    Size,
    bottom_tick,
    cross,
    data_column,
    empty_picture,
    picture,
    plot_area,
    value_axis,
)
from graph.web.charts.labels import Box
from graph.web.charts.scales import Axis, Scale, axis
from graph.web.charts.sentences import described, drawn_series, emptiness, notes_of
from graph.web.charts.svg import Attributes, Written, coordinate, coordinates, element, elements, written
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
class _Bars:
    """The bars of a series, in pictures of any size. `number`: the series' place, from 1.

    `indexes`: the times that have a bar; `starts`, `ends`: from which share of the axis to which each goes. `classes`
    and `data` are columns of their attributes.
    """

    series: Series
    number: int
    indexes: Sequence[int]
    starts: Sequence[float]
    ends: Sequence[float]
    classes: Sequence[Written]
    data: Sequence[Written]

    @property
    def readings(self) -> Sequence[Reading]:
        """The reading of each bar."""
        return [self.series.readings[index] for index in self.indexes]


@dataclass(frozen=True, slots=True)
class _Stacks:
    """What pictures of all sizes share. `sides`: when each time begins and ends, in seconds since the first one."""

    chart: TimeChart
    vertical: Axis
    bars: Sequence[_Bars]
    sides: Sequence[tuple[float, float]]
    notes: Sequence[str]
    description: str


class _Slot(NamedTuple):
    """Where a time lies, and in it its bars."""

    left: float
    right: float
    x: float
    width: float

    @property
    def middle(self) -> float:
        """Halfway between its sides."""
        return (self.left + self.right) / 2


class _Columns(NamedTuple):
    """Where each time of a picture lies, and the same as attributes of bars."""

    slots: Sequence[_Slot]
    x: Sequence[Written]
    width: Sequence[Written]


def bar_chart(chart: TimeChart, size: Size = WIDE) -> Markup:
    """The chart as SVG: one stack per time, of at most 8 series in their order."""
    return bar_charts(chart, (size,))[0]


def bar_charts(chart: TimeChart, sizes: Sequence[Size]) -> Sequence[Markup]:
    """The chart in several sizes."""
    if (reason := _undrawable(chart)) is not None:
        return [empty_picture(chart.id, "bar-chart", size, chart.title, reason) for size in sizes]
    stacks = _stacks(chart)
    return [_picture(stacks, size) for size in sizes]


def _picture(stacks: _Stacks, size: Size) -> Markup:
    chart, vertical = stacks.chart, stacks.vertical
    area = plot_area(size, vertical, _RIGHT)
    y = vertical.scale(area.bottom, area.top)
    slots = list(_slots(stacks.sides, area))
    columns = _Columns(
        slots, coordinates("x", (each.x for each in slots)), coordinates("width", (each.width for each in slots))
    )
    children = (
        _bands(slots, area, stacks.bars),
        value_axis(vertical, y, area),
        _time_axis(chart, slots, area, size),
        *(_series(chart, each, columns, area, y) for each in stacks.bars),
    )
    return picture(chart.id, "bar-chart", size, chart.title, stacks.description, children, stacks.notes)


def _slots(sides: Sequence[tuple[float, float]], area: Box) -> Iterator[_Slot]:
    length = sides[-1][1]
    for begin, end in sides:
        left, right = area.left + area.width * begin / length, area.left + area.width * end / length
        width = min((right - left) * _FILLED, _WIDEST)
        yield _Slot(left, right, (left + right - width) / 2, width)


def _undrawable(chart: TimeChart) -> str | None:
    if len(chart.times) > MOST_BARS:
        return f"{len(chart.times)} bars are too many to draw. The table has their values."
    return emptiness(chart)


def _stacks(chart: TimeChart) -> _Stacks:
    shown = [each for each in drawn_series(chart) if not each.before]
    ranges = _ranges(shown, len(chart.times))
    vertical = axis([side for of_series in ranges for sides in of_series.values() for side in sides], chart.unit)
    share = cache(vertical.share)  # where a bar ends, the next one begins
    bars = [
        _Bars(
            series,
            number if found else 1,
            tuple(found),
            [share(start) for start, _ in found.values()],
            [share(end) for _, end in found.values()],
            [_class(series.readings[index].qualities) for index in found],
            data_column(chart.starts, series.readings, found),
        )
        for number, (series, found) in enumerate(zip(shown, ranges, strict=True), start=1)
    ]
    notes = notes_of(chart, group=1, truncated_at=None)
    return _Stacks(chart, vertical, bars, _sides(chart), notes, described(chart, notes))


def _ranges(shown: Sequence[Series], count: int) -> Sequence[Mapping[int, tuple[Decimal, Decimal]]]:
    """By series and index, from which sum to which a value goes: positive ones upwards from zero, others downwards."""
    above, below = [_ZERO] * count, [_ZERO] * count
    found = []
    for series in shown:
        ranges = {}
        for index, each in enumerate(series.readings):
            if each.value is not None:
                sums = above if each.value >= 0 else below
                ranges[index] = (sums[index], sums[index] + each.value)
                sums[index] = ranges[index][1]
        found.append(ranges)
    return found


def _sides(chart: TimeChart) -> Sequence[tuple[float, float]]:
    """The sides of each bucket, which is as long as the time it covers."""
    first = chart.times[0]
    return [
        ((start - first).total_seconds(), (end - first).total_seconds())
        for start, end in zip(chart.times, chart.ends, strict=True)
    ]


def _bands(slots: Sequence[_Slot], area: Box, bars: Sequence[_Bars]) -> Markup:
    partial = {
        index
        for each in bars
        for index, reading in zip(each.indexes, each.readings, strict=True)
        if Quality.PARTIAL in reading.qualities
    }
    sides: Attributes = {"y": area.top, "height": area.height, "class": "band", "fill": "url(#chart-hatch)"}
    bands = (
        element("rect", {"x": slots[index].left, "width": slots[index].right - slots[index].left, **sides})
        for index in sorted(partial)
    )
    return element("g", {"class": "bands"}, *bands)


def _time_axis(chart: TimeChart, slots: Sequence[_Slot], area: Box, size: Size) -> Markup:
    """A tick under the middle of the bar that starts at it."""
    middles = {time: slot.middle for time, slot in zip(chart.times, slots, strict=True)}
    limit = int(area.width / _TICK_WIDTH)
    ticks = time_ticks(chart.times[0], chart.times[-1], chart.bucket, chart.zone, limit)
    marks = (
        bottom_tick(each.text, middles[each.time], area, size, each.strong) for each in ticks if each.time in middles
    )
    return element("g", {"class": "axis", "aria-hidden": "true"}, *marks)


def _series(chart: TimeChart, bars: _Bars, columns: _Columns, area: Box, y: Scale) -> Markup:
    heights = [_height(y.at(start), y.at(end)) for start, end in zip(bars.starts, bars.ends, strict=True)]
    rectangles = elements(
        "rect",
        bars.classes,
        [columns.x[index] for index in bars.indexes],
        coordinates("y", (top for top, _ in heights)),
        [columns.width[index] for index in bars.indexes],
        coordinates("height", (height for _, height in heights)),
        bars.data,
    )
    crosses = (
        cross(columns.slots[index].middle, area, chart.starts[index])
        for index, each in enumerate(bars.series.readings)
        if Quality.SUPPRESSED in each.qualities
    )
    tone = f"tone-{bars.series.tone}" if bars.series.tone else f"series-{bars.number}"
    children = (rectangles, *_patterns(bars, columns.slots, heights), *crosses)
    return element("g", {"class": f"series {tone}", "data-series": bars.series.label}, *children)


def _height(start: float, end: float) -> tuple[float, float]:
    """The top of a bar, and its height."""
    return (end, start - end) if end <= start else (start, end - start)


@cache
def _class(qualities: Qualities) -> Written:
    hollow = " hollow" if Quality.LOW_SAMPLE in qualities else ""
    dotted = " dotted" if Quality.INTERPOLATED in qualities else ""
    return written({"class": f"bar{hollow}{dotted}"})


def _patterns(bars: _Bars, slots: Sequence[_Slot], heights: Sequence[tuple[float, float]]) -> Iterator[Markup]:
    """Over the bars, the pattern of the outcome and of their qualities: one path for all bars that have it."""
    places = list(zip(bars.indexes, heights, strict=True))
    if bars.series.tone is Tone.FAILED:
        yield from _over("url(#chart-dots)", slots, places)
    unsure = [each for each in places if bars.series.readings[each[0]].qualities & _UNSURE]
    yield from _over("url(#chart-hatch-over)", slots, unsure)


def _over(fill: str, slots: Sequence[_Slot], places: Sequence[tuple[int, tuple[float, float]]]) -> Iterator[Markup]:
    corners = ((slots[index].x, top, slots[index].width, height) for index, (top, height) in places)
    path = "".join([f"M{x},{y}h{width}v{height}h-{width}z" for x, y, width, height in map(_texts, corners)])
    if path:
        yield element("path", {"class": "over", "fill": fill, "d": path})


def _texts(numbers: Iterable[float]) -> Iterator[str]:
    return map(coordinate, numbers)
