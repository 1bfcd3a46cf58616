"""Labels that do not overlap: beside the ends of lines, and around points. Pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# The width of a character, as a share of the font size: a little more than in common sans-serif fonts.
_SMALL: Final = 0.58
_LARGE: Final = 0.72  # capitals, digits and signs
_WIDE: Final = 1.0
_WIDEST: Final = frozenset("MWmw%@\u2026")
ELLIPSIS: Final = "\u2026"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in the chart's units."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    def overlap(self, other: "Box") -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def contains(self, other: "Box") -> bool:
        """Whether the other one lies inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """About how wide a text is at a font size, rather more than less."""
    return sum(map(_character_width, text)) * size


def shortened(text: str, size: float, width: float) -> str:
    """The text, or its beginning and an ellipsis, that fits a width."""
    if text_width(text, size) <= width:
        return text
    kept = text
    while kept and text_width(kept + ELLIPSIS, size) > width:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def wrapped(text: str, size: float, width: float) -> list[str]:
    """The text in lines that fit a width; a longer word is shortened."""
    lines: list[str] = []
    for word in (shortened(each, size, width) for each in text.split(" ")):
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions from `low` to `high`, at least `gap` apart, in the order of the wanted ones and as near as possible.

    Minimises the sum of squared moves: isotonic regression by pooling adjacent violators, after subtracting the gaps.
    If there are too many, they lie closer than `gap`.
    """
    if not wanted:
        return []
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    pools: list[tuple[float, int]] = []  # the sum of a pool's targets, and how many they are
    for rank, index in enumerate(order):
        total, size = wanted[index] - rank * gap, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / size:
            before, members = pools.pop()
            total, size = total + before, size + members
        pools.append((total, size))
    flat = [total / size for total, size in pools for _ in range(size)]
    highest = high - gap * (len(wanted) - 1)
    positions = [0.0] * len(wanted)
    for rank, (index, position) in enumerate(zip(order, flat, strict=True)):
        positions[index] = min(max(position, low), highest) + rank * gap
    return positions


def place(candidates: Iterable[Box], taken: Sequence[Box], bounds: Box) -> Box | None:
    """The candidate inside the bounds that overlaps least, the first of equals; None without any inside."""
    inside = [each for each in candidates if bounds.contains(each)]
    return min(inside, key=lambda each: sum(each.overlap(other) for other in taken), default=None)


@lru_cache(maxsize=1024)
def _character_width(character: str) -> float:
    if character in _WIDEST or unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    is_large = character.isupper() or character.isdigit() or unicodedata.category(character) == "Sm"
    return _LARGE if is_large else _SMALL
