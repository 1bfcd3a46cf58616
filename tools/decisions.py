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
_PAGE: Final = re.compile(r"# (\d+)\. (.+)\n\nStatus: ([^.\n]+)\. Date: (\d{4}-\d\d-\d\d)\.\n\n\*\*Context\.\*\* ")


def files() -> Mapping[Path, str]:
    """Path -> content. Raises ValueError for a page without number, title, status, date or context."""
    rows = [_row(page) for page in sorted((ROOT / FOLDER).glob("[0-9]*.md"))]
    return {FOLDER / "README.md": HEAD + "".join(rows)}


def _row(page: Path) -> str:
    head = _PAGE.match(page.read_text())
    if head is None:
        raise ValueError(f"{page} does not begin with `# N. TITLE`, `Status: STATUS. Date: DATE.` and its context.")
    number, title, status, date = head.groups()
    return f"| {number} | [{title}]({page.name}) | {status} | {date} |\n"
