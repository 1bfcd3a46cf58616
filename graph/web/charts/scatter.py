"""Scatter plots of money against a rate: one panel per currency, because nothing is converted.

A bubble's area is its volume, in all panels alike. A currency has its own panel, shape and colour.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from graph.web.charts.bubbles import bubble, trail
from graph.web.charts.frame import (
    FONT,
    SHAPES,
    TEXT_DROP,
    WIDE,
    Size,
    bottom_tick,
    empty_picture,
    picture,
    plot_area,
    text_at,
    value_axis,
)
from graph.web.charts.labels import Box, place, shortened, text_width
from graph.web.charts.scales import Axis, Scale, axis
from graph.web.charts.sentences import words_of
from graph.web.charts.svg import Attributes, element
from graph.web.charts.units import COUNT, PERCENT, exact, money_in, tick_texts, value_text
from graph.web.charts.values import COMPLETE, Qualities, Quality, check_id

_LARGEST: Final = 22.0  # the radius of the largest volume's circle
_AXIS_TITLE: Final = 20.0
_RIGHT: Final = 26.0
_TICK_WIDTH: Final = 74.0
_COLUMNS: Final = 2
_LONGEST_NAME: Final = 130.0
_LABEL: Final = 14.0
_ADJACENT: Final = 5.0


@dataclass(frozen=True, slots=True)
class TrailDay:
    """One day of a bubble."""

    day: date
    x: Decimal | None
    y: Decimal | None
    qualities: Qualities = COMPLETE


@dataclass(frozen=True, slots=True)
class Bubble:
    """A thing in one currency: `x` is money, `y` a rate from 0 to 1, `volume` a count. None: no such figure."""

    name: str
    currency: str
    x: Decimal | None
    y: Decimal | None
    volume: int
    qualities: Qualities = COMPLETE
    trail: Sequence[TrailDay] = ()


@dataclass(frozen=True, slots=True)
class ScatterChart:
    """Bubbles in one or more currencies. The titles name the columns of the table and the axes."""

    id: str
    title: str
    subject: str
    x_title: str
    y_title: str
    volume_title: str
    bubbles: Sequence[Bubble]

    def __post_init__(self) -> None:
        check_id(self.id)


@dataclass(frozen=True, slots=True)
class _Panel:
    """The part of the picture for one currency."""

    currency: str
    number: int
    bubbles: Sequence[Bubble]
    horizontal: Axis
    area: Box
    x: Scale
    y: Scale


@dataclass(frozen=True, slots=True)
class _Placed:
    """A bubble and where it lies."""

    bubble: Bubble
    x: float
    y: float
    radius: float


def scatter_chart(chart: ScatterChart, size: Size = WIDE) -> Markup:
    """The chart as SVG. Bubbles without a position are counted in a note, and stand in the table."""
    shown = [each for each in chart.bubbles if each.x is not None and each.y is not None]
    if not shown:
        return empty_picture(chart.id, "scatter-chart", size, chart.title, "No values in this window.")
    currencies = list(dict.fromkeys(each.currency for each in shown))
    rates = [rate for each in shown for rate in (each.y, *(day.y for day in each.trail)) if rate is not None]
    vertical = axis(rates, PERCENT)
    columns = min(len(currencies), _COLUMNS) if size is WIDE else 1
    whole = replace(size, height=size.height * -(-len(currencies) // columns))
    largest = max(each.volume for each in shown)
    panels = [
        _panel(currency, number, [each for each in shown if each.currency == currency], vertical, size, columns)
        for number, currency in enumerate(currencies)
    ]
    children = [_drawn(chart, panel, vertical, largest, whole) for panel in panels]
    notes = _notes(chart, vertical)
    return picture(chart.id, "scatter-chart", whole, chart.title, _described(chart, notes), children, notes)


def _panel(currency: str, number: int, bubbles: Sequence[Bubble], vertical: Axis, size: Size, columns: int) -> _Panel:
    costs = [cost for each in bubbles for cost in (each.x, *(day.x for day in each.trail)) if cost is not None]
    cell = replace(size, width=size.width / columns)
    inner = plot_area(cell, vertical, _RIGHT)
    right, down = (number % columns) * cell.width, (number // columns) * size.height
    area = Box(inner.left + right, inner.top + 14 + down, inner.right + right, inner.bottom - _AXIS_TITLE + down)
    horizontal = axis(costs, money_in(currency), count=max(int(area.width / _TICK_WIDTH), 2))
    x, y = horizontal.scale(area.left, area.right), vertical.scale(area.bottom, area.top)
    return _Panel(currency, number, bubbles, horizontal, area, x, y)


def _drawn(chart: ScatterChart, panel: _Panel, vertical: Axis, largest: int, whole: Size) -> Markup:
    area = panel.area
    texts = tick_texts(panel.horizontal.ticks, panel.horizontal.unit)
    ticks = (
        bottom_tick(text, panel.x(tick), area, whole) for tick, text in zip(panel.horizontal.ticks, texts, strict=True)
    )
    titles = (
        text_at(f"{chart.x_title}, {panel.currency}", area.right, area.bottom + 34, "axis-title end"),
        text_at(chart.y_title, area.left, area.top - 9, "axis-title"),
    )
    axes = element("g", {"class": "axis", "aria-hidden": "true"}, *ticks, *titles)
    placed = sorted(_placed(panel, largest), key=lambda each: -each.radius)
    trails = (_trail(panel, each.bubble) for each in placed if each.bubble.trail)
    bubbles = (_bubble(chart, panel, each) for each in placed)
    series = {"class": f"series series-{panel.number % SHAPES + 1}", "data-currency": panel.currency}
    marks = element("g", series, *trails, *bubbles)
    return element("g", {"class": "panel"}, value_axis(vertical, panel.y, area), axes, marks, _labels(panel, placed))


def _placed(panel: _Panel, largest: int) -> Iterator[_Placed]:
    for each in panel.bubbles:
        if each.x is not None and each.y is not None:
            radius = _LARGEST * math.sqrt(each.volume / largest) if largest else 0.0
            yield _Placed(each, panel.x(each.x), panel.y(each.y), radius)


def _bubble(chart: ScatterChart, panel: _Panel, placed: _Placed) -> Markup:
    each = placed.bubble
    named = " ".join(quality for quality in Quality if quality in each.qualities)
    data: Attributes = {
        "data-name": each.name,
        "data-x": exact(each.x) if each.x is not None else None,
        "data-y": exact(each.y) if each.y is not None else None,
        "data-volume": each.volume,
        "data-quality": named or None,
    }
    shape = bubble(placed.x, placed.y, math.pi * placed.radius**2, panel.number)
    tooltip = element("title", {}, _sentence(chart, each))  # browsers show it under the pointer
    return element("g", {"class": "bubble-of dashed" if each.qualities else "bubble-of", **data}, tooltip, *shape)


def _trail(panel: _Panel, each: Bubble) -> Markup:
    return trail(
        [
            (
                panel.x(day.x),
                panel.y(day.y),
                {"data-time": day.day.isoformat(), "data-x": exact(day.x), "data-y": exact(day.y)},
            )
            for day in each.trail
            if day.x is not None and day.y is not None
        ]
    )


def _labels(panel: _Panel, placed: Sequence[_Placed]) -> Markup:
    """Names beside their bubbles, the largest first, where they cover neither bubbles nor each other."""
    taken = [Box(e.x - e.radius, e.y - e.radius, e.x + e.radius, e.y + e.radius) for e in placed]
    bounds = Box(panel.area.left, panel.area.top - 4, panel.area.right + _RIGHT, panel.area.bottom + 4)
    texts = []
    for each in placed:
        name = shortened(each.bubble.name, FONT, _LONGEST_NAME)
        box = place(_beside(each, text_width(name, FONT)), taken, bounds)
        if box is not None:
            taken.append(box)
            texts += _leader(each, box)
            texts.append(text_at(name, box.left, box.bottom - TEXT_DROP + 1, "label"))
    return element("g", {"class": "labels", "aria-hidden": "true"}, *texts)


def _leader(each: _Placed, box: Box) -> list[Markup]:
    """A line from a bubble to its label, unless the label lies directly beside it."""
    x = min(max(each.x, box.left), box.right)
    y = min(max(each.y, box.top), box.bottom)
    if math.hypot(x - each.x, y - each.y) <= each.radius + _ADJACENT:
        return []
    return [element("line", {"class": "leader", "x1": each.x, "y1": each.y, "x2": x, "y2": y})]


def _beside(each: _Placed, width: float) -> Iterator[Box]:
    """Places for a label: right, left, above, below, then the corners, then further away."""
    for away in (each.radius + 3, each.radius + 12, each.radius + 24):
        for right, down in ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)):
            slant = 0.75 if right and down else 1.0
            left = each.x + right * away * slant - width * (1 - right) / 2
            top = each.y + down * (away * slant + _LABEL / 2) - _LABEL / 2
            yield Box(left, top, left + width, top + _LABEL)


def _notes(chart: ScatterChart, vertical: Axis) -> list[str]:
    notes = ["Larger area, larger volume. Each currency has its own horizontal axis."]
    if vertical.truncated:
        notes.append(f"The vertical axis starts at {tick_texts(vertical.ticks, vertical.unit)[0]}, not at zero.")
    missing = [f"{each.name} ({each.currency})" for each in chart.bubbles if each.x is None or each.y is None]
    if missing:
        notes.append(f"Without a position, only in the table: {', '.join(missing)}.")
    return notes


def _described(chart: ScatterChart, notes: Sequence[str]) -> str:
    """Each bubble's figures, in the caller's order."""
    return " ".join((*(_sentence(chart, each) for each in chart.bubbles), *notes))


def _sentence(chart: ScatterChart, each: Bubble) -> str:
    money, limits = value_text(each.x, money_in(each.currency)), words_of(each.qualities)
    named = f"{each.name} ({each.currency}{f', {limits}' if limits else ''})"
    volume = value_text(Decimal(each.volume), COUNT)
    rate = value_text(each.y, PERCENT)
    return f"{named}: {chart.x_title} {money}; {chart.y_title} {rate}; {chart.volume_title} {volume}."
