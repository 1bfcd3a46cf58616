"""A picture of a board: cards where its panels are, in each what its queries answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from PIL import Image

from dashboards.board import COLUMNS
from dashboards.sources import Json
from tools.grafana import style
from tools.grafana.asking import Answer
from tools.grafana.axes import SEVERAL
from tools.grafana.filling import Window
from tools.grafana.kinds import draw, joined

WIDTH: Final = 16.0  # inches
UNIT: Final = 0.36  # inches that a row of the grid is high
HEAD: Final = 0.6  # inches
DPI: Final = 100
COLORS: Final = 192  # of the palette that the picture is reduced to


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel, or a row's title, in its place; `answers` of its queries, in their order, about `window`."""

    panel: Json
    answers: Sequence[Answer]
    window: Window


def picture(title: str, parts: Sequence[Drawn]) -> bytes:
    """A PNG."""
    bottom = max(part.panel["gridPos"]["y"] + part.panel["gridPos"]["h"] for part in parts)
    height = HEAD + bottom * UNIT + 0.1
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=style.PAGE)
    FigureCanvasAgg(figure)
    figure.text(0.012, 1 - 0.36 / height, title, fontsize=style.LARGE, color=style.INK, weight="bold", va="center")
    for part in parts:
        _place(figure, height, part)
    return _png(figure)


def _place(figure: Figure, height: float, part: Drawn) -> None:
    """A card with a title and axes; a row is its title only. Places are fractions of the figure, from below."""
    at = part.panel["gridPos"]
    gap = 0.06
    left, width = (at["x"] / COLUMNS * WIDTH + gap) / WIDTH, (at["w"] / COLUMNS * WIDTH - 2 * gap) / WIDTH
    top = 1 - (HEAD + at["y"] * UNIT + gap) / height
    tall = (at["h"] * UNIT - 2 * gap) / height
    if part.panel["type"] == "row":
        figure.text(left + 0.006, top - tall / 2, part.panel["title"], fontsize=12, color=style.PALE, va="center")
        return
    figure.add_artist(
        FancyBboxPatch(
            (left, top - tall),
            width,
            tall,
            boxstyle="round,pad=0,rounding_size=0.003",
            transform=figure.transFigure,
            facecolor=style.CARD,
            edgecolor=style.EDGE,
            linewidth=0.8,
            zorder=-1,
            mutation_aspect=WIDTH / height,
        )
    )
    words: dict[str, Any] = {"fontsize": style.NORMAL, "color": style.INK, "weight": "bold"}
    figure.text(left + 0.008, top - 0.17 / height, part.panel["title"], va="center", **words)
    before, after, above, below = _margins(part)
    box = (
        left + before / WIDTH,
        top - tall + below / height,
        width - (before + after) / WIDTH,
        tall - (above + below) / height,
    )
    draw(figure.add_axes(box), part.panel, part.answers, part.window)


def _margins(part: Drawn) -> tuple[float, float, float, float]:
    """Inches left, right, above and below of the axes: for labels, for the title, for a legend if there is one."""
    match part.panel["type"]:
        case "table" | "stat":
            return 0.15, 0.15, 0.38, 0.12
        case "heatmap":
            return 1.15, 0.45, 0.42, 0.35
        case "timeseries" if len(joined(part.answers)) < SEVERAL:
            return 0.62, 0.18, 0.42, 0.35
    return 0.62, 0.18, 0.42, 0.85


def _png(figure: Figure) -> bytes:
    """With a palette of its own: a third of the size, and nobody sees it."""
    raw, reduced = BytesIO(), BytesIO()
    figure.savefig(raw, format="png", facecolor=style.PAGE)
    image = Image.open(raw).convert("RGB").quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    image.save(reduced, format="png", optimize=True)
    return reduced.getvalue()
