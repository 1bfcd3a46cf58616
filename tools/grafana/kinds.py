"""The kinds of panels, each drawn into the axes that it is given."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from dashboards.sources import Json
from tools.grafana import axes as around
from tools.grafana import style
from tools.grafana.asking import Answer, Series, Table
from tools.grafana.filling import Window
from tools.grafana.units import shown

Draw: TypeAlias = Callable[[Axes, Json, Sequence[Answer], Window], None]
"""Of a panel, what its queries answered, in their order."""
LINE: Final = 0.22  # inches that a row of a table is high
FEW: Final = 12  # points: each is marked


def timeseries(axes: Axes, panel: Json, answers: Sequence[Answer], window: Window) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    series = joined(answers)
    if defaults["custom"]["drawStyle"] == "bars":
        _bars(axes, series)
    else:
        for number, (name, points) in enumerate(series.items()):
            at, values = around.days_of([at for at, _ in points]), [value for _, value in points]
            marker = "o" if len(points) < FEW else ""
            axes.plot(at, values, label=name, color=style.color(number), linewidth=1.4, marker=marker, markersize=3.5)
    around.times(axes, window)
    around.limits(axes, defaults)
    around.values(axes, defaults)
    around.legend(axes, series)


def _bars(axes: Axes, series: Series) -> None:
    """On top of each other; as wide as the shortest way from one time to the next."""
    times = sorted({at for points in series.values() for at, _ in points})
    places = {at: number for number, at in enumerate(times)}
    width = min(np.diff(around.days_of(times)), default=1.0) * 0.85
    below = np.zeros(len(times))
    for number, (name, points) in enumerate(series.items()):
        heights = np.zeros(len(times))
        for at, value in points:
            heights[places[at]] = value
        axes.bar(around.days_of(times), heights, width, below, label=name, color=style.color(number), align="edge")
        below += heights


def heatmap(axes: Axes, panel: Json, answers: Sequence[Answer], window: Window) -> None:
    series = dict(sorted(joined(answers).items(), reverse=True))
    times = sorted({at for points in series.values() for at, _ in points})
    places = {at: number for number, at in enumerate(times)}
    cells = np.full((len(series), len(times)), np.nan)
    for row, points in enumerate(series.values()):
        for at, value in points:
            cells[row, places[at]] = value
    mesh = axes.pcolormesh(
        around.days_of(times), range(len(series)), cells, cmap="YlOrRd", shading="nearest", norm="log"
    )
    axes.grid(visible=False)
    axes.set_yticks(range(len(series)), [name.replace("_", "\n", 1) for name in series])
    around.times(axes, window)
    low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
    marks = [low, (low * high) ** 0.5, high]
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    scale = figure.colorbar(mesh, ax=axes, pad=0.02, aspect=20)
    scale.set_ticks(marks, labels=[shown(mark, panel["fieldConfig"]["defaults"]["unit"]) for mark in marks])
    scale.ax.tick_params(labelsize=style.SMALL, colors=style.PALE, length=0, which="both")
    scale.ax.minorticks_off()
    for side in scale.ax.spines.values():
        side.set_visible(False)


def scatter(axes: Axes, panel: Json, answers: Sequence[Answer], window: Window) -> None:
    """A color for each value by which the panel partitions its rows."""
    (table,) = (answer for answer in answers if isinstance(answer, Table))
    (mapped,) = panel["options"]["series"]
    (by,) = panel["transformations"][0]["options"]["fields"]
    x, y, size = (mapped[axis]["matcher"]["options"] for axis in ("x", "y", "size"))
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    most = max(row[size] for row in rows)
    names = sorted({row[by] for row in rows})
    for number, name in enumerate(names):
        mine = [row for row in rows if row[by] == name]
        areas = [30 + 900 * row[size] / most for row in mine]
        points = ([row[x] for row in mine], [row[y] for row in mine])
        axes.scatter(*points, areas, color=style.color(number), alpha=0.55, edgecolors="white", label=name)
    axes.margins(0.12)
    axes.set_xlabel(x, fontsize=style.SMALL, color=style.PALE)
    axes.set_ylabel(y, fontsize=style.SMALL, color=style.PALE)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, unit_of(panel, y))))
    around.legend(axes, dict.fromkeys(names, ()), marker=60)


def stat(axes: Axes, panel: Json, answers: Sequence[Answer], window: Window) -> None:
    axes.set_axis_off()
    newest = {name: points[-1][1] for name, points in sorted(joined(answers).items()) if points}
    unit = panel["fieldConfig"]["defaults"]["unit"]
    for number, (name, value) in enumerate(newest.items()):
        place = (number + 0.5) / len(newest)
        axes.text(place, 0.6, shown(value, unit), ha="center", fontsize=style.LARGE, color=style.INK)
        axes.text(place, 0.28, name, ha="center", fontsize=style.SMALL, color=style.PALE)


def table(axes: Axes, panel: Json, answers: Sequence[Answer], window: Window) -> None:
    """As many rows as have room, in lines of equal height."""
    axes.set_axis_off()
    (found,) = (answer for answer in answers if isinstance(answer, Table))
    units = [unit_of(panel, column) for column in found.columns]
    texts = [[shown(value, unit) for value, unit in zip(row, units, strict=True)] for row in found.rows]
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    height = LINE * figure.dpi / axes.get_window_extent().height
    lines = [list(found.columns), *texts[: int(1 / height) - 1]]
    widths = np.array([max(len(line[column]) for line in lines) + 2 for column in range(len(units))], float)
    lefts = np.concatenate([[0], np.cumsum(widths / widths.sum())[:-1]])
    for number, line in enumerate(lines):
        ink = style.INK if number else style.PALE
        for left, text in zip(lefts, line, strict=True):
            axes.text(float(left), 1 - (number + 0.5) * height, text, fontsize=style.SMALL, color=ink, va="center")
        axes.axhline(1 - (number + 1) * height, color=style.GRID, linewidth=0.8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def unit_of(panel: Json, column: str) -> str:
    """The unit of a column: its own, or the panel's."""
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] == column:
            return str(next(each["value"] for each in override["properties"] if each["id"] == "unit"))
    return str(panel["fieldConfig"]["defaults"]["unit"])


def joined(answers: Sequence[Answer]) -> Series:
    """The series of all queries of a panel."""
    return dict(chain.from_iterable(answer.items() for answer in answers if not isinstance(answer, Table)))


KINDS: Final[Mapping[str, Draw]] = MappingProxyType(
    {"timeseries": timeseries, "heatmap": heatmap, "xychart": scatter, "stat": stat, "table": table}
)


def draw(axes: Axes, panel: Json, answers: Sequence[Answer], window: Window) -> None:
    """Whatever kind of panel it is; says so if there is nothing to draw."""
    style.quiet(axes)
    if any(answer.rows if isinstance(answer, Table) else any(answer.values()) for answer in answers):
        KINDS[panel["type"]](axes, panel, answers, window)
        return
    axes.set_axis_off()
    axes.text(0.5, 0.5, "No data", ha="center", va="center", color=style.PALE, fontsize=style.NORMAL)
