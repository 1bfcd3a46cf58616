"""Witnesses: a checkpoint is shown when enough of them have signed it, and a rewritten log gets no signature."""

import json
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from commands.witness import STATE, application, opened
from graph.http.server import serving
from infra.embedded.engine import Engine
from infra.errors import UsageError
from infra.tlog.witnesses import Witness, parse_witnesses
from pipelines import runs
from pipelines.stores import LogIdentity, Stores
from pipelines.tlog import datasets, metrics
from pipelines.tlog.checkpoints import signers
from schema.tlog.notes import parse_note
from tests.support.tlog import add_rows, open_log, run_log
from tools.golang import build

pytestmark = pytest.mark.anyio

CHECKER = Path(__file__).parents[1] / "schema/tlog/check.go"
LOG_TABLES = ("tlog_published", "tlog_checkpoints", "tlog_periods", "tlog_nodes", "tlog_entries")


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts count at once, because all clocks agree here."""
    monkeypatch.setattr(datasets, "SETTLING", timedelta(0))


@asynccontextmanager
async def running(folder: Path, name: str, logs: Sequence[str]) -> AsyncIterator[Witness]:
    """Serves a witness as `anlyt witness` does."""
    with opened(folder / name, f"{name}.example", logs) as witness:
        async with serving(application(witness), "127.0.0.1", 0) as url:
            yield parse_witnesses(f"{witness.signer.witness.text}@{url}")[0]


def with_witnesses(stores: Stores, witnesses: Sequence[Witness], needed: int) -> Stores:
    return replace(stores, tlog=LogIdentity(witnesses=witnesses, needed=needed))


async def keys_of(stores: Stores) -> list[str]:
    return [signer.verifier.text for signer in await signers(stores)]


async def published(stores: Stores) -> str:
    note: str = await stores.postgres.fetchval("select note from anlyt.tlog_published order by size desc limit 1")
    return note


async def newest_sizes(stores: Stores) -> tuple[int, int]:
    """The sizes of the newest checkpoint, and of the newest published one."""
    signed = await stores.postgres.fetchval("select max(size) from anlyt.tlog_checkpoints")
    return signed, await stores.postgres.fetchval("select coalesce(max(size), 0) from anlyt.tlog_published")


async def test_two_of_three_witnesses_publish(database: str, warehouse: str, server: Engine, tmp_path: Path) -> None:
    async with open_log(database, warehouse, server.url) as plain:
        logs = await keys_of(plain)
        async with running(tmp_path, "one", logs) as one, running(tmp_path, "three", logs) as three:
            async with running(tmp_path, "two", logs) as two:
                stores = with_witnesses(plain, [one, two, three], 2)
                await add_rows(stores, 1)
                assert (await run_log(stores))["witnesses"] == 3
            await add_rows(stores, 2)
            assert (await run_log(stores))["witnesses"] == 2  # the second one is away
            signed, shown = await newest_sizes(stores)
            assert signed == shown
            note = parse_note(await published(stores))
            assert [key.key.has_signed(note) for key in (one, two, three)] == [True, False, True]
            check_by_go(
                tmp_path, str(note), logs, [one, two, three], [logs[0].split("+")[0], *("one.example", "three.example")]
            )
            stores = with_witnesses(plain, [one, two, three], 3)
            await add_rows(stores, 3)
            with pytest.raises(runs.PipelineAlarmError, match="2 witnesses have signed it, and 3 are needed"):
                await run_log(stores)
            assert (await newest_sizes(stores))[1] == shown
            async with running(tmp_path, "two", logs) as again:  # it knows what it has signed
                stores = with_witnesses(plain, [one, again, three], 3)
                assert (await run_log(stores))["witnesses"] == 3
            signed, shown = await newest_sizes(stores)
            assert signed == shown
        await metrics.measure(plain)
        at = await plain.postgres.fetchval(
            "select extract(epoch from max(published_at))::float8 from anlyt.tlog_published"
        )
        assert REGISTRY.get_sample_value("anlyt_tlog_published_timestamp_seconds") == pytest.approx(at)


def check_by_go(
    folder: Path, note: str, keys: Sequence[str], witnesses: Sequence[Witness], names: Sequence[str]
) -> None:
    """Go's own implementation opens the published note."""
    build(CHECKER, folder / "check")
    known = [
        {"Name": each.key.name, "Key": b64encode(each.key.key).decode(), "Id": int.from_bytes(each.key.id)}
        for each in witnesses
    ]
    case = {"Notes": [{"Text": note, "Keys": keys, "Names": names, "Witnesses": known}]}
    run = subprocess.run(
        [folder / "check"], input=json.dumps(case), capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout == ""


async def test_a_rewrite_of_both_stores_gets_no_signature(
    database: str, warehouse: str, server: Engine, tmp_path: Path
) -> None:
    async with open_log(database, warehouse, server.url) as plain:
        logs = await keys_of(plain)
        async with running(tmp_path, "one", logs) as one:
            stores = with_witnesses(plain, [one], 1)
            await add_rows(stores, 1)
            await run_log(stores)
            before = parse_note(await published(stores))
            await rewrite(stores)
            await add_rows(stores, 2)
            with pytest.raises(runs.PipelineAlarmError, match="0 witnesses have signed it, and 1 are needed"):
                await run_log(stores)  # the log of the rewritten store is in order, and signed with the log's key
            assert await stores.postgres.fetchval("select count(*) from anlyt.tlog_published") == 0
        state = json.loads((tmp_path / "one" / STATE).read_text())
        assert str(state["localhost/anlyt"]["size"]) == before.text.split("\n")[1]


async def rewrite(stores: Stores) -> None:
    """Somebody with both stores and the key makes another log of the same rows."""
    async with stores.postgres.acquire() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        for table in LOG_TABLES:
            await connection.execute(f"delete from anlyt.{table}")


async def test_a_witness_without_its_state_does_not_start(tmp_path: Path) -> None:
    logs = ["localhost/anlyt+77051299+AcPQz2kZKb9NdeFyXhKZsHAAVs9yqRQTbdwUdG1S1LSv"]
    with (
        opened(tmp_path, "one.example", logs) as first,
        pytest.raises(UsageError, match="Another witness uses"),
        opened(tmp_path, "one.example", logs),
    ):
        pass
    with opened(tmp_path, "one.example", logs) as second:
        assert second.signer.witness == first.signer.witness
    (tmp_path / STATE).write_text('{"localhost/anlyt": {"size": 3}}')
    with pytest.raises(UsageError, match="cannot be read"), opened(tmp_path, "one.example", logs):
        pass


@pytest.mark.parametrize(
    ("name", "logs", "why"),
    [
        ("a b", ["localhost/anlyt+77051299+AcPQz2kZKb9NdeFyXhKZsHAAVs9yqRQTbdwUdG1S1LSv"], "--name a b must be a name"),
        ("one", ["localhost/anlyt"], "is no verifier key"),
        ("one", ["localhost/other+77051299+AcPQz2kZKb9NdeFyXhKZsHAAVs9yqRQTbdwUdG1S1LSv"], "is not that of its key"),
    ],
)
async def test_wrong_arguments_of_a_witness(tmp_path: Path, name: str, logs: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why), opened(tmp_path, name, logs):
        pass


@pytest.mark.parametrize(
    "text",
    [
        "one.example",
        "one.example@http://127.0.0.1:1",
        "localhost/anlyt+77051299+AcPQz2kZKb9NdeFyXhKZsHAAVs9yqRQTbdwUdG1S1LSv@http://127.0.0.1:1",
    ],
)
async def test_wrong_witnesses_of_the_setting(text: str) -> None:
    with pytest.raises(ValueError, match=r"separated by commas|a list of keys for cosignatures"):
        parse_witnesses(text)
