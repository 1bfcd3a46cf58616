"""How the pictures look: a light page, white cards, one palette."""

from typing import Final

from matplotlib.axes import Axes

PAGE, CARD, EDGE = "#f1f3f6", "#ffffff", "#dfe3e8"
INK, PALE, GRID = "#1f2933", "#616e7c", "#e8ecf0"
PALETTE: Final = ("#2f6fde", "#e8833a", "#2a9d5c", "#8b5cd6", "#d6455d", "#1aa3b8", "#b58900", "#6b7a8f", "#c24fa3")
LINES: Final = {"orange": "#e8833a", "red": "#d6334c"}
SMALL, NORMAL, LARGE = 8.0, 10.0, 17.0
LONGEST_NAME: Final = 29  # characters in a legend


def quiet(axes: Axes) -> None:
    """No frame; pale labels, a grid for the eye to follow."""
    axes.set_facecolor(CARD)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(colors=PALE, labelsize=SMALL, length=0)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def color(number: int) -> str:
    return PALETTE[number % len(PALETTE)]


def short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
