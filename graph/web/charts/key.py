"""The key under a chart: a swatch and a sentence for each outcome and each quality that occurs in it."""

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup

from graph.web.charts.svg import Attributes, element
from graph.web.charts.values import WORDS, Qualities, Quality

_WIDTH = 28.0
_HEIGHT = 14.0


@lru_cache(maxsize=256)
def chart_key(kind: str, qualities: Qualities, names: tuple[tuple[str, str], ...] = ()) -> Markup:
    """The list; empty if there is nothing to explain. `kind`: line, bar or bubble. `names`: classes and their texts."""
    named = [_entry(_sample(kind, classes), text) for classes, text in names]
    limited = [_entry(_swatch(kind, each), *WORDS[each]) for each in Quality if each in qualities]
    return element("ul", {"class": "chart-key"}, *named, *limited) if named or limited else Markup("")


def _entry(swatch: Markup, name: str, about: str = "") -> Markup:
    more = (" ", element("span", {"class": "about"}, about)) if about else ()
    return element("li", {}, swatch, element("span", {"class": "name"}, name), *more)


def _sample(kind: str, classes: str) -> Markup:
    """How a series is drawn."""
    if kind == "line":
        return _drawn(f"series {classes}", [_line("")])
    overlay = [_rectangle("over", "url(#chart-dots)")] if "failed" in classes else []
    return _drawn(f"series {classes}", [_rectangle("bar"), *overlay])


def _swatch(kind: str, quality: Quality) -> Markup:
    """How a quality is drawn in this kind of chart."""
    if kind == "line":
        return _drawn("series series-1", _of_lines(quality))
    if kind == "bubble":
        circle: Attributes = {"class": "bubble", "cx": _WIDTH / 2, "cy": _HEIGHT / 2, "r": 5.5}
        return _drawn("series series-1", [element("g", {"class": "bubble-of dashed"}, element("circle", circle))])
    return _drawn("series series-1", _of_bars(quality))


def _of_lines(quality: Quality) -> list[Markup]:
    match quality:
        case Quality.PARTIAL:
            return [_rectangle("band", "url(#chart-hatch)"), _line("dashed"), _point()]
        case Quality.PROVISIONAL | Quality.ESTIMATED:
            return [_line("dashed"), _point()]
        case Quality.INTERPOLATED:
            return [_line("dotted")]
        case Quality.LOW_SAMPLE:
            return [_line(""), _point()]
        case Quality.SUPPRESSED:
            return [_cross()]


def _of_bars(quality: Quality) -> list[Markup]:
    match quality:
        case Quality.PARTIAL:
            return [_rectangle("band", "url(#chart-hatch)")]
        case Quality.PROVISIONAL | Quality.ESTIMATED:
            return [_rectangle("bar"), _rectangle("over", "url(#chart-hatch-over)")]
        case Quality.INTERPOLATED:
            return [_rectangle("bar dotted")]
        case Quality.LOW_SAMPLE:
            return [_rectangle("bar hollow")]
        case Quality.SUPPRESSED:
            return [_cross()]


def _drawn(classes: str, marks: Iterable[Markup]) -> Markup:
    box = f"0 0 {_WIDTH:g} {_HEIGHT:g}"
    group = element("g", {"class": classes}, *marks)
    return element("svg", {"class": "swatch", "viewBox": box, "aria-hidden": "true"}, group)


def _line(classes: str) -> Markup:
    return element("path", {"class": f"line {classes}".rstrip(), "d": "M1,7L27,7"})


def _point() -> Markup:
    return element("use", {"class": "point hollow", "href": "#chart-shape-1", "x": _WIDTH / 2, "y": _HEIGHT / 2})


def _cross() -> Markup:
    return element("use", {"class": "suppressed", "href": "#chart-cross", "x": _WIDTH / 2, "y": _HEIGHT / 2})


def _rectangle(classes: str, fill: str | None = None) -> Markup:
    return element("rect", {"class": classes, "fill": fill, "x": 1, "y": 1, "width": _WIDTH - 2, "height": _HEIGHT - 2})
