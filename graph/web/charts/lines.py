"""Line charts over time. A line joins neighbours only. Dashes, hollow marks and hatching show what limits a reading."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Final

from markupsafe import Markup

from graph.web.charts.frame import (
    FONT,
    SHAPES,
    TEXT_DROP,
    WIDE,
    Size,
    bottom_tick,
    cross,
    data_of,
    empty_picture,
    mark,
    picture,
    plot_area,
    text_at,
    time_positions,
    value_axis,
)
from graph.web.charts.labels import Box, shortened, spread, text_width
from graph.web.charts.scales import Axis, Scale, axis
from graph.web.charts.sentences import described, drawn_series, emptiness, notes_of
from graph.web.charts.svg import Attributes, coordinate, element
from graph.web.charts.thinning import Plotted, group_size, runs, thinned, unbroken
from graph.web.charts.time_ticks import time_ticks
from graph.web.charts.units import tick_texts, value_text
from graph.web.charts.values import COMPLETE, Qualities, Quality, Series, TimeChart

_GROUPS: Final = 4.0  # units of width per group of readings, when there are more readings than that
_FEW: Final = 62  # buckets up to which every point shows; of more, only those that are limited
_LABEL_HEIGHT: Final = 14.0
_LABEL_SHARE: Final = 0.28  # of the width, at most, for the labels at the ends of lines
_LABEL_LEFT: Final = 22.0  # from the plot area to the text: a leader line and the series' marker
_TICK_WIDTH: Final = 66.0
_UNSURE: Final = frozenset({Quality.PARTIAL, Quality.PROVISIONAL, Quality.ESTIMATED})
_HOLLOW: Final = _UNSURE | {Quality.LOW_SAMPLE}


@dataclass(frozen=True, slots=True)
class _Plot:
    """A chart, and where its values lie."""

    chart: TimeChart
    area: Box
    x: tuple[float, ...]  # of each time
    y: Scale
    follows: tuple[bool, ...]
    group: int


@dataclass(frozen=True, slots=True)
class _End:
    """The last point of a series, which its label is for."""

    number: int
    x: float
    y: float
    text: str


def line_chart(chart: TimeChart, size: Size = WIDE) -> Markup:
    """The chart as SVG: at most 8 names with their periods before, labelled at their ends."""
    if (empty := emptiness(chart)) is not None:
        return empty_picture(chart.id, "line-chart", size, chart.title, empty)
    shown = drawn_series(chart)
    values = [value for series in shown for each in series.readings if (value := each.value) is not None]
    vertical = axis(values, chart.unit)
    area = plot_area(size, vertical, _label_width(chart, shown, size))
    plot = _plot(chart, vertical, area)
    notes = notes_of(chart, plot.group, _start(vertical))
    numbers = {name: number % SHAPES + 1 for number, name in enumerate(dict.fromkeys(each.name for each in shown))}
    children = (
        _bands(plot, shown),
        value_axis(vertical, plot.y, area),
        _time_axis(plot, size),
        *(_series(plot, each, numbers[each.name]) for each in sorted(shown, key=lambda each: not each.before)),
        _end_labels(plot, shown, numbers, size),
    )
    return picture(chart.id, "line-chart", size, chart.title, described(chart, notes), children, notes)


def _plot(chart: TimeChart, vertical: Axis, area: Box) -> _Plot:
    x = time_positions(chart.times, area.left + 4, area.right - 4)
    y = vertical.scale(area.bottom, area.top)
    group = group_size(len(x), int(area.width / _GROUPS))
    return _Plot(chart, area, x, y, unbroken(chart), group)


def _start(vertical: Axis) -> str | None:
    return tick_texts(vertical.ticks, vertical.unit)[0] if vertical.truncated else None


def _time_axis(plot: _Plot, size: Size) -> Markup:
    times, area = plot.chart.times, plot.area
    ticks = time_ticks(times[0], times[-1], plot.chart.bucket, plot.chart.zone, int(area.width / _TICK_WIDTH))
    length = (times[-1] - times[0]).total_seconds()
    marks = []
    for tick in ticks:
        share = (tick.time - times[0]).total_seconds() / length if length else 0.0
        x = plot.x[0] + (plot.x[-1] - plot.x[0]) * share
        marks.append(bottom_tick(tick.text, x, area, size, tick.strong))
    return element("g", {"class": "axis", "aria-hidden": "true"}, *marks)


def _bands(plot: _Plot, shown: Sequence[Series]) -> Markup:
    """Hatched bands over the buckets that are incomplete in any series that is drawn."""
    partial = [
        any(Quality.PARTIAL in series.readings[index].qualities for series in shown if not series.before)
        for index in range(len(plot.x))
    ]
    bands = []
    for hatched, group in groupby(range(len(partial)), key=partial.__getitem__):
        members = list(group)
        if hatched:
            left, right = _edge(plot, members[0] - 1), _edge(plot, members[-1])
            sides = {"x": left, "y": plot.area.top, "width": right - left, "height": plot.area.height}
            bands.append(element("rect", {"class": "band", "fill": "url(#chart-hatch)", **sides}))
    return element("g", {"class": "bands"}, *bands)


def _edge(plot: _Plot, index: int) -> float:
    """Halfway between a time and the next one; the edge of the plot area before the first and after the last."""
    if index < 0:
        return plot.area.left
    return plot.area.right if index + 1 >= len(plot.x) else (plot.x[index] + plot.x[index + 1]) / 2


def _series(plot: _Plot, series: Series, number: int) -> Markup:
    lines: list[Markup] = []
    points: list[Markup] = []
    for run in runs(series, plot.follows):
        kept = thinned(run, plot.group)
        lines += _lines(plot, run, kept)
        points += (_point(plot, each, number, alone=len(kept) == 1) for each in kept)
    points += (
        cross(plot.x[index], plot.area, plot.chart.starts[index])
        for index, each in enumerate(series.readings)
        if Quality.SUPPRESSED in each.qualities
    )
    long = " long" if plot.group > 1 else ""
    classes = f"series series-{number}{' before' if series.before else ''}{long}"
    return element("g", {"class": classes, "data-series": series.label}, *lines, *points)


def _lines(plot: _Plot, run: Sequence[Plotted], kept: Sequence[Plotted]) -> list[Markup]:
    """One path for each stretch of segments that are drawn alike."""
    first = run[0].index
    segments = [
        (before, after, _stroke(run[before.index - first : after.index - first + 1]))
        for before, after in pairwise(kept)
    ]
    paths = []
    for stroke, group in groupby(segments, key=lambda each: each[2]):
        members = list(group)
        ends = [members[0][0], *(after for _, after, _ in members)]
        steps = "L".join(f"{coordinate(plot.x[each.index])},{coordinate(plot.y(each.value))}" for each in ends)
        paths.append(element("path", {"class": stroke, "d": f"M{steps}"}))
    return paths


def _stroke(readings: Sequence[Plotted]) -> str:
    """How the line over these readings is drawn: as its least certain one."""
    qualities: Qualities = COMPLETE.union(*(each.qualities for each in readings))
    if qualities & _UNSURE:
        return "line dashed"
    return "line dotted" if Quality.INTERPOLATED in qualities else "line"


def _point(plot: _Plot, each: Plotted, number: int, alone: bool) -> Markup:
    time = plot.chart.starts[each.index]
    limited = bool(each.qualities & _HOLLOW)
    interpolated = Quality.INTERPOLATED in each.qualities
    hidden = (len(plot.x) > _FEW or interpolated) and not alone and not limited
    classes = f"point{' hollow' if limited else ''}{' quiet' if hidden else ''}"
    return mark(plot.x[each.index], plot.y(each.value), number, classes, data_of(time, each.value, each.qualities))


def _label_width(chart: TimeChart, shown: Sequence[Series], size: Size) -> float:
    """What the labels at the ends of lines need; a margin where no series has a value."""
    texts = [text for each in shown if not each.before and (text := _label(chart, each, size))]
    widest = max((text_width(text, FONT) for text in texts), default=0.0)
    return min(widest, size.width * _LABEL_SHARE) + (_LABEL_LEFT if texts else 12.0)


def _label(chart: TimeChart, series: Series, size: Size) -> str:
    """A series' name, with its last value if there is room for all of its digits; "" without a value."""
    last = _last(series)
    if last is None:
        return ""
    room = size.width * _LABEL_SHARE
    figure = value_text(last[1], chart.unit)
    beside = room - text_width(figure, FONT) - FONT
    if size is not WIDE or beside < room / 3:
        return shortened(series.name, FONT, room)
    return f"{shortened(series.name, FONT, beside)} {figure}"


