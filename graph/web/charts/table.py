"""The tables of charts, made from the same values: what is drawn can be read, exactly."""

from collections.abc import Iterable
from decimal import Decimal

from markupsafe import Markup

from graph.web.charts.buckets import bucket_text, iso
from graph.web.charts.ranking import RankingChart
from graph.web.charts.scatter import Bubble, ScatterChart
from graph.web.charts.sentences import words_of
from graph.web.charts.svg import element
from graph.web.charts.units import COUNT, PERCENT, Unit, exact, money_in, value_text
from graph.web.charts.values import COMPLETE, Qualities, TimeChart


def time_table(chart: TimeChart) -> Markup:
    """One row per time and one column per series, also for those that the picture leaves out."""
    rows = []
    for index, time in enumerate(chart.times):
        text = bucket_text(time, chart.bucket, chart.zone)
        head = element("th", {"scope": "row"}, element("time", {"datetime": iso(time)}, text))
        cells = (
            value_cell(each.readings[index].value, chart.unit, each.readings[index].qualities) for each in chart.series
        )
        rows.append(element("tr", {"data-time": iso(time)}, head, *cells))
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
    text = value_text(value, unit)
    shown: Markup | str = element("data", {"value": exact(value)}, text) if value is not None else text
    words = words_of(qualities)
    marks = (" ", element("span", {"class": "quality"}, words)) if words else ()
    return element("td", {"class": "number"}, shown, *marks)


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
