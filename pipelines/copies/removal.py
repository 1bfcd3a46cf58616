"""How copies go, so that every interruption is harmless.

1. The marks of a window are read: every fact that they are about is there.
2. Copies are searched. The tenants and minutes that are about to lose facts are marked in `anlyt.dirty`, as our own.
3. The facts are deleted.
4. The cubes' cells are marked, also those of marks that a killed run left: who computes them from now on does not meet
   the facts.
5. The marks that were read or written are removed, in the end, for many windows together.

A run that was killed before 5 is repeated as a whole; two at once do the same twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid4

import msgspec
from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.clickhouse import traced
from infra.metrics import COPIES_DISCARDED
from infra.sql import statement
from infra.telemetry import logger
from pipelines.copies.copies import Fact, later, of_closed_days
from pipelines.copies.windows import CUBES, Window, whole, windows
from pipelines.integrity.chain import stored_before
from pipelines.stores import Stores
from schema.facts import FACTS_COMPLIANCE, NOBODY
from schema.instants import HOUR, MINUTE, SECOND, instant, time_of

SQL: Final = Path(__file__).parent / "sql"
MARKS: Final = statement(SQL, "marks")
REMOVE_MARKS: Final = statement(SQL, "remove_marks")
_OF_FACTS: Final = {name: statement(SQL, name) for name in ("copied_events", "facts_of_events", "delete_facts")}
# The longest statements are lists of events; a server takes 256 kB by default. Comparing goes on disk when it is much.
SETTINGS: Final = {"max_query_size": 16_000_000, "max_bytes_before_external_group_by": 1 << 30}
AT_ONCE: Final = 50_000  # events or marks in one statement

Place: TypeAlias = tuple[str, int]
"""A tenant, and the instant at which a minute begins."""


class Removed(NamedTuple):
    """What became of a window: facts that were removed, copies that stay as evidence, and `marks` that are settled."""

    facts: int
    closed: int
    marks: Sequence[UUID]


async def remove(stores: Stores, window: Window) -> Removed:
    """Leaves one fact of each event of the window, and marks the cells that change. Its marks are still there."""
    client = await stores.clickhouse.client()
    marks = await _marks(client, window)
    found = later(await _copies(client, window))
    kept = of_closed_days(found, await _closed(stores, window))
    gone = [fact for fact in found if fact not in set(kept)]
    losing = {(fact.tenant, fact.at - fact.at % MINUTE): uuid4() for fact in gone}
    await _mark(client, {mark: (window.facts, *place) for place, mark in losing.items()})
    for some in _parts(gone):
        await _command(client, "delete_facts", window, facts=[fact[:3] for fact in some])
    places = [*losing, *(place for place in marks.values() if place[0] != NOBODY)]
    await _mark(client, {uuid4(): (CUBES[window.facts], *cell) for cell in _cells(places)})
    _tell(window, gone, kept)
    return Removed(len(gone), len(kept), [*marks, *losing.values()])


async def forget(stores: Stores, marks: Sequence[UUID]) -> None:
    """Removes settled marks: a mutation of their table, which costs the same for many."""
    client = await stores.clickhouse.client()
    for some in _parts(marks):
        named = ",".join(f"'{mark}'" for mark in some)
        await client.command(REMOVE_MARKS, parameters={"marks": f"[{named}]"}, settings=SETTINGS)


async def settle(stores: Stores, facts: str, day: date) -> None:
    """Searches the minutes of a day that have marks now: whoever closes the day closes it without copies."""
    client = await stores.clickhouse.client()
    for window in whole(day):
        if window.facts == facts and (marks := await _marks(client, window)):
            minutes = {(facts, time_of(minute)) for _, minute in marks.values()}
            for marked in windows(minutes):
                await forget(stores, (await remove(stores, marked)).marks)


def _tell(window: Window, gone: Sequence[Fact], kept: Sequence[Fact]) -> None:
    if gone:
        COPIES_DISCARDED.labels(window.facts).inc(len(gone))
        logger().warning("events of several tenants", projection=window.facts, discarded=len(gone))
    if kept:
        logger().warning("events of several tenants are evidence", projection=window.facts, copies=len(kept))


async def _closed(stores: Stores, window: Window) -> Mapping[date, datetime]:
    """What a link of the chain covers of a window stays as it is: facts of compliance only are in the chain."""
    if window.facts != FACTS_COMPLIANCE.name:
        return {}
    return await stored_before(stores.postgres, [window.begin.date()])


async def _marks(client: AsyncClient, window: Window) -> Mapping[UUID, Place]:
    parameters = {"facts": window.facts, "minutes": _minutes(window)}
    rows = (await client.query(MARKS, parameters=parameters, settings=SETTINGS)).result_rows
    return {mark: (tenant, minute * SECOND) for mark, tenant, minute in rows}


async def _copies(client: AsyncClient, window: Window) -> Sequence[Fact]:
    """The facts of all events of the window that are facts of several tenants."""
    events = await _rows(client, "copied_events", window)
    parts = [await _rows(client, "facts_of_events", window, events=some) for some in _parts(events)]
    return [Fact(*row) for part in parts for row in part]


async def _rows(client: AsyncClient, name: str, window: Window, **lists: Any) -> Sequence[Sequence[Any]]:
    sql = _about(name, window)
    with traced(sql):
        rows: Sequence[Sequence[Any]] = (
            await client.query(sql, parameters=_parameters(window, lists), settings=SETTINGS)
        ).result_rows
    return rows


async def _command(client: AsyncClient, name: str, window: Window, **lists: Any) -> None:
    sql = _about(name, window)
    with traced(sql):
        await client.command(sql, parameters=_parameters(window, lists), settings=SETTINGS)


def _about(name: str, window: Window) -> str:
    """A statement about the window's table; it is written for the facts of delivery reports."""
    return _OF_FACTS[name].replace("facts_dlr", window.facts)


def _parameters(window: Window, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as texts, which are parsed three times as quickly."""
    span = {"begin": instant(window.begin), "end": instant(window.end), "minutes": _minutes(window)}
    return span | {name: msgspec.json.encode(each).decode() for name, each in lists.items()}


def _minutes(window: Window) -> str:
    return msgspec.json.encode([instant(minute) // SECOND for minute in window.minutes]).decode()


def _cells(places: Iterable[Place]) -> Sequence[Place]:
    return sorted({(tenant, minute - minute % HOUR) for tenant, minute in places})


async def _mark(client: AsyncClient, marks: Mapping[UUID, tuple[str, str, int]]) -> None:
    """With these ids: cube (or table of facts), tenant, and the instant at which the cell begins."""
    if marks:
        rows = [(cube, tenant, time_of(begin), mark) for mark, (cube, tenant, begin) in marks.items()]
        await client.insert("dirty", rows, column_names=["cube", "tenant_id", "hour", "mark_id"], database="anlyt")


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE))
