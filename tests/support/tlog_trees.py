"""A log in memory, by its tiles: what the tests of trees read and compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from schema.tlog.merkle import Span, consistency_spans, inclusion_spans, joined, leaf_hash
from schema.tlog.tiles import WIDTH, Reader, Tile, completed, hashes_at, needed


@dataclass(frozen=True)
class MemoryLog:
    """All entries of a log. Keeps the hashes of each level, as the stored log does."""

    entries: Sequence[bytes]

    @cached_property
    def levels(self) -> Mapping[int, Sequence[bytes]]:
        levels = {0: [leaf_hash(entry) for entry in self.entries]}
        for tile in completed(0, len(self.entries)):
            levels.setdefault(tile.level + 1, []).append(joined(levels[tile.level][tile.first : tile.first + WIDTH]))
        return levels

    def tile(self, tile: Tile) -> Sequence[bytes]:
        return self.levels[tile.level][tile.first : tile.first + tile.width]

    def reader(self, spans: Sequence[Span], size: int) -> Reader:
        return Reader(size, {tile: self.tile(tile) for tile in needed(spans, size)})

    def root(self, size: int) -> bytes:
        return self.reader([Span(0, size)], size).span(Span(0, size))

    def inclusion(self, number: int, size: int) -> Sequence[bytes]:
        spans = inclusion_spans(number, size)
        return self.reader(spans, size).proof(spans)

    def consistency(self, old: int, size: int) -> Sequence[bytes]:
        spans = consistency_spans(old, size)
        return self.reader(spans, size).proof(spans)

    def served_tiles(self) -> Sequence[Tile]:
        """All tiles of the whole log that a client may fetch."""
        size = len(self.entries)
        return [
            Tile(level, first // WIDTH, min(WIDTH, hashes_at(level, size) - first))
            for level in self.levels
            for first in range(0, hashes_at(level, size), WIDTH)
        ]


def random_log(random: Random, size: int) -> MemoryLog:
    return MemoryLog([random.randbytes(random.randrange(40)) for _ in range(size)])
