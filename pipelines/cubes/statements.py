"""The statements of each cube: shared templates, filled with the names and aggregates of schema/cubes.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra.sql import statement
from schema.cubes import CUBES, CubeTable
from schema.facts import Cube

SQL: Final = Path(__file__).parent / "sql"


def _filled(name: str, cube: CubeTable) -> str:
    at, time = (
        ("event_time", "toDateTime64(%({})s, 6, 'UTC')") if cube.of_facts else ("hour", "toDateTime(%({})s, 'UTC')")
    )
    return statement(SQL, name).format(
        cube=cube.name,
        time=cube.time,
        source=cube.source,
        dimensions=", ".join(name for name in cube.dimensions if name not in ("tenant_id", cube.time)),
        figures=",\n    ".join(f"{figure.sql} as {name}" for name, figure in cube.figures.items()),
        begin=f"toStartOf{cube.time.capitalize()}({at}, 'UTC')",
        at=at,
        first=time.format("first"),
        end=time.format("end"),
    )


COMPUTE: Final[Mapping[Cube, Sequence[str]]] = {
    cube.name: [_filled(name, cube) for name in ("compute", "mark_contested")] for cube in CUBES
}
NEWEST_EVENT: Final[Mapping[Cube, str]] = {cube.name: _filled("newest_event", cube) for cube in CUBES if cube.of_facts}
