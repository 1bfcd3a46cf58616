"""Rows that repeat, once for each value that is chosen, as they stand on the screen."""

from collections.abc import Iterator, Sequence
from typing import Final

from dashboards.sources import Json
from tools.grafana.filling import All, Choices

ROW: Final = "row"


def unrolled(panels: Sequence[Json], choices: Choices) -> Iterator[tuple[Json, Choices]]:
    """Panels in their places, with what is chosen in each; what comes after a repeated row moves down."""
    down = 0
    for row, *members in _rows(panels):
        values = _values(row, choices)
        top = row["gridPos"]["y"]
        height = max(each["gridPos"]["y"] + each["gridPos"]["h"] for each in (row, *members)) - top
        for turn, value in enumerate(values):
            chosen = {**choices, row["repeat"]: [value]} if value else choices
            for each in (row, *members):
                yield _moved(each, down + turn * height, f"${row.get('repeat')}", value), chosen
        down += (len(values) - 1) * height


def _rows(panels: Sequence[Json]) -> Iterator[list[Json]]:
    """Each row with the panels below it."""
    starts = [number for number, panel in enumerate(panels) if panel["type"] == ROW]
    for start, end in zip(starts, [*starts[1:], len(panels)], strict=True):
        yield list(panels[start:end])


def _values(row: Json, choices: Choices) -> Sequence[str]:
    """Of a row that does not repeat: one empty value."""
    chosen = choices[row["repeat"]] if "repeat" in row else [""]
    return [chosen.value] if isinstance(chosen, All) else chosen


def _moved(panel: Json, down: int, variable: str, value: str) -> Json:
    place = panel["gridPos"]
    title = panel["title"].replace(variable, value) if value else panel["title"]
    return {**panel, "title": title, "gridPos": {**place, "y": place["y"] + down}}
