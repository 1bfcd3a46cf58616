"""Every kind of panel that the dashboards have can be drawn, with data and without."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dashboards.files import BOARDS
from tools.grafana.asking import Answer, Table
from tools.grafana.drawing import Drawn, picture
from tools.grafana.filling import Window
from tools.grafana.kinds import KINDS

START = datetime(2026, 11, 15, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=7), timedelta(hours=4))
SERIES = {f"series {number}": [(START + timedelta(days=day), 1.0 + number) for day in range(7)] for number in range(12)}
ROWS = [[START, "AWCC", 0.02, 0.95, 100], [START, "SALAAM", 0.01, 0.9, 50], [START, "ROSHAN", None, None, 0]]
COLUMNS = ["time", "mno", "cost per delivered SMS", "delivery rate", "messages"]
PANELS = {panel["type"]: panel for board in BOARDS for panel in board.json()["panels"] if panel["type"] != "row"}


def answer(kind: str) -> Answer:
    if kind == "xychart":
        return Table(COLUMNS, ROWS[:2])
    return Table(COLUMNS, ROWS) if kind == "table" else SERIES


def drawn(panel: Any, answers: list[Answer]) -> Image.Image:
    return Image.open(BytesIO(picture("A board", [Drawn(panel, answers, WINDOW)])))


def test_there_is_a_way_to_draw_every_kind() -> None:
    assert PANELS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_data_leaves_ink_on_a_panel(kind: str) -> None:
    panel = PANELS[kind] | {"gridPos": {"x": 0, "y": 0, "w": 24, "h": 8}}
    filled, empty = drawn(panel, [answer(kind)]), drawn(panel, [{}])
    assert filled.size == empty.size
    changed = np.asarray(filled.convert("L"), int) - np.asarray(empty.convert("L"), int)
    assert np.count_nonzero(abs(changed) > 10) > 2000
