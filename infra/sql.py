"""Named SQL statements of PostgreSQL or ClickHouse, read from the `sql` folder of the package that runs them.

The short statements of a package are in `queries.sql`, each under a line `-- name: NAME`. A long statement has its own
file, `NAME.sql`. The comment below the name says what the statement is for.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from schema.facts import STORED_AT
from schema.figures import LISTS

_PLACEHOLDERS: Final[Mapping[str, str]] = {**LISTS, "stored_at": STORED_AT}
_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def statement(folder: Path, name: str, *, schema: str = "anlyt") -> str:
    """The text of a statement, with the tables of `schema`. Raises LookupError for an unknown name.

    Replaces placeholders: `{counters}` and others of schema.figures.LISTS, and `{stored_at}` by schema.facts.STORED_AT.
    """
    text = statements(folder)[name].replace("anlyt.", f"{schema}.")
    for placeholder, sql in _PLACEHOLDERS.items():
        text = text.replace(f"{{{placeholder}}}", sql)
    return text


@cache
def statements(folder: Path) -> Mapping[str, str]:
    """All statements of a folder by name, with their placeholders. Raises ValueError for a duplicate name."""
    files = {file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.sql")}
    _, *parts = _NAME.split(files.pop("queries", ""))
    sections = dict(zip(parts[::2], (text.strip() + "\n" for text in parts[1::2]), strict=True))
    if len(parts) != 2 * len(sections) or sections.keys() & files.keys():
        raise ValueError(f"Two statements in {folder} have the same name.")
    return {**files, **sections}
