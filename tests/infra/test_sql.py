"""SQL statements are loaded by name."""

from pathlib import Path
from typing import Final

import pytest

from infra.sql import statement, statements

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("demo", "graph", "infra", "ingest", "pipelines")
FOLDERS: Final = sorted(folder for package in PACKAGES for folder in (ROOT / package).rglob("sql") if folder.is_dir())


def test_sections_and_files_are_statements(tmp_path: Path) -> None:
    (tmp_path / "queries.sql").write_text("-- name: one\n-- Why.\nselect 1\n\n-- name: two\nselect 2\n")
    (tmp_path / "three.sql").write_text("select 3 from anlyt.events\n")
    assert statements(tmp_path) == {
        "one": "-- Why.\nselect 1\n",
        "two": "select 2\n",
        "three": "select 3 from anlyt.events\n",
    }
    assert statement(tmp_path, "three", schema="stage") == "select 3 from stage.events\n"
    with pytest.raises(LookupError, match="four"):
        statement(tmp_path, "four")


@pytest.mark.parametrize("sections", ["-- name: one\nselect 1\n-- name: one\nselect 2\n", "-- name: two\nselect 2\n"])
def test_no_name_stands_twice(tmp_path: Path, sections: str) -> None:
    (tmp_path / "queries.sql").write_text(sections)
    (tmp_path / "two.sql").write_text("select 3\n")
    with pytest.raises(ValueError, match="have the same name"):
        statements(tmp_path)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_statement_says_why_it_is_there(folder: Path) -> None:
    assert [name for name, text in statements(folder).items() if not text.startswith("-- ")] == []
