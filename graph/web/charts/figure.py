"""A chart as a page shows it: its picture for wide screens and for phones, its key, and its table."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from graph.web.charts.bars import bar_charts
from graph.web.charts.frame import NARROW, WIDE
from graph.web.charts.key import chart_key
from graph.web.charts.lines import line_charts
from graph.web.charts.ranking import RankingChart, ranking_chart
from graph.web.charts.scatter import ScatterChart, scatter_chart
from graph.web.charts.sentences import drawn_series
from graph.web.charts.svg import Attributes, element
from graph.web.charts.table import ranking_table, scatter_table, time_table
from graph.web.charts.values import COMPLETE, Qualities, TimeChart

_SIZES: Final = (WIDE, NARROW)


def line_figure(chart: TimeChart) -> Markup:
    """A line chart over time."""
    names = (("before", "the period before"),) if any(each.before for each in chart.series) else ()
    key = chart_key("line", _qualities(chart), names)
    return _figure(chart.id, chart.title, line_charts(chart, _SIZES), key, time_table(chart))


def bar_figure(chart: TimeChart) -> Markup:
    """A bar chart over time, stacked."""
    shown = [each for each in drawn_series(chart) if not each.before]
    classes = [f"tone-{each.tone}" if each.tone else f"series-{number}" for number, each in enumerate(shown, start=1)]
    names = zip(classes, (each.name for each in shown), strict=True) if len(shown) > 1 else ()
    key = chart_key("bar", _qualities(chart), tuple(names))
    return _figure(chart.id, chart.title, bar_charts(chart, _SIZES), key, time_table(chart))


def ranking_figure(chart: RankingChart) -> Markup:
    """Horizontal bars."""
    qualities = COMPLETE.union(*(each.reading.qualities for each in chart.items))
    key = chart_key("bar", qualities)
    pictures = [ranking_chart(chart, size) for size in _SIZES]
    return _figure(chart.id, chart.title, pictures, key, ranking_table(chart))


def scatter_figure(chart: ScatterChart) -> Markup:
    """A scatter plot, one panel per currency."""
    key = chart_key("bubble", COMPLETE.union(*(each.qualities for each in chart.bubbles)))
    pictures = [scatter_chart(chart, size) for size in _SIZES]
    return _figure(chart.id, chart.title, pictures, key, scatter_table(chart))


def _qualities(chart: TimeChart) -> Qualities:
    return COMPLETE.union(*(each.qualities for series in drawn_series(chart) for each in series.readings))


def _figure(identifier: str, title: str, pictures: Sequence[Markup], key: Markup, table: Markup) -> Markup:
    """CSS shows one of the two pictures, by the width of the figure."""
    region: Attributes = {"class": "chart-scroll", "role": "region", "aria-label": f"{title}: table", "tabindex": 0}
    values = element(
        "details", {"class": "chart-values"}, element("summary", {}, "Values as a table"), element("div", region, table)
    )
    caption = element("figcaption", {}, title)
    return element("figure", {"class": "chart-figure", "id": identifier}, caption, *pictures, key, values)
