"""What stands around the drawing of a panel: times below, values beside, names in the legend, lines of alerts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator, MultipleLocator

from dashboards.sources import Json
from tools.grafana import style
from tools.grafana.asking import Series
from tools.grafana.filling import Window
from tools.grafana.units import shown

DAY: Final = 86_400  # seconds
SEVERAL: Final = 2  # series need a legend
LINES: Final = 3  # of a legend
MARKS: Final = 5  # on the axis of values
ROUND: Final = (60, 120, 300, 600, 1800, 3600, 7200, 14_400, 28_800)  # seconds
CHARACTER, HANDLE = 6.2, 34.0  # pixels that a dead letter of a legend, and what stands before it, take
IN_SIGHT: Final = 3.0  # times the highest value: a line above that is only told of
BELOW: Final = -0.15


def days_of(times: Sequence[datetime]) -> npt.NDArray[np.float64]:
    """Times as matplotlib counts them: days since 1970."""
    return np.array([at.timestamp() / DAY for at in times])


def times(axes: Axes, window: Window) -> None:
    """Days, or hours and minutes."""
    days = window.end - window.start > timedelta(days=2)
    room = int(axes.get_window_extent().width / 60)
    # matplotlib leaves both untyped.
    locator = AutoDateLocator(minticks=min(room, 3), maxticks=min(room, 9))  # type: ignore[no-untyped-call]  # Matplotlib's
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(DateFormatter("%-d %b" if days else "%H:%M"))  # type: ignore[no-untyped-call]  # Matplotlib's
    start, end = days_of([window.start, window.end])
    axes.set_xlim(start, end)


def values(axes: Axes, defaults: Json) -> None:
    unit, low, high = defaults["unit"], defaults.get("min"), defaults.get("max")
    axes.yaxis.set_major_locator(_locator(axes.get_ylim()[1], unit))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, unit)))
    axes.set_ylim(bottom=low)
    if high is not None:
        axes.set_ylim(top=high + 0.03 * (high - axes.get_ylim()[0]))


def _locator(highest: float, unit: str) -> Locator:
    """Of seconds, whole minutes and hours."""
    if unit == "s" and highest > ROUND[0]:
        return MultipleLocator(next((step for step in ROUND if highest / step < MARKS), DAY))
    return MaxNLocator(MARKS - 1, integer=unit == "short")


def limits(axes: Axes, defaults: Json) -> None:
    """A dashed line each, or a word in the corner if it is far above everything."""
    if defaults["custom"]["thresholdsStyle"]["mode"] == "off":
        return
    highest = axes.get_ylim()[1]
    steps = [(step["value"], style.LINES[step["color"]]) for step in defaults["thresholds"]["steps"][1:]]
    words = {value: f"alert at {shown(value, defaults['unit'])}" for value, _ in steps}
    seen = [(value, color) for value, color in steps if value <= IN_SIGHT * highest]
    for value, color in seen:
        axes.axhline(value, color=color, linewidth=1.3, linestyle=(0, (5, 3)))
        _note(axes, words[value], color, (0.99, value), ("axes fraction", "data"), (0, 4))
    far = [(value, color) for value, color in reversed(steps) if (value, color) not in seen]
    for number, (value, color) in enumerate(far):
        _note(axes, f"{words[value]} ↑", color, (1, 1.07), "axes fraction", (-105 * number, 0))


def _note(axes: Axes, text: str, color: str, at: tuple[float, float], of: Any, moved: tuple[float, float]) -> None:
    """Readable over lines; ends at `at`, coordinates of `of`, moved by points."""
    paper = {"facecolor": style.CARD, "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
    words: dict[str, Any] = {"color": color, "fontsize": style.SMALL, "ha": "right", "bbox": paper}
    axes.annotate(text, at, xycoords=of, xytext=moved, textcoords="offset points", **words)


def legend(axes: Axes, series: Series, marker: float | None = None) -> None:
    """Below, in three lines at most: the highest series, if not all have room. A single series needs none."""
    if len(series) < SEVERAL:
        return
    entries = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    longest = max(len(style.short(name)) for name in entries)
    columns = max(int(axes.get_window_extent().width / (longest * CHARACTER + HANDLE)), 1)
    for name in _without_room(series, columns * LINES):
        del entries[name]
    if len(entries) < len(series):
        entries[f"and {len(series) - len(entries)} more"] = Line2D([], [], linestyle="")
    drawn = axes.legend(
        list(entries.values()),
        [style.short(name) for name in entries],
        loc="upper left",
        bbox_to_anchor=(0, BELOW),
        ncols=columns,
        frameon=False,
        fontsize=style.SMALL,
        labelcolor=style.INK,
        handlelength=1.0,
        columnspacing=1.2,
        borderpad=0,
    )
    for handle in drawn.legend_handles if marker is not None else ():
        handle.set_sizes([marker])  # type: ignore[union-attr]  # those of a scatter


def _without_room(series: Series, room: int) -> Sequence[str]:
    """The lowest ones, and one more for the word that there are more."""
    if len(series) <= room:
        return ()
    return sorted(series, key=lambda name: -max((value for _, value in series[name]), default=0))[room - 1 :]
