"""The transparency log has an entry for everything, exactly once, and never contradicts itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.embedded.engine import Engine
from infra.tlog.tree import consistency_proof, inclusion_proof
from pipelines import runs
from pipelines.integrity.days import DAY
from pipelines.stores import LogIdentity, Stores
from pipelines.tlog import datasets
from schema.instants import instant
from schema.tlog.checkpoints import Checkpoint, parse_checkpoint
from schema.tlog.merkle import consistent, included
from schema.tlog.notes import Signer, parse_note
from tests.support import audit_facts
from tests.support import merkle_reference as reference
from tests.support.audit_facts import Fact
from tests.support.integrity_chain import close_days, day_facts, midnight
from tests.support.pipeline_process import killed_after
from tests.support.tlog import DATASETS, add_rows, add_totals, arrived, differences, open_log, recent, run_log, write

pytestmark = pytest.mark.anyio

FIRST = midnight(4)
DAYS = [(FIRST + number * DAY).date() for number in range(5)]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts count at once, because all clocks agree here."""
    monkeypatch.setattr(datasets, "SETTLING", timedelta(0))


def some_facts(random: Random, dataset: str, count: int, ago: timedelta) -> list[Fact]:
    """Facts of the last days, which the stream stored a while ago."""
    facts = [fact for number in range(4) for fact in day_facts(random, FIRST + number * DAY, count)]
    if dataset == "cdr":
        facts = [{**audit_facts.record(random, fact["at"]), "stored": fact["stored"]} for fact in facts]
    return recent(facts, ago)


async def checkpoints(stores: Stores) -> list[Checkpoint]:
    rows = await stores.postgres.fetch("select note from anlyt.tlog_checkpoints order by size")
    return [parse_checkpoint(parse_note(row["note"]).text) for row in rows]


async def encoded_entries(stores: Stores) -> list[bytes]:
    """The reference: what the log's leaves are, from the columns of its rows."""
    rows = await stores.postgres.fetch("select * from anlyt.tlog_entries order by number")
    assert [row["number"] for row in rows] == list(range(len(rows)))
    found = []
    for row in rows:
        content = (row["kind"], row["subject"], row["tenant_id"] or "", row["day"] or "", row["digest"].hex())
        commitment = sha256(row["nonce"] + netstrings(*content)).hexdigest()
        found.append(netstrings("anlyt-tlog/1", row["kind"], instant(row["logged_at"]), commitment))
        assert row["hash"] == sha256(b"\0" + found[-1]).digest()
    return found


def netstrings(*values: object) -> bytes:
    return b"".join(f"{len(text.encode())}:{text},".encode() for text in map(str, values))


async def subjects(stores: Stores) -> list[str]:
    return [row["subject"] for row in await stores.postgres.fetch("select subject from anlyt.tlog_entries")]


async def test_everything_has_one_entry_and_repeated_runs_add_none(
    database: str, warehouse: str, server: Engine, settled: None
) -> None:
    random = Random(1810)
    async with open_log(database, warehouse, server.url) as stores:
        facts = {dataset: some_facts(random, dataset, 20, timedelta(minutes=90)) for dataset in DATASETS}
        for dataset in DATASETS:
            await write(stores, dataset, facts[dataset])
        await add_rows(stores, 1)
        counts = await run_log(stores)
        assert counts["facts"] == sum(map(len, facts.values()))
        assert await differences(stores, DAYS) == []
        await check_arrivals(stores, facts)
        assert (await close_days(stores))["days_closed"] >= 3
        await add_totals(stores, DAYS[0])
        again = await run_log(stores)
        assert again["rows"] == len(await links(stores)) + 1
        await check_redelivery(stores, facts)
        found = await subjects(stores)
        assert len(found) == len(set(found))
        assert {subject.split("/")[0] for subject in found} == {
            *("link", "arrivals", "access", "export", "reconciliation", "totals")
        }
        assert await differences(stores, DAYS) == []
        await check_tree(stores)
        await check_nothing_can_be_changed(stores)


async def links(stores: Stores) -> Sequence[object]:
    rows: Sequence[object] = await stores.postgres.fetch("select number from anlyt.integrity_links")
    return rows


async def check_arrivals(stores: Stores, facts: dict[str, list[Fact]]) -> None:
    """The leaves of all periods are those of the reference."""
    for dataset in DATASETS:
        periods = await stores.postgres.fetch("select * from anlyt.tlog_periods where dataset = $1", dataset)
        assert len(periods) > 20  # none is longer than an hour
        for period in periods:
            rows = await stores.postgres.fetch("select * from anlyt.tlog_arrivals where entry = $1", period["entry"])
            leaves = {(row["tenant_id"], row["day"]): (row["facts"], row["digest"]) for row in rows}
            assert leaves == arrived(facts[dataset], period["stored_from"], period["stored_before"])


