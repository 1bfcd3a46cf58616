"""After the load: everything is processed, and all that is stored and answered is compared with the truth."""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from functions import FUNCTIONS
from infra.clickhouse import connect
from tests.soak.callers import TENANT, Callers
from tests.soak.deployment import Deployment
from tests.soak.history import history_differences, ledger_differences
from tests.soak.journal import Journal
from tests.soak.truth import HOUR, Hour, Truth
from tests.support.cube_reference import cell_differences
from tests.support.database import connected
from tests.support.fact_reference import COLUMNS
from tests.support.platform import Platform
from tests.support.warehouse import comparable, compared_counts

PATIENCE: Final = 900.0  # seconds until everything is acknowledged
SETTLING: Final = ("copies", "cubes", "archive", "rollup", "integrity")
"""The pipelines that run at the end, in this order, by their commands."""
ATTEMPTS: Final = 10
YOUNG: Final = 11.0  # seconds; `integrity` leaves facts of the last 10 s to its next run, as clocks may differ
LINKED: Final = "select distinct on (day) day, facts from anlyt.integrity_links order by day, number desc"
SHOWN: Final = 5


async def drain(platform: Platform) -> None:
    """Waits until every message is acknowledged by every function."""
    async with asyncio.timeout(PATIENCE):
        for function in FUNCTIONS:
            while await platform.pending_count(function):
                await asyncio.sleep(0.2)


async def settle(deployment: Deployment) -> Sequence[str]:
    """Runs the pipelines once more. Returns a sentence for each that does not succeed."""
    await asyncio.sleep(YOUNG)
    return [f"anlyt pipeline {name} has status 1" for name in SETTLING if not await succeeds(deployment, name)]


async def succeeds(deployment: Deployment, name: str) -> bool:
    """Runs a pipeline, again while another run has its lease or leaves work."""
    for _ in range(ATTEMPTS):
        if await deployment.run("pipeline", name) == 0:
            return True
        await asyncio.sleep(1)
    return False


async def differences(deployment: Deployment, platform: Platform, journal: Journal, callers: Callers) -> Sequence[str]:
    """Whatever is not as it has to be, one line each."""
    truth = Truth()
    return [
        *callers.wrong,
        *await stored_differences(platform, deployment.engines["clickhouse"].dsn, journal, truth),
        *await ledger_differences(platform.dsn, truth.counted),
        *await _links(deployment, truth),
        *await _exports(callers, truth),
    ]


async def stored_differences(platform: Platform, clickhouse: str, journal: Journal, truth: Truth) -> Sequence[str]:
    """How streams, dead letters and both stores differ from what was sent, once the pipelines have run.

    Reads the streams into `journal`, and adds up `truth`. `clickhouse` is its DSN.
    """
    now = datetime.now(UTC)
    await journal.read(platform, now)
    lines = list(journal.lost())
    async with connect(clickhouse) as client:
        for hour in truth.read(journal, now):
            lines += await _facts(client, hour)
        lines += await _counts(client, truth)
    lines += await cell_differences(clickhouse, truth.cubes, truth.samples)
    lines += await history_differences(platform.dsn, clickhouse, truth.counted)
    return [*lines, *await _dead_letters(platform, journal)]


async def _facts(client: AsyncClient, hour: Hour) -> Sequence[str]:
    lines: list[str] = []
    bounds = {"from": hour.start, "to": hour.start + HOUR}
    for table, columns in COLUMNS.items():
        within = "event_time >= {from:DateTime64(6, 'UTC')} and event_time < {to:DateTime64(6, 'UTC')}"
        query = f"select {', '.join(columns)} from {table} final where {within}"
        rows = Counter(map(comparable, (await client.query(query, parameters=bounds)).result_rows))
        lines += compared_counts(table, hour.facts.facts[table], rows)
    return lines[:SHOWN]


async def _counts(client: AsyncClient, truth: Truth) -> Sequence[str]:
    """All facts are in hours that were compared, and none waits for the cubes. (Minutes may wait for `copies`.)"""
    stored = {}
    for table in COLUMNS:
        stored[table] = (await client.query(f"select count() from {table} final")).result_rows[0][0]
    marks = (await client.query("select cube, tenant_id, hour from dirty where cube like 'cube_%'")).result_rows
    return [
        *(
            f"{table} has {stored[table]} facts, not {count}"
            for table, count in truth.facts.items()
            if stored[table] != count
        ),
        *(f"mark {mark} is left" for mark in marks[:SHOWN]),
    ]


async def _dead_letters(platform: Platform, journal: Journal) -> Sequence[str]:
    wanted = Counter(journal.dead_letters())
    found = Counter((each.function, each.sequence) for each in await platform.dead_letters())
    different = (wanted - found) + (found - wanted)
    return [f"dead letter of {name} for message {sequence}" for name, sequence in different][:SHOWN]


async def _links(deployment: Deployment, truth: Truth) -> Sequence[str]:
    """The chain has all facts of its days, and every closed day; `anlyt audit verify` agrees."""
    expected: dict[date, int] = {}
    for (_, day), count in truth.evaluations.items():
        expected[day] = expected.get(day, 0) + count
    closed = (datetime.now(UTC) - timedelta(days=1)).date()
    async with connected(deployment.engines["postgres"].dsn) as connection:
        links = {row["day"]: row["facts"] for row in await connection.fetch(LINKED)}
    lines = [
        f"the chain has {links.get(day)} facts of {day}, not {count}"
        for day, count in sorted(expected.items())
        if (day in links or day < closed) and links.get(day) != count
    ]
    status = await deployment.run("audit", "verify")
    return [*lines, *([f"anlyt audit verify has status {status}"] * bool(status))]


async def _exports(callers: Callers, truth: Truth) -> Sequence[str]:
    """Exports that were asked for during the run are done and whole. Those asked for now have what is true."""
    await asyncio.gather(*(callers.export_client.files(each) for each in callers.exports))
    await asyncio.gather(*(callers.portal.rows(each) for each in callers.audit_exports))
    client = callers.export_client
    query = callers.query(dimensions=["tenantId", "status"])
    _, contents = await client.files(await client.ask(**query, format="csv"))
    first, last = _days(query["time"])
    wanted: Counter[tuple[str, str]] = Counter()
    for (day, tenant, status), count in truth.reports.items():
        wanted[tenant, status] += count if first <= day < last else 0
    lines = [f"export: {key} {count}" for key, count in (_differing(wanted, _read(contents))).items()]
    rows = await callers.portal.rows(await callers.portal.ask(**callers.audit_query()))
    expected = sum(
        count for (tenant, day), count in truth.evaluations.items() if tenant == TENANT and first <= day < last
    )
    return [*lines, *([f"audit export: {len(rows)} rows, not {expected}"] * (len(rows) != expected))]


def _read(contents: Sequence[bytes]) -> Counter[tuple[str, str]]:
    rows = [row for each in contents for row in csv.DictReader(io.StringIO(each.decode()))]
    return Counter({(row["tenantId"], row["status"]): int(row["messages"]) for row in rows})


def _differing(wanted: Counter[Any], found: Counter[Any]) -> Mapping[Any, str]:
    keys = {key for key in wanted.keys() | found.keys() if wanted[key] != found[key]}
    return {key: f"is {found[key]}, not {wanted[key]}" for key in keys}


def _days(time: Mapping[str, str]) -> tuple[date, date]:
    first, last = (datetime.fromisoformat(time[name]).date() for name in ("from", "to"))
    return first, last
