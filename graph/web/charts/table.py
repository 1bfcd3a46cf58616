"""The tables of charts, made from the same values: what is drawn can be read, exactly."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from markupsafe import Markup

from graph.web.charts.ranking import RankingChart
from graph.web.charts.scatter import Bubble, ScatterChart
from graph.web.charts.sentences import words_of
from graph.web.charts.svg import element
from graph.web.charts.units import COUNT, PERCENT, Unit, exact, money_in, value_text
from graph.web.charts.values import COMPLETE, Qualities, TimeChart


def time_table(chart: TimeChart) -> Markup:
    """One row per time and one column per series, also for those that the picture leaves out."""
    rows = []
    columns = [each.readings for each in chart.series]
    for time, text, *readings in zip(chart.starts, chart.texts, *columns, strict=True):
        cells = [value_cell(each.value, chart.unit, each.qualities) for each in readings]
        rows.append(_time_row(time, text, *cells))
    return _table(chart.id, chart.title, (f"Time ({chart.zone.key})", *(each.label for each in chart.series)), rows)


def ranking_table(chart: RankingChart) -> Markup:
    """One row per item."""
    rows = (_row(each.name, value_cell(each.reading.value, chart.unit, each.reading.qualities)) for each in chart.items)
    return _table(chart.id, chart.title, (chart.subject, "Value"), rows)


def scatter_table(chart: ScatterChart) -> Markup:
    """One row per bubble."""
    heads = (chart.subject, "Currency", chart.volume_title, chart.x_title, chart.y_title)
    return _table(chart.id, chart.title, heads, (_bubble_row(each) for each in chart.bubbles))


def value_cell(value: Decimal | None, unit: Unit, qualities: Qualities = COMPLETE) -> Markup:
    """A cell with the exact value, its text, and what limits it in words."""
    return _cell(exact(value) if value is not None else None, unit, qualities)


@lru_cache(4096)  # by texts: decimals with other zeros are equal. Most times of a table are in the next one, too
def _cell(exactly: str | None, unit: Unit, qualities: Qualities) -> Markup:
    words = words_of(qualities)
    if exactly is None:
        shown: Markup | str = value_text(None, unit)
    else:
        shown = element("data", {"value": exactly}, value_text(Decimal(exactly), unit))
    marks = (" ", element("span", {"class": "quality"}, words)) if words else ()
    return element("td", {"class": "number"}, shown, *marks)


@lru_cache(4096)
def _time_row(time: str, text: str, *cells: Markup) -> Markup:
    head = element("th", {"scope": "row"}, element("time", {"datetime": time}, text))
    return element("tr", {"data-time": time}, head, *cells)


def _bubble_row(each: Bubble) -> Markup:
    volume = value_cell(Decimal(each.volume), COUNT)
    cost = value_cell(each.x, money_in(each.currency))
    return _row(each.name, element("td", {}, each.currency), volume, cost, value_cell(each.y, PERCENT, each.qualities))


def _row(name: str, *cells: Markup) -> Markup:
    return element("tr", {}, element("th", {"scope": "row"}, name), *cells)


def _table(identifier: str, title: str, heads: Iterable[str], rows: Iterable[Markup]) -> Markup:
    head = element("thead", {}, element("tr", {}, *(element("th", {"scope": "col"}, each) for each in heads)))
    caption = element("caption", {}, title)
    return element("table", {"data-table": identifier}, caption, head, element("tbody", {}, *rows))
