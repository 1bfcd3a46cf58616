"""Tiles: their paths, which exist, and which a tree needs."""

from random import Random

import pytest

from schema.tlog.merkle import Span
from schema.tlog.tiles import Tile, TilePath, completed, exists, needed, parse_path


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "0/000"),
        (Tile(0, 999, 1), "0/999.p/1"),
        (Tile(1, 1000), "1/x001/000"),
        (Tile(2, 1234067, 255), "2/x001/x234/067.p/255"),
        (Tile(63, 5), "63/005"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == TilePath(tile, is_entries=False)
    of_entries = Tile(0, tile.number, tile.width)
    assert parse_path(of_entries.entries_path) == TilePath(of_entries, is_entries=True)


@pytest.mark.parametrize(
    "path",
    [
        *("", "0", "0/", "0/0", "0/00", "0/0000", "0/x001", "0/001/000", "0/x000/001", "00/000", "64/000", "-1/000"),
        *(
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "entries/x000/000",
            "entries/0/000",
            "0/000/",
            "0/\u0660\u0660\u0660",
        ),
    ],
)
def test_other_paths_are_no_tiles(path: str) -> None:
    assert parse_path(path) is None


def test_the_tiles_of_a_tree_are_those_that_the_specification_counts() -> None:
    """Its example: a tree of 70,000 leaves."""
    size = 70_000
    full = list(completed(0, size))
    assert [sum(tile.level == level for tile in full) for level in range(3)] == [273, 1, 0]
    assert all(exists(tile, size) for tile in full)
    for level, number, width in ((0, 273, 112), (1, 1, 17), (2, 0, 1)):
        assert exists(Tile(level, number, width), size)
        assert not exists(Tile(level, number, width + 1), size)
    assert needed([Span(0, size)], size) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_growing_completes_each_tile_once() -> None:
    random, size, found = Random(1804), 0, list[Tile]()
    while size < 200_000:
        grown = size + random.randrange(1, 30_000)
        found += completed(size, grown)
        size = grown
    assert sorted(found) == sorted(completed(0, size))
    assert len(set(found)) == len(found)
