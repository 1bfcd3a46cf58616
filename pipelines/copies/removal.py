"""Removes differing copies from the facts. Every interruption is harmless.

1. It reads the marks of a window: the facts that they stand for are stored already.
2. It searches copies, and marks the tenants and minutes that are going to lose facts in `anlyt.dirty`.
3. It deletes the facts.
4. It marks the cubes' cells, also those of marks that a killed run left. Cells that are computed from now on do not
   contain the facts.
5. It removes the marks of steps 1 and 2, at the end of a run, for many windows together.

A run that was killed before step 5 is repeated as a whole; two concurrent runs do the same twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid4

import msgspec

from infra.clickhouse import traced
from infra.metrics import COPIES_DISCARDED
from infra.sql import statement
from infra.telemetry import logger
from pipelines.copies.copies import Fact, later, of_closed_days
from pipelines.copies.windows import CUBE_OF_FACTS, SearchWindow, windows, windows_of_day
from pipelines.integrity.chain import stored_before
from pipelines.stores import Stores
from schema.facts import FACTS_COMPLIANCE, NOBODY
from schema.instants import HOUR, MINUTE, SECOND, instant, time_of

if TYPE_CHECKING:  # its import takes longer than most runs of pipelines without ClickHouse
    from clickhouse_connect.driver.asyncclient import AsyncClient

SQL: Final = Path(__file__).parent / "sql"
MARKS: Final = statement(SQL, "marks")
REMOVE_MARKS: Final = statement(SQL, "remove_marks")
_OF_FACTS: Final = {name: statement(SQL, name) for name in ("copied_events", "facts_of_events", "delete_facts")}
# The longest statements are lists of events; a server accepts 256 kB by default. Large comparisons spill to disk.
SETTINGS: Final = {"max_query_size": 16_000_000, "max_bytes_before_external_group_by": 1 << 30}
MAX_LIST: Final = 50_000  # events or marks in one statement

TenantMinute: TypeAlias = tuple[str, int]
"""A tenant, and the instant at which a minute begins."""


class Removed(NamedTuple):
    """The result of a window: removed facts, copies that stay as evidence (`closed`), and the settled `marks`."""

    facts: int
    closed: int
    marks: Sequence[UUID]


async def remove(stores: Stores, window: SearchWindow) -> Removed:
    """Leaves one fact of each event of the window, and marks the cells that change. Keeps the window's marks."""
    client = await stores.clickhouse.client()
    marks = await _marks(client, window)
    copies = later(await _copies(client, window))
    evidence = of_closed_days(copies, await _closed(stores, window))
    removed = sorted(set(copies).difference(evidence))
    losing = {(fact.tenant, fact.at - fact.at % MINUTE): uuid4() for fact in removed}
    await _mark(client, {mark: (window.facts, *minute) for minute, mark in losing.items()})
    for part in _parts(removed):
        await _command(client, "delete_facts", window, facts=[fact[:3] for fact in part])
    changed = [*losing, *(minute for minute in marks.values() if minute[0] != NOBODY)]
    await _mark(client, {uuid4(): (CUBE_OF_FACTS[window.facts], *cell) for cell in _cells(changed)})
    _report(window, removed, evidence)
    return Removed(len(removed), len(evidence), [*marks, *losing.values()])


async def remove_marks(stores: Stores, marks: Sequence[UUID]) -> None:
    """Removes settled marks. This is a mutation of their table, whose cost does not depend on their number."""
    client = await stores.clickhouse.client()
    for part in _parts(marks):
        quoted = ",".join(f"'{mark}'" for mark in part)
        await client.command(REMOVE_MARKS, parameters={"marks": f"[{quoted}]"}, settings=SETTINGS)


async def remove_marked_copies(stores: Stores, facts: str, day: date) -> None:
    """Removes the copies in a day's marked minutes, so that the day can be closed without copies."""
    await remove_copies_marked_in(stores, [window for window in windows_of_day(day) if window.facts == facts])


