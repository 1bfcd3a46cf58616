"""Quantiles of samples, and the picture of their distribution: the share of events that take longer than a time."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from markupsafe import Markup

from graph.web.charts.frame import text_at
from graph.web.charts.svg import element

STYLES: Final = Path(__file__).parents[2] / "graph/web/static/charts.css"
QUANTILES: Final = (0.5, 0.9, 0.99, 0.999)
TIMES: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # seconds
SHARES: Final = (1.0, 0.1, 0.01, 0.001)
WIDTH, HEIGHT, LEFT, TOP = 340.0, 230.0, 44.0, 40.0  # of a panel, with its margins
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - 16.0, HEIGHT - TOP - 26.0
KEY_HEIGHT: Final = 28.0
STEP: Final = 0.5
LINES: Final = ("none", "7 4", "2 3", "9 3 2 3")  # dashes, because a colour never stands alone


def quantile(ascending: Sequence[float], share: float) -> float | None:
    """The smallest sample that this share of all does not exceed; None with fewer samples than the share needs."""
    if len(ascending) * (1 - share) < 1 - 1e-9:
        return None
    return ascending[math.ceil(share * len(ascending)) - 1]


def picture(panels: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """An SVG with one panel per load, two in a row: ascending seconds by path, both axes logarithmic."""
    rows = math.ceil(len(panels) / 2)
    names = list(next(iter(panels.values())))
    drawn = [_panel(title, paths, number) for number, (title, paths) in enumerate(panels.items())]
    key = [_key(name, number, rows * HEIGHT) for number, name in enumerate(names)]
    lines = [
        f".line-{number} {{ fill: none; stroke: var(--chart-{number + 1}); stroke-width: 2; stroke-dasharray: {dash} }}"
        for number, dash in enumerate(LINES)
    ]
    style = "\n".join([":root { color-scheme: light dark; }", STYLES.read_text(), *lines])
    title = "From an event's publication to the first answer that has it: the share of events that take longer"
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "chart",
            "role": "img",
            "aria-label": title,
            "viewBox": f"0 0 {2 * WIDTH:g} {rows * HEIGHT + KEY_HEIGHT:g}",
        },
        element("style", {}, style),
        element("rect", {"width": "100%", "height": "100%", "fill": "var(--chart-surface)"}),
        *drawn,
        *key,
    )


def _panel(title: str, paths: Mapping[str, Sequence[float]], number: int) -> Markup:
    marks: list[Markup] = [text_at(title, LEFT, TOP - 16, "strong")]
    for share in SHARES:
        marks += [_line(LEFT, LEFT + PLOT_WIDTH, _y(share), _y(share))]
        marks += [text_at(f"{share:.4g}", LEFT - 6, _y(share) + 4, "tick end")]
    for time in TIMES:
        marks += [_line(_x(time), _x(time), TOP, TOP + PLOT_HEIGHT)]
        marks += [text_at(f"{time:g} s", _x(time), TOP + PLOT_HEIGHT + 16, "tick middle")]
    lines = [
        element("path", {"class": f"line-{each}", "d": _steps(seconds)}) for each, seconds in enumerate(paths.values())
    ]
    place = f"translate({number % 2 * WIDTH:g} {number // 2 * HEIGHT:g})"
    return element("g", {"transform": place}, *marks, *lines)


def _steps(ascending: Sequence[float]) -> str:
    """The share of samples that are longer than each, as a path of steps; those below half a pixel are left out.

    It ends at the longest sample: nothing is known of what is rarer.
    """
    count, path, x, y = len(ascending), f"M{_x(TIMES[0]):.1f} {_y(1.0):.1f}", _x(TIMES[0]), _y(1.0)
    for index, seconds in enumerate(ascending[:-1], start=1):
        to_x, to_y = _x(seconds), _y((count - index) / count)
        if to_x - x >= STEP or to_y - y >= STEP:
            path += f"H{to_x:.1f}V{to_y:.1f}"
            x, y = to_x, to_y
    return f"{path}H{_x(ascending[-1]):.1f}"


def _x(seconds: float) -> float:
    return LEFT + PLOT_WIDTH * _between(seconds, TIMES[0], TIMES[-1])


def _y(share: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - _between(share, SHARES[-1], SHARES[0]))


def _between(value: float, low: float, high: float) -> float:
    """Where a value lies between two others, logarithmically: 0 to 1."""
    return math.log(min(max(value, low), high) / low) / math.log(high / low)


def _line(x1: float, x2: float, y1: float, y2: float) -> Markup:
    return element("line", {"class": "grid", "x1": x1, "x2": x2, "y1": y1, "y2": y2})


def _key(name: str, number: int, top: float) -> Markup:
    left = LEFT + number * 155.0
    sample = element("path", {"class": f"line-{number}", "d": f"M{left:g} {top + 10:g}h28"})
    return element("g", {}, sample, text_at(name, left + 34, top + 14, ""))
