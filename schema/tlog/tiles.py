"""Tiles (C2SP tlog-tiles): pieces of a Merkle tree, 256 hashes wide, by which a tree is stored, served and read."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from schema.tlog.merkle import Hash, Span, Subtree, joined, span_hash, subtrees

HEIGHT: Final = 8  # of a tile, in levels of the tree
WIDTH: Final = 1 << HEIGHT  # hashes in a full tile
_NUMBER: Final = r"(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
_TILE: Final = re.compile(rf"(?P<level>entries|0|[1-9][0-9]?)/{_NUMBER}")
HIGHEST: Final = 63  # level


class Tile(NamedTuple):
    """Tile `number` of a level. `width` of its hashes exist.

    At level 0 they are hashes of leaves; at each other level, roots of full tiles of the level below.
    """

    level: int
    number: int
    width: int = WIDTH

    @property
    def first(self) -> int:
        """The number of its first hash, among those of its level."""
        return self.number * WIDTH

    @property
    def path(self) -> str:
        """Its path below `/tile/`: "0/x001/x234/067.p/8"."""
        return f"{self.level}/{_number_and_width(self)}"

    @property
    def entries_path(self) -> str:
        """The path below `/tile/` of the entries whose hashes a tile of level 0 has."""
        return f"entries/{_number_and_width(self)}"


def _number_and_width(tile: Tile) -> str:
    digits = str(tile.number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[first : first + 3] for first in range(0, len(digits), 3)]
    number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return number if tile.width == WIDTH else f"{number}.p/{tile.width}"


class TilePath(NamedTuple):
    """What a path below `/tile/` asks for: a tile, or the entries of a tile of level 0."""

    tile: Tile
    is_entries: bool


def parse_path(path: str) -> TilePath | None:
    """The tile of a path below `/tile/`; None if the path is no tile's."""
    match = _TILE.fullmatch(path)
    if match is None:
        return None
    is_entries = match["level"] == "entries"
    width = int(match["width"] or WIDTH)
    tile = Tile(0 if is_entries else int(match["level"]), int(re.sub("[x/]", "", match["number"])), width)
    found = TilePath(tile, is_entries)
    is_canonical = path == (tile.entries_path if is_entries else tile.path)
    return found if is_canonical and tile.level <= HIGHEST and (width < WIDTH or match["width"] is None) else None


def hashes_at(level: int, size: int) -> int:
    """The number of hashes that a level has in a tree of `size` leaves."""
    return size >> HEIGHT * level


def exists(tile: Tile, size: int) -> bool:
    """Whether a tree of `size` leaves has all hashes of this tile."""
    return tile.first + tile.width <= hashes_at(tile.level, size)


def tile_of(subtree: Subtree, size: int) -> Tile:
    """The tile, in a tree of `size` leaves, whose hashes a complete subtree is made of."""
    level, above = divmod(subtree.height, HEIGHT)
    number = (subtree.number << above) // WIDTH
    return Tile(level, number, min(WIDTH, hashes_at(level, size) - number * WIDTH))


class Reader:
    """Hashes of the tree of `size` leaves, from its tiles.

    `tiles`: the hashes of each tile that `needed` names.
    """

    def __init__(self, size: int, tiles: Mapping[Tile, Sequence[Hash]]) -> None:
        self._size, self._tiles = size, tiles

    def span(self, span: Span) -> Hash:
        """The hash of a span that a proof names, or of the whole tree."""
        return span_hash([self._subtree(subtree) for subtree in subtrees(span)])

    def proof(self, spans: Sequence[Span]) -> Sequence[Hash]:
        """The hashes of a proof."""
        return [self.span(span) for span in spans]

    def _subtree(self, subtree: Subtree) -> Hash:
        tile = tile_of(subtree, self._size)
        above = subtree.height % HEIGHT
        first = (subtree.number << above) - tile.first
        return joined(self._tiles[tile][first : first + (1 << above)])


def needed(spans: Iterable[Span], size: int) -> Sequence[Tile]:
    """The tiles that a Reader needs for these spans of the tree of `size` leaves."""
    return sorted({tile_of(subtree, size) for span in spans for subtree in subtrees(span)})


def completed(old: int, size: int) -> Iterator[Tile]:
    """The full tiles that the tree of `size` leaves has, and that of `old` leaves has not; lower levels first.

    The root of each is a hash of the level above it.
    """
    level = 0
    while hashes_at(level + 1, size):
        numbers = range(hashes_at(level + 1, old), hashes_at(level + 1, size))
        yield from (Tile(level, number) for number in numbers)
        level += 1
