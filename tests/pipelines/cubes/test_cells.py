"""The chunks that are computed for marked cells."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.cubes.cells import Cell, Chunk
from schema.facts import Cube

NEW = datetime(2026, 10, 1, tzinfo=UTC)


def hours(cube: Cube, *numbers: int) -> Chunk:
    return Chunk(tuple(Cell(cube, "t", NEW + timedelta(hours=number)) for number in numbers), 3, 9)


@pytest.mark.parametrize("kind", ["dlr", "cdr"])
def test_days_follow_their_hours(kind: str) -> None:
    hourly: Cube = "cube_dlr_hourly" if kind == "dlr" else "cube_cdr_hourly"
    daily: Cube = "cube_dlr_daily" if kind == "dlr" else "cube_cdr_daily"
    assert hours(hourly, 30, 5, 2).parts == (hours(hourly, 30, 5, 2), hours(daily, 24, 0))
    assert hours(daily, 24, 0).parts == (hours(hourly, *range(24, 48), *range(24)), hours(daily, 24, 0))


def test_a_cube_without_days_is_computed_alone() -> None:
    alone = hours("cube_compliance_hourly", 2, 1)
    assert alone.parts == (alone,)
