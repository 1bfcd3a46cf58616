"""Makes the table of contents of docs/decisions from the heads of its pages."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path("docs/decisions")
ROOT: Final = Path(__file__).resolve().parent.parent
HEAD: Final = """# Decisions

Choices that may surprise: what was decided, why, and what it costs. Numbers that are missing were never given.

| | decision | status | date |
|---|---|---|---|
"""
_PAGE: Final = re.compile(
    r"# (\d+)\. ([^\n]+)\n\nStatus: ([^.\n]+)\. Date: (\d{4}-\d\d-\d\d)\.\n\n"
    r"\*\*Context\.\*\* .+?\n\n\*\*Decision\b.+?\n\n\*\*Consequence\.\*\* ",
    re.DOTALL,
)


def files() -> Mapping[Path, str]:
    """The content of each file, by its path. Raises ValueError for a page with missing or misplaced parts."""
    rows = [_row(page) for page in sorted((ROOT / FOLDER).glob("[0-9]*.md"))]
    return {FOLDER / "README.md": HEAD + "".join(rows)}


def _row(page: Path) -> str:
    record = _PAGE.match(page.read_text())
    if record is None:
        raise ValueError(f"{page} needs a numbered title, status and date, then context, decision and consequence.")
    number, title, status, date = record.groups()
    return f"| {number} | [{title}]({page.name}) | {status} | {date} |\n"
