"""The JSON files of the dashboards."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dashboards import finance, freshness, mno_quality, pipeline
from dashboards.board import Board

FOLDER: Final = Path("dashboards")
BOARDS: Final[tuple[Board, ...]] = (pipeline.BOARD, freshness.BOARD, mno_quality.BOARD, finance.BOARD)


def files() -> Mapping[Path, str]:
    """The content of each file, by its path."""
    return {FOLDER / f"{board.uid}.json": json.dumps(board.json(), indent=2) + "\n" for board in BOARDS}
