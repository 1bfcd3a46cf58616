"""Charts: pure functions from values to SVG with classes only, and to the table of the same values.

In reading order: `values` has what a chart is made of, `units` writes values as text, `buckets` knows the days of time
zones. `scales` and `time_ticks` compute axes, `thinning` chooses the readings of long series, `labels` keeps labels
apart, `sentences` describes a chart. `svg` writes elements, the only place that escapes. `frame` draws what charts
share. `lines`, `bars`, `ranking`, `bubbles`, `scatter` and `sparkline` draw; `key` explains; `table` has the values;
`figure` puts them together for a page. `defs` has the patterns and markers that a page needs once, and
`static/charts.css` the colours.
"""

from graph.web.charts.bars import bar_chart
from graph.web.charts.buckets import Bucket
from graph.web.charts.defs import chart_defs
from graph.web.charts.figure import bar_figure, line_figure, ranking_figure, scatter_figure
from graph.web.charts.frame import NARROW, WIDE, Size
from graph.web.charts.lines import line_chart
from graph.web.charts.ranking import Ranked, RankingChart, ranking_chart
from graph.web.charts.scatter import Bubble, ScatterChart, TrailDay, scatter_chart
from graph.web.charts.sparkline import sparkline
from graph.web.charts.table import ranking_table, scatter_table, time_table, value_cell
from graph.web.charts.units import COUNT, DURATION, PERCENT, Unit, exact, money_in, value_text
from graph.web.charts.values import (
    COMPLETE,
    Quality,
    Reading,
    Series,
    TimeChart,
    Tone,
    limited_reading,
    qualities_of,
    reading,
)

__all__ = [
    "COMPLETE",
    "COUNT",
    "DURATION",
    "NARROW",
    "PERCENT",
    "WIDE",
    "Bubble",
    "Bucket",
    "Quality",
    "Ranked",
    "RankingChart",
    "Reading",
    "ScatterChart",
    "Series",
    "Size",
    "TimeChart",
    "Tone",
    "TrailDay",
    "Unit",
    "bar_chart",
    "bar_figure",
    "chart_defs",
    "exact",
    "limited_reading",
    "line_chart",
    "line_figure",
    "money_in",
    "qualities_of",
    "ranking_chart",
    "ranking_figure",
    "ranking_table",
    "reading",
    "scatter_chart",
    "scatter_figure",
    "scatter_table",
    "sparkline",
    "time_table",
    "value_cell",
    "value_text",
]
