"""What all charts of a page refer to, once per page: patterns of hatching, and the markers of series."""

from functools import cache
from typing import Final

from markupsafe import Markup

from graph.web.charts.svg import Attributes, element

# Eight shapes of about the same area around (0, 0); the colour of a series and its shape go together.
_MARKERS: Final = (
    "M-3,0a3,3 0 1,0 6,0a3,3 0 1,0 -6,0z",  # circle
    "M-2.7,-2.7h5.4v5.4h-5.4z",  # square
    "M0,-3.9L3.9,0L0,3.9L-3.9,0z",  # diamond
    "M0,-3.8L3.7,2.6L-3.7,2.6z",  # triangle
    "M0,3.8L3.7,-2.6L-3.7,-2.6z",  # triangle, pointing down
    "M-1.3,-3.6h2.6v2.3h2.3v2.6h-2.3v2.3h-2.6v-2.3h-2.3v-2.6h2.3z",  # plus
    "M0,-4L1.1,-1.3L3.8,-1.2L1.7,0.5L2.4,3.2L0,1.7L-2.4,3.2L-1.7,0.5L-3.8,-1.2L-1.1,-1.3z",  # star
    "M-3.4,-1.8h6.8v3.6h-6.8z",  # bar
)


@cache
def chart_defs() -> Markup:
    """An invisible `svg` with the patterns and markers. Charts draw nothing of either on a page without it."""
    patterns = (
        _pattern("chart-hatch", "M-1,1L1,-1M0,6L6,0M5,7L7,5", "hatch"),
        _pattern("chart-hatch-over", "M-1,1L1,-1M0,6L6,0M5,7L7,5", "hatch-over"),
        _pattern("chart-dots", "M1.5,1.5h1.6M4.5,4.5h1.6", "hatch-over"),
    )
    markers = (
        element("path", {"id": f"chart-shape-{number}", "d": path}) for number, path in enumerate(_MARKERS, start=1)
    )
    cross = element("path", {"id": "chart-cross", "d": "M-3,-3L3,3M-3,3L3,-3"})
    drawn = element("defs", {}, *patterns, *markers, cross)
    return element("svg", {"class": "chart-defs", "width": 0, "height": 0, "aria-hidden": "true"}, drawn)


def _pattern(identifier: str, path: str, classes: str) -> Markup:
    tile: Attributes = {"id": identifier, "patternUnits": "userSpaceOnUse", "width": 6, "height": 6}
    return element("pattern", tile, element("path", {"class": classes, "d": path}))
