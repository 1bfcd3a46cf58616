"""What all charts with axes share: the picture element, the plot area, axes, notes, and marks of points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final

from markupsafe import Markup

from graph.web.charts.labels import Box, text_width, wrapped
from graph.web.charts.scales import Axis, Scale
from graph.web.charts.svg import Attributes, Written, element, joined, written
from graph.web.charts.units import exact, tick_texts
from graph.web.charts.values import Qualities, Quality, Reading

FONT: Final = 12.0  # in the chart's units, as in charts.css
_NOTE_FONT: Final = FONT - 1
_NOTE_HEIGHT: Final = 15.0
TEXT_DROP: Final = 4.0  # from the middle of a line of text to its baseline
_EMPTY: Final = 64.0  # the height of a chart without values
_TICK_GAP: Final = 8.0
_TIME_AXIS: Final = 22.0
SHAPES: Final = 8  # the markers that `defs` defines, and the colours of charts.css


@dataclass(frozen=True, slots=True)
class Size:
    """A layout: how wide and high a chart is drawn. CSS scales it, so texts keep their proportion to it."""

    name: str
    width: float
    height: float


WIDE: Final = Size("wide", 720.0, 300.0)
NARROW: Final = Size("narrow", 360.0, 280.0)  # for phones: fewer ticks, shorter labels, texts as large


def picture(
    identifier: str,
    kind: str,
    size: Size,
    title: str,
    description: str,
    children: Sequence[Markup],
    notes: Sequence[str] = (),
) -> Markup:
    """The `svg` element with its accessible title and description. Notes stand under the chart, one per line."""
    key = f"{identifier}-{size.name}"
    lines = [line for note in notes for line in wrapped(note, _NOTE_FONT, size.width)]
    height = size.height + _NOTE_HEIGHT * len(lines)
    texts = (
        text_at(line, 0.0, size.height + _NOTE_HEIGHT * number - TEXT_DROP, "note")
        for number, line in enumerate(lines, start=1)
    )
    attributes: Attributes = {
        "class": f"chart {kind} {size.name}",
        "role": "img",
        "aria-labelledby": f"{key}-title {key}-desc",
        "viewBox": f"0 0 {size.width:g} {height:g}",
        "data-chart": identifier,
    }
    named = (element("title", {"id": f"{key}-title"}, title), element("desc", {"id": f"{key}-desc"}, description))
    return element("svg", attributes, *named, *children, *texts)


def empty_picture(identifier: str, kind: str, size: Size, title: str, description: str) -> Markup:
    """A low picture that says why nothing is drawn. No axis: its numbers would be invented."""
    low = replace(size, height=_EMPTY)
    text = text_at(description, size.width / 2, _EMPTY / 2 + TEXT_DROP, "empty middle")
    return picture(identifier, kind, low, title, description, (text,))


def plot_area(size: Size, axis: Axis, right: float) -> Box:
    """The area inside the axes; `right` is the width that is kept free for labels."""
    left = max((text_width(text, FONT) for text in tick_texts(axis.ticks, axis.unit)), default=0.0) + _TICK_GAP
    return Box(round(left, 2), 26.0 if axis.unit.name else 10.0, size.width - right, size.height - _TIME_AXIS)


@lru_cache(maxsize=256)  # ticks are round, so new values seldom change them
def value_axis(axis: Axis, y: Scale, area: Box) -> Markup:
    """Horizontal grid lines with their values at the left; the line of zero is strong."""
    parts = []
    for tick, text in zip(axis.ticks, tick_texts(axis.ticks, axis.unit), strict=True):
        at = y(tick)
        line: Attributes = {
            "class": "zero" if tick == 0 else "grid",
            "x1": area.left,
            "x2": area.right,
            "y1": at,
            "y2": at,
        }
        parts += [element("line", line), text_at(text, area.left - _TICK_GAP, at + TEXT_DROP, "tick end")]
    if axis.unit.name:
        parts.append(text_at(axis.unit.name, 0.0, FONT, "tick"))
    if axis.truncated:
        parts.append(_axis_break(area))
    return element("g", {"class": "axis", "aria-hidden": "true"}, *parts)


@lru_cache(maxsize=1024)
def bottom_tick(text: str, x: float, area: Box, size: Size, strong: bool = False) -> Markup:
    """A tick under the plot area, its text kept inside the picture."""
    half = text_width(text, FONT) / 2
    middle = min(max(x, half), size.width - half)
    line: Attributes = {"class": "tick-mark", "x1": x, "x2": x, "y1": area.bottom, "y2": area.bottom + 4}
    label = text_at(text, middle, area.bottom + 17, "tick middle strong" if strong else "tick middle")
    return joined((element("line", line), label))


def text_at(text: str, x: float, y: float, classes: str) -> Markup:
    """A text whose baseline is at `y`."""
    return element("text", {"class": classes, "x": x, "y": y}, text)


def time_positions(times: Sequence[datetime], left: float, right: float) -> tuple[float, ...]:
    """Where times lie between the first, at `left`, and the last, at `right`; a single one lies in the middle."""
    if len(times) < 2:
        return tuple((left + right) / 2 for _ in times)
    length = (times[-1] - times[0]).total_seconds()
    return tuple(left + (right - left) * (each - times[0]).total_seconds() / length for each in times)


def shape(number: int) -> str:
    """The URL of one of the shapes of `defs`, from 1."""
    return f"#chart-shape-{number}"


def mark(x: float, y: float, number: int, classes: str, data: Attributes) -> Markup:
    """A point: one of the shapes of `defs`, with its values as `data-` attributes."""
    return element("use", {"class": classes, "href": shape(number), "x": x, "y": y, **data})


def cross(x: float, area: Box, time: str) -> Markup:
    """A cross at the foot of the plot area, where there is a value that is not shown."""
    place: Attributes = {"href": "#chart-cross", "x": x, "y": area.bottom - 6}
    return element("use", {"class": "suppressed", **place, "data-time": time, "data-quality": Quality.SUPPRESSED.value})


def data_of(time: str | None, value: Decimal, qualities: Qualities) -> Attributes:
    """The `data-` attributes of a value: exact, as the API writes it."""
    return {"data-time": time, "data-value": exact(value), "data-quality": _names_of(qualities) or None}


def data_column(times: Sequence[str], readings: Sequence[Reading], indexes: Iterable[int]) -> Sequence[Written]:
    """The `data-` attributes of the readings with some indexes, which all have values."""
    values = ((times[index], readings[index]) for index in indexes)
    return [_data_text(time, exact(each.value), each.qualities) for time, each in values if each.value is not None]


@lru_cache(maxsize=4096)  # by texts: decimals with other zeros are equal. Most values are in the next chart, too
def _data_text(time: str, exactly: str, qualities: Qualities) -> Written:
    return written(data_of(time, Decimal(exactly), qualities))


@cache
def _names_of(qualities: Qualities) -> str:
    return " ".join(each for each in Quality if each in qualities)


def _axis_break(area: Box) -> Markup:
    """A zigzag on the left edge: the axis does not start at zero."""
    x, y = area.left, area.bottom
    points = ((0, 0), (0, -3), (-4, -5), (4, -9), (0, -11), (0, -14))
    path = "L".join(f"{x + dx:g},{y + dy:g}" for dx, dy in points)
    return element("path", {"class": "axis-break", "d": f"M{path}"})
