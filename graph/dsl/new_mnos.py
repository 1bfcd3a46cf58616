"""Assigns pseudonyms to MNOs that are new in a tenant's data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graph.access.pseudonyms import Pseudonyms
from graph.dsl.answers import PrintedColumn
from graph.dsl.columns import Column
from graph.dsl.compile import Compiled
from graph.dsl.execute import QueryEngine
from graph.dsl.scope import UNASSIGNED
from graph.dsl.select import Statement
from infra.sql import statement
from schema.catalog import DATASETS
from schema.instants import instant

_NEW: Final = statement(Path(__file__).parent / "sql", "new_mnos")
_COLUMNS: Final = (Column("mno", "text", "group"),)


def lacks_pseudonyms(columns: Sequence[PrintedColumn]) -> bool:
    """Whether an answer has an MNO without a pseudonym."""
    return any(column.name == "mno" and UNASSIGNED in column.values for column in columns)


class NewMnos:
    """Finds MNOs without a pseudonym in answers, where they appear as UNASSIGNED."""

    def __init__(self, engine: QueryEngine, pseudonyms: Pseudonyms) -> None:
        self._engine, self._pseudonyms = engine, pseudonyms

    async def assign(self, tenant_id: str, dataset: str, compiled: Compiled) -> bool:
        """Assigns a pseudonym to each MNO in the windows of a query that has none. Returns whether some were added."""
        known = await self._pseudonyms.of_tenant(tenant_id) or {}
        windows = [window for window in (compiled.window, compiled.previous_window) if window]
        parameters = {
            "table": DATASETS[dataset].tables[-1].name,
            "tenant": tenant_id,
            "from": instant(min(start for start, _ in windows)),
            "to": instant(max(end for _, end in windows)),
            "known": sorted(known),
        }
        (mnos,) = (await self._engine.read(Statement(_NEW, parameters, _COLUMNS))).columns
        return bool(mnos) and await self._pseudonyms.assign(tenant_id, mnos) != known
