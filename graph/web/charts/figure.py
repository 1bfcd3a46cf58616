"""A chart as a page shows it: its picture for wide screens and for phones, its key, and its table."""

from collections.abc import Callable

from markupsafe import Markup

from graph.web.charts.bars import bar_chart
from graph.web.charts.frame import NARROW, WIDE, Size
from graph.web.charts.key import chart_key
from graph.web.charts.lines import line_chart
from graph.web.charts.ranking import RankingChart, ranking_chart
from graph.web.charts.scatter import ScatterChart, scatter_chart
from graph.web.charts.sentences import drawn_series
from graph.web.charts.svg import Attributes, element
from graph.web.charts.table import ranking_table, scatter_table, time_table
from graph.web.charts.values import COMPLETE, Qualities, TimeChart


def line_figure(chart: TimeChart) -> Markup:
    """A line chart over time."""
    names = [("before", "the period before")] if any(each.before for each in chart.series) else []
    key = chart_key("line", _qualities(chart), names)
    return _figure(chart.id, chart.title, lambda size: line_chart(chart, size), key, time_table(chart))


def bar_figure(chart: TimeChart) -> Markup:
    """A bar chart over time, stacked."""
    shown = [each for each in drawn_series(chart) if not each.before]
    classes = [f"tone-{each.tone}" if each.tone else f"series-{number}" for number, each in enumerate(shown, start=1)]
    names = [(of, each.name) for of, each in zip(classes, shown, strict=True)] if len(shown) > 1 else []
    key = chart_key("bar", _qualities(chart), names)
    return _figure(chart.id, chart.title, lambda size: bar_chart(chart, size), key, time_table(chart))


def ranking_figure(chart: RankingChart) -> Markup:
    """Horizontal bars."""
    qualities = COMPLETE.union(*(each.reading.qualities for each in chart.items))
    key = chart_key("bar", qualities)
    return _figure(chart.id, chart.title, lambda size: ranking_chart(chart, size), key, ranking_table(chart))


def scatter_figure(chart: ScatterChart) -> Markup:
    """A scatter plot, one panel per currency."""
    key = chart_key("bubble", COMPLETE.union(*(each.qualities for each in chart.bubbles)))
    return _figure(chart.id, chart.title, lambda size: scatter_chart(chart, size), key, scatter_table(chart))


def _qualities(chart: TimeChart) -> Qualities:
    return COMPLETE.union(*(each.qualities for series in drawn_series(chart) for each in series.readings))


def _figure(identifier: str, title: str, draw: Callable[[Size], Markup], key: Markup, table: Markup) -> Markup:
    """CSS shows one of the two pictures, by the width of the figure."""
    region: Attributes = {"class": "chart-scroll", "role": "region", "aria-label": f"{title}: table", "tabindex": 0}
    values = element(
        "details", {"class": "chart-values"}, element("summary", {}, "Values as a table"), element("div", region, table)
    )
    caption = element("figcaption", {}, title)
    return element(
        "figure", {"class": "chart-figure", "id": identifier}, caption, draw(WIDE), draw(NARROW), key, values
    )
