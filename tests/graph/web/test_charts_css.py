"""The colours of charts: contrast (WCAG 2.2) and what people with colour blindness see (Machado et al. 2009)."""

import math
import re
from itertools import combinations
from pathlib import Path
from typing import Final

import pytest

import graph.web

CSS: Final = (Path(graph.web.__file__).parent / "static" / "charts.css").read_text()
SCHEMES: Final = ("light", "dark")
SURFACES: Final = {"light": ("#ffffff", "#f7f8fa"), "dark": ("#1a2028", "#12161c")}  # of panels and of the page
SERIES: Final = tuple(f"chart-{number}" for number in range(1, 9))
CONTRAST: Final = 3.0  # success criterion 1.4.11, for graphics
TEXT_CONTRAST: Final = 4.5  # success criterion 1.4.3
# Distance in OKLab between any two of eight colours; Okabe and Ito's own eight have 0.076.
DISTANCE: Final = 0.1

Colour = tuple[float, float, float]
Matrix = tuple[Colour, Colour, Colour]

# Gustavo M. Machado et al., "A Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1.0.
VISIONS: Final[dict[str, Matrix]] = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
# Bjorn Ottosson, "A perceptual color space for image processing", 2020.
_CONES: Final[Matrix] = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_OKLAB: Final[Matrix] = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def colour(name: str, scheme: str) -> Colour:
    """A colour of the style sheet, as linear light."""
    found = re.search(rf"--{name}: (?:var\(--[a-z]+, )?light-dark\((#\w{{6}}), (#\w{{6}})\)", CSS)
    assert found, name
    return linear(found[1 + SCHEMES.index(scheme)])


def linear(text: str) -> Colour:
    red, green, blue = (int(text[index : index + 2], 16) / 255 for index in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else math.pow((share + 0.055) / 1.055, 2.4)


def contrast(one: Colour, other: Colour) -> float:
    bright, dim = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def times(matrix: Matrix, value: Colour) -> Colour:
    first, second, third = (sum(a * b for a, b in zip(row, value, strict=True)) for row in matrix)
    return first, second, third


def seen(value: Colour, vision: str) -> Colour:
    """How a colour looks to a vision, in OKLab."""
    red, green, blue = (min(max(each, 0.0), 1.0) for each in times(VISIONS[vision], value))
    long, medium, short = times(_CONES, (red, green, blue))
    return times(_OKLAB, (long ** (1 / 3), medium ** (1 / 3), short ** (1 / 3)))


def distance(one: Colour, other: Colour) -> float:
    return math.dist(one, other)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_marks_have_contrast_with_every_surface(scheme: str) -> None:
    for name in (*SERIES, "chart-failed", "chart-muted"):
        for surface in SURFACES[scheme]:
            assert contrast(colour(name, scheme), linear(surface)) >= CONTRAST, (name, surface)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_texts_have_contrast(scheme: str) -> None:
    for name in ("chart-text", "chart-muted"):
        for surface in SURFACES[scheme]:
            assert contrast(colour(name, scheme), linear(surface)) >= TEXT_CONTRAST, (name, surface)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_series_differ_for_every_vision(scheme: str, vision: str) -> None:
    colours = {name: seen(colour(name, scheme), vision) for name in SERIES}
    for one, other in combinations(SERIES, 2):
        assert distance(colours[one], colours[other]) >= DISTANCE, (one, other)
    outcomes = (seen(colour(name, scheme), vision) for name in ("chart-1", "chart-failed"))
    assert distance(*outcomes) >= DISTANCE


def test_okabe_and_itos_colours_miss_both() -> None:
    """The reason for colours of our own, and the check that these tests can fail."""
    palette = ("#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
    assert min(contrast(linear(each), linear("#ffffff")) for each in palette) < CONTRAST
    assert (
        min(distance(seen(linear(a), v), seen(linear(b), v)) for a, b in combinations(palette, 2) for v in VISIONS)
        < DISTANCE
    )


def test_the_style_sheet_loads_nothing() -> None:
    assert not re.search(r"@import|url\(|expression", CSS)


def test_every_class_of_a_mark_has_a_rule() -> None:
    """Classes without a rule only name a group for scripts and tests."""
    folder = Path(graph.web.__file__).parent / "charts"
    source = "".join(each.read_text() for each in folder.glob("*.py"))
    used = {name for text in re.findall(r'"class": "([^"]+)"', source) for name in text.split()}
    assert used - set(re.findall(r"\.([a-z][a-z0-9-]*)", CSS)) == {
        "axis",
        "bands",
        "chart-values",
        "labels",
        "name",
        "over",
        "panel",
        "row",
        "steps",
    }
