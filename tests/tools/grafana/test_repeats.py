"""Rows that repeat, as they stand on the screen."""

from typing import Any

from tests.support.boards import panels_lie_beside_each_other
from tools.grafana.repeats import unrolled


def part(kind: str, title: str, top: int, height: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "title": title, "gridPos": {"x": 0, "y": top, "w": 24, "h": height}, **more}


PANELS = [
    part("row", "$mno", 0, 1, repeat="mno"),
    part("timeseries", "Rate, $mno", 1, 8),
    part("row", "Others", 9, 1),
    part("table", "Table", 10, 5),
]


def test_a_row_is_there_for_each_value_and_what_follows_moves_down() -> None:
    found = [(panel["title"], panel["gridPos"]["y"]) for panel, _ in unrolled(PANELS, {"mno": ["A", "B"]})]
    assert found == [("A", 0), ("Rate, A", 1), ("B", 9), ("Rate, B", 10), ("Others", 18), ("Table", 19)]


def test_its_panels_see_that_value_only() -> None:
    chosen = [choices["mno"] for _, choices in unrolled(PANELS, {"mno": ["A", "B"]})]
    assert chosen == [["A"], ["A"], ["B"], ["B"], ["A", "B"], ["A", "B"]]


def test_nothing_lies_over_anything() -> None:
    moved = [panel for panel, _ in unrolled(PANELS, {"mno": ["A", "B", "C"]})]
    assert list(panels_lie_beside_each_other({"panels": moved})) == []
