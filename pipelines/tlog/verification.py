"""Compares the transparency log with itself, and with the rows and facts that it speaks of."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from asyncpg import Record

from infra.postgres import Connection
from infra.sql import statement
from infra.tlog.tree import newest_signed
from pipelines.integrity.days import begin, end
from pipelines.integrity.differences import Difference
from pipelines.integrity.digests import Digest, Digester, FactRange, fact_hashes
from pipelines.stores import Stores
from pipelines.tlog.arrivals import LOGGED, TenantDay
from pipelines.tlog.checkpoints import signers
from pipelines.tlog.differences import StoredEntry, TreeCheck, of_arrivals, of_leaves, of_periods, root_of_note
from pipelines.tlog.periods import Period
from pipelines.tlog.sources import SOURCES, Source, closed_until, content_of
from schema.catalog.audit import AuditDataset
from schema.instants import instant
from schema.tlog.entries import Content, Entry
from schema.tlog.notes import VerifierKey, parse_note

SQL: Final = Path(__file__).parent / "sql"
ENTRIES: Final = statement(SQL, "entries")
NODES: Final = statement(SQL, "nodes")
CHECKPOINTS: Final = statement(SQL, "checkpoints")
COMPARED: Final = statement(SQL, "compared")
PERIODS: Final = statement(SQL, "periods")
LEAVES_OF_PERIOD: Final = statement(SQL, "leaves_of_period")
ARRIVALS_OF_DAY: Final = statement(SQL, "arrivals_of_day")
DIFFERING_NOTES: Final = statement(SQL, "differing_notes")
DROPPED_TOTALS: Final = statement(SQL, "dropped_totals")
HEAD: Final = statement(SQL, "head")
CHUNK: Final = 10_000  # entries
KEPT: Final = timedelta(days=34)  # periods that ended since then have all of their leaves
SLOWEST: Final = timedelta(hours=1)  # after which what was made has an entry, if the log is that new
SNAPSHOT: Final = "repeatable_read"

PERIOD: Final = Source("period", "arrivals", "arrivals/")
# Their rows go legitimately: old exports are deleted, and a day's totals change with the day.
FORGOTTEN: Final = frozenset({"query_export", "totals"})


async def log_differences(stores: Stores) -> AsyncIterator[Difference]:
    """The differences in the log itself, and between its entries and their rows, in one snapshot."""
    keys = [signer.verifier for signer in await signers(stores)]
    async with (
        stores.postgres.acquire() as connection,
        connection.transaction(isolation=SNAPSHOT, readonly=True),
    ):
        async for difference in differences_seen_by(connection, keys, closed_until(stores)):
            yield difference


async def differences_seen_by(
    connection: Connection, keys: Sequence[VerifierKey], closed: date
) -> AsyncIterator[Difference]:
    """The same within a transaction. One of `keys` has signed; totals are logged of days before `closed`."""
    parts = [
        _of_tree(connection),
        _of_signature(connection, keys),
        _of_published(connection),
        *(_of_source(connection, source, closed) for source in (*SOURCES, PERIOD)),
        _of_dropped_totals(connection),
        *(_of_periods(connection, facts.dataset) for facts in LOGGED),
    ]
    for part in parts:
        async for difference in part:
            yield difference


async def _of_tree(connection: Connection) -> AsyncIterator[Difference]:
    nodes = {(row["level"], row["number"]): row["hash"] for row in await connection.fetch(NODES)}
    roots = {row["size"]: root_of_note(row["size"], row["note"]) async for row in connection.cursor(CHECKPOINTS)}
    check = TreeCheck(nodes, roots)
    async for stored in _entries(connection):
        for difference in check.entry(stored):
            yield difference
    for difference in check.rest():
        yield difference


async def _of_dropped_totals(connection: Connection) -> AsyncIterator[Difference]:
    for row in await connection.fetch(DROPPED_TOTALS):
        yield Difference(row["day"], f"dropped rows of {row['subject']}", "the day's totals", "none")


async def _entries(connection: Connection) -> AsyncIterator[StoredEntry]:
    """All entries, by number."""
    first = 0
    while rows := await connection.fetch(ENTRIES, first, CHUNK):
        for row in rows:
            content = Content(row["kind"], row["subject"], row["tenant_id"], row["day"], row["digest"])
            yield StoredEntry(row["number"], Entry(content, row["logged_at"], row["nonce"]), row["hash"])
        first = rows[-1]["number"] + 1


async def _of_signature(connection: Connection, keys: Sequence[VerifierKey]) -> AsyncIterator[Difference]:
    """The newest checkpoint is signed with a key of today."""
    newest = await newest_signed(connection)
    if newest is None:
        return
    try:
        note = parse_note(newest.note)
        is_signed = any(key.has_signed(note) for key in keys)
    except ValueError:
        is_signed = False
    if not is_signed:
        what = f"signature of checkpoint {newest.size}"
        yield Difference(datetime.now(UTC).date(), what, " or ".join(key.text for key in keys), "none of these keys'")


async def _of_published(connection: Connection) -> AsyncIterator[Difference]:
    """What was published is what was signed."""
    for row in await connection.fetch(DIFFERING_NOTES):
        day = row["published_at"].astimezone(UTC).date()
        yield Difference(day, f"published checkpoint {row['size']}", "the signed one", "another text")


async def _of_source(connection: Connection, source: Source, closed: date) -> AsyncIterator[Difference]:
    """Compares the entries of a source with its rows."""
    newest = await connection.fetchval("select max(logged_at) from anlyt.tlog_entries")
    sql = COMPARED.replace("{source}", source.sql)
    async for row in connection.cursor(sql, closed, source.kind, f"{source.prefix}%"):
        if row["number"] is None:
            if row["made_at"] and newest and row["made_at"] < newest - SLOWEST:
                yield _difference(row, "added", "no row", "a row without an entry")
        elif row["fields"] is None:
            if source.name not in FORGOTTEN:
                yield _difference(row, "dropped", row["digest"].hex(), "no row")
        elif (digest := content_of(source.kind, row).digest) != row["digest"] or not row["is_named"]:
            yield _difference(row, "changed", row["digest"].hex(), digest.hex())


def _difference(row: Record, verb: str, expected: str, found: str) -> Difference:
    tenant = f" of tenant {row['tenant_id']}" if row["tenant_id"] else ""
    return Difference(row["day"], f"{verb} row of {row['subject']}{tenant}", expected, found)


async def _of_periods(connection: Connection, dataset: AuditDataset) -> AsyncIterator[Difference]:
    """Periods follow each other, and their leaves have the root that their entry speaks of."""
    rows = await connection.fetch(PERIODS, dataset)
    periods = [Period(row["stored_from"], row["stored_before"]) for row in rows]
    for difference in of_periods(dataset, periods):
        yield difference
    kept_from = datetime.now(UTC) - KEPT
    for row, period in zip(rows, periods, strict=True):
        if period.stored_before >= kept_from:
            leaves = {
                TenantDay(leaf["tenant_id"], leaf["day"]): Digest(leaf["facts"], leaf["digest"])
                for leaf in await connection.fetch(LEAVES_OF_PERIOD, row["entry"])
            }
            for difference in of_leaves(dataset, period, row["root"], leaves):
                yield difference


def days(first: date, last: date) -> Sequence[date]:
    """The days from `first` to `last`, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


async def arrival_differences(stores: Stores, day: date) -> Sequence[Difference]:
    """Compares the facts of a day with what was logged when they arrived, in both datasets."""
    return [difference for facts in LOGGED for difference in await _of_arrivals(stores, facts.dataset, day)]


async def _of_arrivals(stores: Stores, dataset: AuditDataset, day: date) -> Sequence[Difference]:
    kept_from = datetime.now(UTC) - KEPT
    periods = [row for row in await stores.postgres.fetch(PERIODS, dataset) if row["stored_before"] > kept_from]
    if not periods:
        return []
    cuts = [instant(row["stored_from"]) for row in periods]
    logged = {
        (row["tenant_id"], instant(row["stored_from"])): Digest(row["facts"], row["digest"])
        for row in await stores.postgres.fetch(ARRIVALS_OF_DAY, dataset, day, kept_from)
    }
    digester = Digester()
    facts = FactRange(begin(day), end(day), cuts[0], instant(periods[-1]["stored_before"]))
    async for key, hashes in fact_hashes(stores.clickhouse, dataset, facts, (0, *cuts)):
        digester.add(key, hashes)
    return list(of_arrivals(dataset, day, logged, digester.digests))
