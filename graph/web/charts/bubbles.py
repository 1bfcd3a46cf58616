"""Bubbles and trails of a scatter plot: shapes of equal area for equal volume. Pure."""

import math
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from graph.web.charts.svg import Attributes, coordinate, element

# The corners of each shape of area 1 around (0, 0), clockwise; the circle has none.
_SIDE: Final = 0.5
_DIAGONAL: Final = math.sqrt(0.5)
_EDGE: Final = 2 / 3**0.25  # of a triangle
_FOOT: Final = _EDGE * math.sqrt(3) / 6
_CORNERS: Final = (
    (),
    ((-_SIDE, -_SIDE), (_SIDE, -_SIDE), (_SIDE, _SIDE), (-_SIDE, _SIDE)),
    ((0.0, -_DIAGONAL), (_DIAGONAL, 0.0), (0.0, _DIAGONAL), (-_DIAGONAL, 0.0)),
    ((0.0, -2 * _FOOT), (_EDGE / 2, _FOOT), (-_EDGE / 2, _FOOT)),
    ((0.0, 2 * _FOOT), (_EDGE / 2, -_FOOT), (-_EDGE / 2, -_FOOT)),
)
SHAPES: Final = len(_CORNERS)


def bubble(x: float, y: float, area: float, shape: int) -> tuple[Markup, Markup]:
    """A shape around (x, y) that covers `area`, and a dot at its centre, so that the smallest can be seen, too."""
    centre = element("circle", {"class": "centre", "cx": x, "cy": y, "r": 1.5})
    corners = _CORNERS[shape % SHAPES]
    if not corners:
        return element("circle", {"class": "bubble", "cx": x, "cy": y, "r": math.sqrt(area / math.pi)}), centre
    side = math.sqrt(area)
    steps = "L".join(f"{coordinate(x + dx * side)},{coordinate(y + dy * side)}" for dx, dy in corners)
    return element("path", {"class": "bubble", "d": f"M{steps}z"}), centre


def trail(steps: Sequence[tuple[float, float, Attributes]]) -> Markup:
    """A thin line from day to day with a dot for each; the last dot is larger."""
    path = "L".join(f"{coordinate(x)},{coordinate(y)}" for x, y, _ in steps)
    line = [element("path", {"class": "trail", "d": f"M{path}"})] if len(steps) > 1 else []
    dots = (
        element("circle", {"class": "step", "cx": x, "cy": y, "r": 2.5 if number == len(steps) else 1.5, **data})
        for number, (x, y, data) in enumerate(steps, start=1)
    )
    return element("g", {"class": "steps"}, *line, *dots)