def _last(series: Series) -> tuple[int, Decimal] | None:
    """The last value and its index."""
    for index in reversed(range(len(series.readings))):
        if (value := series.readings[index].value) is not None:
            return index, value
    return None


def _ends(plot: _Plot, shown: Sequence[Series], numbers: Mapping[str, int], size: Size) -> Iterator[_End]:
    for series in shown:
        last = _last(series)
        if last is not None and not series.before:
            text = _label(plot.chart, series, size)
            yield _End(numbers[series.name], plot.x[last[0]], plot.y(last[1]), text)


def _end_labels(plot: _Plot, shown: Sequence[Series], numbers: Mapping[str, int], size: Size) -> Markup:
    ends = list(_ends(plot, shown, numbers, size))
    ys = spread([each.y for each in ends], _LABEL_HEIGHT, plot.area.top, plot.area.bottom)
    parts = []
    for end, y in zip(ends, ys, strict=True):
        beside = plot.area.right + 12
        leader: Attributes = {"class": "leader", "x1": end.x + 4, "y1": end.y, "x2": beside - 5, "y2": y}
        swatch = mark(beside, y, end.number, f"point series-{end.number}", {})
        parts += [element("line", leader), swatch, text_at(end.text, beside + 8, y + TEXT_DROP, "label")]
    return element("g", {"class": "labels", "aria-hidden": "true"}, *parts)
