"""Line charts over time. A line joins neighbours only. Dashes, hollow marks and hatching show what limits a reading."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import groupby, pairwise, repeat
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
    data_column,
    empty_picture,
    mark,
    picture,
    plot_area,
    shape,
    text_at,
    time_positions,
    value_axis,
)
from graph.web.charts.labels import Box, shortened, spread, text_width
from graph.web.charts.scales import Axis, Scale, axis
from graph.web.charts.sentences import described, drawn_series, emptiness, notes_of
from graph.web.charts.svg import Attributes, Written, coordinate, coordinates, element, elements, written
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
class _Line:
    """A series in pictures of any size. By the index of a time: at which share of the axis its value lies, its `data-`
    attributes, and the classes of its point.
    """

    series: Series
    number: int
    runs: Sequence[Sequence[Plotted]]
    shares: Mapping[int, float]
    data: Mapping[int, Written]
    classes: Mapping[int, Written]


@dataclass(frozen=True, slots=True)
class _Plot:
    """A chart, and where its times and values lie."""

    chart: TimeChart
    area: Box
    x: tuple[float, ...]  # of each time
    x_texts: Sequence[Written]
    y: Scale
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
    return line_charts(chart, (size,))[0]


def line_charts(chart: TimeChart, sizes: Sequence[Size]) -> Sequence[Markup]:
    """The chart in several sizes."""
    if (empty := emptiness(chart)) is not None:
        return [empty_picture(chart.id, "line-chart", size, chart.title, empty) for size in sizes]
    shown = drawn_series(chart)
    values = [value for series in shown for each in series.readings if (value := each.value) is not None]
    vertical = axis(values, chart.unit)
    numbers = {name: number % SHAPES + 1 for number, name in enumerate(dict.fromkeys(each.name for each in shown))}
    follows = unbroken(chart)
    lines = [_line(chart, each, numbers[each.name], vertical, follows) for each in shown]
    description = described(chart)
    return [_picture(chart, lines, vertical, size, description) for size in sizes]


def _line(chart: TimeChart, series: Series, number: int, vertical: Axis, follows: tuple[bool, ...]) -> _Line:
    found = list(runs(series, follows))
    plotted = [each for run in found for each in run]
    indexes = [each.index for each in plotted]
    many = len(chart.times) > _FEW
    return _Line(
        series,
        number,
        found,
        {each.index: vertical.share(each.value) for each in plotted},
        dict(zip(indexes, data_column(chart.starts, series.readings, indexes), strict=True)),
        {each.index: _point_class(each.qualities, many) for each in plotted},
    )


def _picture(chart: TimeChart, lines: Sequence[_Line], vertical: Axis, size: Size, description: str) -> Markup:
    shown = [each.series for each in lines]
    area = plot_area(size, vertical, _label_width(chart, shown, size))
    plot = _plot(chart, vertical, area)
    notes = notes_of(chart, plot.group, _start(vertical))
    children = (
        _bands(plot, shown),
        value_axis(vertical, plot.y, area),
        _time_axis(plot, size),
        *(_series(plot, each) for each in sorted(lines, key=lambda each: not each.series.before)),
        _end_labels(plot, shown, {each.series.name: each.number for each in lines}, size),
    )
    return picture(chart.id, "line-chart", size, chart.title, " ".join((description, *notes)), children, notes)


def _plot(chart: TimeChart, vertical: Axis, area: Box) -> _Plot:
    x = time_positions(chart.times, area.left + 4, area.right - 4)
    group = group_size(len(x), int(area.width / _GROUPS))
    return _Plot(chart, area, x, coordinates("x", x), vertical.scale(area.bottom, area.top), group)


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


def _series(plot: _Plot, line: _Line) -> Markup:
    series = line.series
    kept = [thinned(run, plot.group) for run in line.runs]
    y = {each.index: plot.y.at(line.shares[each.index]) for run in kept for each in run}
    paths = [path for run, shown in zip(line.runs, kept, strict=True) for path in _lines(plot, y, run, shown)]
    alone = {run[0].index: _point_class(run[0].qualities, many=False, alone=True) for run in kept if len(run) == 1}
    classes = {**line.classes, **alone}
    points = elements(
        "use",
        [classes[index] for index in y],
        repeat(written({"href": shape(line.number)}), len(y)),
        [plot.x_texts[index] for index in y],
        coordinates("y", y.values()),
        [line.data[index] for index in y],
    )
    crosses = (
        cross(plot.x[index], plot.area, plot.chart.starts[index])
        for index, each in enumerate(series.readings)
        if Quality.SUPPRESSED in each.qualities
    )
    long = " long" if plot.group > 1 else ""
    classes_of = f"series series-{line.number}{' before' if series.before else ''}{long}"
    return element("g", {"class": classes_of, "data-series": series.label}, *paths, points, *crosses)


def _lines(plot: _Plot, y: Mapping[int, float], run: Sequence[Plotted], kept: Sequence[Plotted]) -> Iterator[Markup]:
    """One path for each stretch of segments that are drawn alike."""
    first = run[0].index
    segments = [
        (before, after, _stroke(run[before.index - first : after.index - first + 1]))
        for before, after in pairwise(kept)
    ]
    for stroke, group in groupby(segments, key=lambda each: each[2]):
        members = list(group)
        ends = [members[0][0], *(after for _, after, _ in members)]
        steps = "L".join([f"{coordinate(plot.x[each.index])},{coordinate(y[each.index])}" for each in ends])
        yield element("path", {"class": stroke, "d": f"M{steps}"})


def _stroke(readings: Sequence[Plotted]) -> str:
    """How the line over these readings is drawn: as its least certain one."""
    return _stroke_of(COMPLETE.union(*[each.qualities for each in readings]))


@cache
def _stroke_of(qualities: Qualities) -> str:
    if qualities & _UNSURE:
        return "line dashed"
    return "line dotted" if Quality.INTERPOLATED in qualities else "line"


@cache
def _point_class(qualities: Qualities, many: bool, alone: bool = False) -> Written:
    """The class of a point. `many`: of so many that only limited ones show; `alone`: without a line."""
    limited = bool(qualities & _HOLLOW)
    hidden = (many or Quality.INTERPOLATED in qualities) and not alone and not limited
    return written({"class": f"point{' hollow' if limited else ''}{' quiet' if hidden else ''}"})


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
