"""Makes the table of contents of docs/decisions from the titles of its pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path("docs/decisions")
ROOT: Final = Path(__file__).resolve().parent.parent
HEAD: Final = """# Decisions

Choices that may surprise: what was decided, why, and what it costs. Numbers that are missing were never given.

| | decision |
|---|---|
"""


def files() -> Mapping[Path, str]:
    """The content of each file, by its path."""
    rows = [_row(page) for page in sorted((ROOT / FOLDER).glob("[0-9]*.md"))]
    return {FOLDER / "README.md": HEAD + "".join(rows)}


def _row(page: Path) -> str:
    """The table row of a page whose first line is `# 12. What was decided`."""
    number, title = page.read_text().partition("\n")[0].removeprefix("# ").split(". ", 1)
    return f"| {number} | [{title}]({page.name}) |\n"
