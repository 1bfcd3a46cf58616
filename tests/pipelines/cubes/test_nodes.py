"""Cells are split into chunks that one statement can process."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.cubes.cells import CELL_LENGTHS, Cell, Chunk
from pipelines.cubes.nodes import MAX_SPAN, count, each, split_into_chunks
from pipelines.cubes.params import Params

NEW = datetime(2026, 10, 1, tzinfo=UTC)


def hours(number: int, cube: str = "cube_dlr_hourly") -> list[Cell]:
    return [Cell(cube, "t", NEW - timedelta(hours=n)) for n in range(number)]  # type: ignore[arg-type]  # a Cube


def test_hours_and_days_have_chunks_of_their_own() -> None:
    days = [Cell("cube_cdr_daily", "t", NEW - timedelta(days=n)) for n in range(3)]
    chunks = split_into_chunks([*days, *hours(9)], Params(chunk=8))
    assert [(chunk.cube, len(chunk.cells), chunk.done, chunk.is_last) for chunk in chunks] == [
        ("cube_cdr_daily", 2, 0, False),
        ("cube_cdr_daily", 1, 2, False),
        ("cube_dlr_hourly", 8, 3, False),
        ("cube_dlr_hourly", 1, 11, True),
    ]
    assert (chunks[0].first, chunks[0].end) == (NEW - timedelta(days=1), NEW + timedelta(days=1))
    assert (chunks[2].first, chunks[2].end) == (NEW - timedelta(hours=7), NEW + timedelta(hours=1))
    assert count(chunks) == {"cells": 12}
    assert list(each(chunks)) == chunks


def test_nothing_to_do() -> None:
    assert split_into_chunks([], Params()) == []
    assert count([]) == {"cells": 0}


@given(st.lists(st.tuples(st.sampled_from(sorted(CELL_LENGTHS)), st.integers(0, 200)), max_size=60), st.integers(4, 30))
def test_chunks_are_the_cells_within_bounds(drawn: Sequence[tuple[str, int]], size: int) -> None:
    cells = [
        Cell(cube, f"t{index}", NEW - timedelta(days=days))  # type: ignore[arg-type]  # a Cube
        for index, (cube, days) in enumerate(sorted(drawn))
    ]
    chunks: Sequence[Chunk] = split_into_chunks(cells, Params(chunk=size))
    assert [cell for chunk in chunks for cell in chunk.cells] == cells
    assert [chunk.is_last for chunk in chunks] == [False] * (len(chunks) - 1) + [True] * bool(chunks)
    for chunk in chunks:
        assert 0 < len(chunk.cells) <= size
        assert len({cell.cube for cell in chunk.cells}) == 1
        assert chunk.end - chunk.first <= MAX_SPAN + CELL_LENGTHS[chunk.cube]