async def remove_copies_marked_in(stores: Stores, searched: Iterable[SearchWindow]) -> None:
    """Removes the copies in the marked minutes of these windows."""
    client = await stores.clickhouse.client()
    for window in searched:
        if marks := await _marks(client, window):
            minutes = {(window.facts, time_of(minute)) for _, minute in marks.values()}
            for marked in windows(minutes):
                await remove_marks(stores, (await remove(stores, marked)).marks)


def _report(window: SearchWindow, removed: Sequence[Fact], evidence: Sequence[Fact]) -> None:
    if removed:
        COPIES_DISCARDED.labels(window.facts).inc(len(removed))
        logger().warning("events of several tenants", projection=window.facts, discarded=len(removed))
    if evidence:
        logger().warning("events of several tenants are evidence", projection=window.facts, copies=len(evidence))


async def _closed(stores: Stores, window: SearchWindow) -> Mapping[date, datetime]:
    """Per closed day of the window, the time up to which links cover it. Only compliance facts are in the chain."""
    if window.facts != FACTS_COMPLIANCE.name:
        return {}
    return await stored_before(stores.postgres, [window.begin.date()])


async def _marks(client: "AsyncClient", window: SearchWindow) -> Mapping[UUID, TenantMinute]:
    parameters = {"facts": window.facts, "minutes": _minutes(window)}
    rows = (await client.query(MARKS, parameters=parameters, settings=SETTINGS)).result_rows
    return {mark: (tenant, minute * SECOND) for mark, tenant, minute in rows}


async def _copies(client: "AsyncClient", window: SearchWindow) -> Sequence[Fact]:
    """All facts of the window's events that have facts of several tenants."""
    events = await _rows(client, "copied_events", window)
    parts = [await _rows(client, "facts_of_events", window, events=part) for part in _parts(events)]
    return [Fact(*row) for part in parts for row in part]


async def _rows(client: "AsyncClient", name: str, window: SearchWindow, **lists: Any) -> Sequence[Sequence[Any]]:
    sql = _about(name, window)
    with traced(sql):
        rows: Sequence[Sequence[Any]] = (
            await client.query(sql, parameters=_parameters(window, lists), settings=SETTINGS)
        ).result_rows
    return rows


async def _command(client: "AsyncClient", name: str, window: SearchWindow, **lists: Any) -> None:
    sql = _about(name, window)
    with traced(sql):
        await client.command(sql, parameters=_parameters(window, lists), settings=SETTINGS)


def _about(name: str, window: SearchWindow) -> str:
    """A statement for the window's table; the SQL file is written for facts_dlr."""
    return _OF_FACTS[name].replace("facts_dlr", window.facts)


def _parameters(window: SearchWindow, lists: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a statement. Lists are JSON texts, which the engine parses three times as fast."""
    span = {"begin": instant(window.begin), "end": instant(window.end), "minutes": _minutes(window)}
    return span | {name: msgspec.json.encode(each).decode() for name, each in lists.items()}


def _minutes(window: SearchWindow) -> str:
    return msgspec.json.encode([instant(minute) // SECOND for minute in window.minutes]).decode()


def _cells(minutes: Iterable[TenantMinute]) -> Sequence[tuple[str, int]]:
    return sorted({(tenant, minute - minute % HOUR) for tenant, minute in minutes})


async def _mark(client: "AsyncClient", marks: Mapping[UUID, tuple[str, str, int]]) -> None:
    """Writes marks by id: cube (or fact table), tenant, and the instant at which the cell begins."""
    if marks:
        rows = [(cube, tenant, time_of(begin), mark) for mark, (cube, tenant, begin) in marks.items()]
        await client.insert("dirty", rows, column_names=["cube", "tenant_id", "hour", "mark_id"], database="anlyt")


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[first : first + MAX_LIST] for first in range(0, len(values), MAX_LIST))
