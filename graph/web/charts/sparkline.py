"""Small lines without axes, for the rows of tables."""

from typing import Final

from markupsafe import Markup

from graph.web.charts.frame import Size, data_of, mark, picture, time_positions
from graph.web.charts.scales import Scale, axis
from graph.web.charts.sentences import described, emptiness
from graph.web.charts.svg import Attributes, coordinate, element
from graph.web.charts.thinning import Plotted, group_size, runs, thinned, unbroken
from graph.web.charts.units import exact
from graph.web.charts.values import TimeChart

SPARK: Final = Size("spark", 96.0, 24.0)
_EDGE: Final = 4.0  # room for the marker of the last value
_GROUPS: Final = 44  # of readings, at most; two points each


def sparkline(chart: TimeChart) -> Markup:
    """The first series as a line whose ends are its lowest and highest values; its last value is marked.

    As in line charts, zero is the foot of counts and money, and a gap is a gap. `data-values` has the exact values.
    """
    if (empty := emptiness(chart)) is not None:
        return picture(chart.id, "sparkline", SPARK, chart.title, empty, ())
    series = chart.series[0]
    values = [value for each in series.readings if (value := each.value) is not None]
    x = time_positions(chart.times, _EDGE, SPARK.width - _EDGE)
    y = axis(values, chart.unit, count=2).scale(SPARK.height - _EDGE, _EDGE)
    size = group_size(len(x), _GROUPS)
    kept = [thinned(run, size) for run in runs(series, unbroken(chart))]
    lines = (_line(run, x, y) for run in kept if len(run) > 1)
    plotted = [each for run in kept for each in run]
    shown = {run[0].index for run in kept if len(run) == 1} | {plotted[-1].index}
    points = (_point(chart, each, x, y) for each in plotted if each.index in shown)
    exactly = " ".join([exact(each.value) for each in plotted])
    group: Attributes = {"class": "series series-1", "data-series": series.label, "data-values": exactly}
    return picture(chart.id, "sparkline", SPARK, chart.title, described(chart), (element("g", group, *lines, *points),))


def _line(run: list[Plotted], x: tuple[float, ...], y: Scale) -> Markup:
    steps = "L".join([f"{coordinate(x[each.index])},{coordinate(y(each.value))}" for each in run])
    return element("path", {"class": "line", "d": f"M{steps}"})


def _point(chart: TimeChart, each: Plotted, x: tuple[float, ...], y: Scale) -> Markup:
    classes = "point hollow" if each.qualities else "point"
    data = data_of(chart.starts[each.index], each.value, each.qualities)
    return mark(x[each.index], y(each.value), 1, classes, data)