async def check_redelivery(stores: Stores, facts: dict[str, list[Fact]]) -> None:
    """Events that are stored again, at the same and at a later time, arrive nowhere."""
    for dataset in DATASETS:
        await write(stores, dataset, facts[dataset][::2])
        await write(stores, dataset, [{**fact, "stored": datetime.now(UTC)} for fact in facts[dataset][::3]])
    assert (await run_log(stores)).items() >= {"facts": 0, "rows": 0}.items()


async def check_tree(stores: Stores) -> None:
    """Checkpoints and proofs are those of RFC 6962, over the entries as the reference has them."""
    entries = await encoded_entries(stores)
    signed = await checkpoints(stores)
    assert signed[-1].size == len(entries)
    assert [each.root for each in signed] == [reference.tree(entries[: each.size]) for each in signed]
    newest = signed[-1]
    async with stores.postgres.acquire() as connection:
        for number in range(0, newest.size, 7):
            proof = await inclusion_proof(connection, number, newest.size)
            assert proof == reference.path(number, entries)
            assert included(reference.tree([entries[number]]), number, newest.size, proof, newest.root)
        for older in signed:
            proof = await consistency_proof(connection, older.size, newest.size)
            assert consistent(*older[1:3], *newest[1:3], proof)


async def check_nothing_can_be_changed(stores: Stores) -> None:
    for table in ("tlog_entries", "tlog_nodes", "tlog_checkpoints", "tlog_periods", "tlog_arrivals"):
        for change in (f"truncate anlyt.{table} cascade", f"delete from anlyt.{table}"):
            if change != "delete from anlyt.tlog_arrivals":
                with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
                    await stores.postgres.execute(change)


async def test_a_log_that_was_rewritten_is_not_signed(
    database: str, warehouse: str, server: Engine, settled: None
) -> None:
    async with open_log(database, warehouse, server.url) as stores:
        await add_rows(stores, 1)
        before = (await run_log(stores))["size"]
        async with stores.postgres.acquire() as connection, connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            await connection.execute("update anlyt.tlog_entries set hash = sha256('x') where number = 3")
        await add_rows(stores, 2)
        with pytest.raises(
            runs.PipelineAlarmError, match=f"the log does not begin with its checkpoint of size {before}"
        ):
            await run_log(stores)
        assert [each.size for each in await checkpoints(stores)] == [before]


async def test_keys_sign_side_by_side_while_they_are_rotated(database: str, warehouse: str, server: Engine) -> None:
    random = Random(1811)
    old, new = (Signer("localhost/anlyt", Ed25519PrivateKey.from_private_bytes(random.randbytes(32))) for _ in "12")
    async with open_log(database, warehouse, server.url) as stores:
        for number, signers in enumerate(([], [old], [old, new], [new]), 1):
            await add_rows(stores, number)
            await run_log(replace(stores, tlog=LogIdentity(signers=signers)))
            note = parse_note(
                await stores.postgres.fetchval("select note from anlyt.tlog_checkpoints order by size desc")
            )
            assert [signer in signers for signer in (old, new)] == [key.verifier.has_signed(note) for key in (old, new)]
            assert len(note.signatures) == max(1, len(signers))


async def test_killed_and_repeated_runs_equal_undisturbed_ones(
    database: str, warehouse: str, server: Engine, seed: int, settled: None
) -> None:
    random = Random(seed)
    async with open_log(database, warehouse, server.url) as stores:
        facts: dict[str, list[Fact]] = {dataset: [] for dataset in DATASETS}
        for number in range(4):
            for dataset in DATASETS:
                more = some_facts(random, dataset, 10, timedelta(hours=20 - 5 * number))
                if number:  # the stream stores in order: later ones arrive after what is logged
                    more = recent(more, timedelta(0))
                facts[dataset] += more
                await write(stores, dataset, more)
            await add_rows(stores, number + 1)
            await killed_after(random.uniform(0.1, 1.2), stores.engines, ["tlog"], 0)
        await when_free(stores)
        assert await differences(stores, DAYS) == []
        await check_arrivals(stores, facts)
        await check_tree(stores)
        found = await subjects(stores)
        assert len(found) == len(set(found))
        assert sum(subject.startswith("access/") for subject in found) == 4


async def when_free(stores: Stores) -> None:
    """Runs the pipeline when PostgreSQL has released the lease of the killed run."""
    from pipelines.lease import PipelineBusyError

    while True:
        try:
            await run_log(stores)
        except PipelineBusyError:
            continue
        return
