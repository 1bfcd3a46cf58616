"""MNOs that a tenant meets for the first time: they get a pseudonym before anybody reads of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graph.access.pseudonyms import Pseudonyms
from graph.dsl.answers import PrintedColumn
from graph.dsl.columns import Column
from graph.dsl.compile import Compiled
from graph.dsl.execute import Engine
from graph.dsl.scope import UNLISTED
from graph.dsl.select import Statement
from infra.sql import statement
from schema.catalog import DATASETS
from schema.instants import instant

_NEW: Final = statement(Path(__file__).parent / "sql", "new_mnos")
_FOUND: Final = (Column("mno", "text", "group"),)


class Newcomers:
    """Looks at answers: what has no pseudonym stands there under a name that says so."""

    def __init__(self, engine: Engine, pseudonyms: Pseudonyms) -> None:
        self._engine, self._pseudonyms = engine, pseudonyms

    async def met(self, tenant_id: str, dataset: str, compiled: Compiled, columns: Sequence[PrintedColumn]) -> bool:
        """Whether an answer was read with fewer pseudonyms than there are now."""
        if not any(column.name == "mno" and UNLISTED in column.values for column in columns):
            return False
        known = await self._pseudonyms.of_tenant(tenant_id) or {}
        windows = [window for window in (compiled.window, compiled.previous_window) if window]
        parameters = {
            "table": DATASETS[dataset].tables[-1].name,
            "tenant": tenant_id,
            "from": instant(min(start for start, _ in windows)),
            "to": instant(max(end for _, end in windows)),
            "known": sorted(known),
        }
        (mnos,) = (await self._engine.read(Statement(_NEW, parameters, _FOUND))).columns
        return bool(mnos) and await self._pseudonyms.assign(tenant_id, mnos) != known
