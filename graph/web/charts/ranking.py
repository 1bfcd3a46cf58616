"""Horizontal bars: things in the caller's order, each with its name and its exact value."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from graph.web.charts.frame import FONT, TEXT_DROP, WIDE, Size, data_of, empty_picture, picture, text_at
from graph.web.charts.labels import shortened, text_width
from graph.web.charts.scales import Scale, axis
from graph.web.charts.sentences import words_of
from graph.web.charts.svg import element
from graph.web.charts.units import Unit, value_text
from graph.web.charts.values import Quality, Reading, check_id

MOST_ROWS: Final = 20
_ROW: Final = 26.0
_BAR: Final = 14.0
_NAME_SHARE: Final = 0.3
_VALUE_SHARE: Final = 0.4
_GAP: Final = 8.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """One bar."""

    name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class RankingChart:
    """Values of one kind, in the order to draw them. `subject`: what the names are, as a column's heading."""

    id: str
    title: str
    subject: str
    unit: Unit
    items: Sequence[Ranked]

    def __post_init__(self) -> None:
        check_id(self.id)


def ranking_chart(chart: RankingChart, size: Size = WIDE) -> Markup:
    """The chart as SVG: the first 20 items; a note says how many more the table has."""
    if not chart.items:
        return empty_picture(chart.id, "ranking-chart", size, chart.title, "Nothing to rank in this window.")
    shown = chart.items[:MOST_ROWS]
    notes = [f"{len(chart.items) - MOST_ROWS} more are only in the table."] if len(chart.items) > MOST_ROWS else []
    left = min(max(text_width(each.name, FONT) for each in shown), size.width * _NAME_SHARE) + _GAP
    widest = max(text_width(_value(chart, each), FONT) for each in shown)
    right = min(widest, size.width * _VALUE_SHARE) + _GAP
    vertical = axis([value for each in shown if (value := each.reading.value) is not None], chart.unit)
    if vertical.truncated:
        vertical = replace(vertical, ticks=(vertical.ticks[0] * 0, vertical.ticks[-1]))
    x = vertical.scale(left, size.width - right)
    rows = [_row(chart, each, number * _ROW, x, left) for number, each in enumerate(shown)]
    height = _ROW * len(shown) + 2
    return picture(
        chart.id, "ranking-chart", replace(size, height=height), chart.title, _described(chart, notes), rows, notes
    )


def _row(chart: RankingChart, item: Ranked, top: float, x: Scale, left: float) -> Markup:
    value, middle = item.reading.value, top + _ROW / 2
    name = text_at(shortened(item.name, FONT, left - _GAP), left - _GAP, middle + TEXT_DROP, "label end")
    zero = x(x.low * 0)
    base = element("line", {"class": "zero", "x1": zero, "x2": zero, "y1": top, "y2": top + _ROW})
    if value is None:
        words = words_of(item.reading.qualities) or "no value"
        return element("g", {"class": "row"}, name, base, text_at(words, zero + _GAP, middle + TEXT_DROP, "note"))
    ends = sorted((zero, x(value)))
    sides = {"x": ends[0], "width": ends[1] - ends[0], "y": middle - _BAR / 2, "height": _BAR}
    qualities = item.reading.qualities
    hollow = " hollow" if Quality.LOW_SAMPLE in qualities else ""
    bars = [element("rect", {"class": f"bar{hollow}", **sides, **data_of(None, value, qualities)})]
    if qualities - {Quality.LOW_SAMPLE}:
        bars.append(element("rect", {"class": "over", "fill": "url(#chart-hatch-over)", **sides}))
    text = text_at(_value(chart, item), max(ends[1], zero) + _GAP / 2, middle + TEXT_DROP, "label")
    return element("g", {"class": "row series series-1", "data-series": item.name}, name, *bars, base, text)


def _value(chart: RankingChart, item: Ranked) -> str:
    return value_text(item.reading.value, chart.unit)


def _described(chart: RankingChart, notes: Sequence[str]) -> str:
    """The first and the last item that has a value."""
    valued = [each for each in chart.items if each.reading.value is not None]
    if not valued:
        return "There are no values in this window."
    first, last = (f"{each.name}, {_value(chart, each)}" for each in (valued[0], valued[-1]))
    if len(valued) == 1:
        return " ".join((f"One value: {first}.", *notes))
    return " ".join((f"{len(valued)} values. First: {first}. Last: {last}.", *notes))
