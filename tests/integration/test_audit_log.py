"""The audit listener serves the transparency log; with one old checkpoint, a stranger finds out about each rewrite."""

import asyncio
import json
import subprocess
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from pipelines import runs
from pipelines.integrity import datasets
from pipelines.stores import Stores
from pipelines.tlog import datasets as log_datasets
from pipelines.tlog.checkpoints import signers
from schema.tlog.checkpoints import Checkpoint, parse_checkpoint
from schema.tlog.merkle import Growing, consistent, leaf_hash
from schema.tlog.notes import parse_note
from schema.tlog.tiles import WIDTH, Tile
from tests.support.audit_facts import Fact
from tests.support.audit_portal import NotVerifiedError, Portal, portal
from tests.support.cli import anlyt
from tests.support.integrity_chain import DAY, close_days, day_facts, midnight, write
from tests.support.tlog import add_accesses, add_rows, differences, open_log, run_log
from tools.golang import build

pytestmark = pytest.mark.anyio

FIRST, UNTIL = midnight(5), midnight(2)
IMMUTABLE = "private, max-age=31536000, immutable"
CHECKER = Path(__file__).parents[1] / "schema/tlog/check.go"
TABLES = ("tlog_published", "tlog_arrivals", "tlog_periods", "tlog_checkpoints", "tlog_nodes", "tlog_entries")
CHAIN = ("integrity_leaves", "integrity_links")


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts count at once, because all clocks agree here."""
    for module in (datasets, log_datasets):
        monkeypatch.setattr(module, "SETTLING", timedelta(0))


async def fill(stores: Stores, random: Random) -> list[Fact]:
    facts: list[Fact] = [fact for number in range(3) for fact in day_facts(random, FIRST + number * DAY, 60)]
    await write(stores.engines.clickhouse, facts)
    await close_days(stores)
    await run_log(stores)
    return facts


async def test_checkpoints_tiles_and_proofs_are_served(
    database: str, warehouse: str, server: Engine, tmp_path: Path
) -> None:
    async with open_log(database, warehouse, server.url) as stores, portal(stores, tmp_path) as regulator:
        for path in ("/checkpoint", "/tile/0/000", "/v1/audit/consistency?size=0"):
            answer = await regulator.client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        await fill(stores, Random(1830))
        older = [await checkpoint(regulator)]
        for number in range(1, 4):
            await add_rows(stores, number)
            await run_log(stores)
            older.append(await checkpoint(regulator))
        await add_accesses(stores, 300)  # more than a tile
        await run_log(stores)
        newest = await checkpoint(regulator)
        assert newest.size > WIDTH
        entries = await check_entries(regulator, newest)
        await check_consistency(regulator, [*older, newest], newest)
        await check_wrong_paths(regulator, newest)
        note = (await regulator.client.get("/checkpoint")).text
        keys = [signer.verifier.text for signer in await signers(stores)]
        await check_by_go(regulator, tmp_path, entries, note, keys)


async def checkpoint(regulator: Portal) -> Checkpoint:
    answer = await regulator.client.get("/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "private, max-age=5"
    return parse_checkpoint(parse_note(answer.text).text)


async def tile(regulator: Portal, path: str) -> bytes:
    answer = await regulator.client.get(f"/tile/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == IMMUTABLE
    return answer.content


def tiles_of(newest: Checkpoint) -> Sequence[Tile]:
    full, partial = divmod(newest.size, WIDTH)
    return [*(Tile(0, number) for number in range(full)), *([Tile(0, full, partial)] if partial else [])]


async def check_entries(regulator: Portal, newest: Checkpoint) -> list[bytes]:
    """The entries hash to the tiles, and the tiles to the checkpoint. No entry shows a tenant."""
    tree, found = Growing(), list[bytes]()
    for each in tiles_of(newest):
        bundle, hashes = await tile(regulator, each.entries_path), await tile(regulator, each.path)
        entries = unbundled(bundle)
        assert b"".join(map(leaf_hash, entries)) == hashes
        found += entries
        for entry in entries:
            tree.append(leaf_hash(entry))
    assert (tree.size, tree.root) == (newest.size, newest.root)
    assert not any(b"t-1" in entry for entry in found)
    return found


def unbundled(bundle: bytes) -> list[bytes]:
    entries, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2])
        entries.append(bundle[at + 2 : end])
        at = end
    return entries


async def check_consistency(regulator: Portal, older: Sequence[Checkpoint], newest: Checkpoint) -> None:
    for each in older:
        answer = (await regulator.client.get(f"/v1/audit/consistency?size={each.size}")).json()
        assert parse_checkpoint(parse_note(answer["checkpoint"]).text) == newest
        proof = [bytes.fromhex(step) for step in answer["proof"]]
        assert consistent(each.size, each.root, newest.size, newest.root, proof)


async def check_wrong_paths(regulator: Portal, newest: Checkpoint) -> None:
    for path in ("0/001.p/256", "0/0", "x", f"0/000.p/{WIDTH}", "2/000", "entries/999"):
        assert (await regulator.client.get(f"/tile/{path}")).status_code == 404, path
    assert (await regulator.client.get(f"/v1/audit/consistency?size={newest.size + 1}")).status_code == 404
    for wrong in ("/v1/audit/consistency?size=x", "/v1/audit/consistency?size=-1", "/checkpoint?size=1"):
        assert (await regulator.client.get(wrong)).status_code == 400, wrong


async def check_by_go(
    regulator: Portal, folder: Path, entries: Sequence[bytes], note: str, keys: Sequence[str]
) -> None:
    """Go's own implementation reads the served tiles, and opens the checkpoint."""
    program, tree = folder / "check", Growing()
    build(CHECKER, program)
    roots = [tree.root]
    for entry in entries:
        tree.append(leaf_hash(entry))
        roots.append(tree.root)
    paths = [each.path for each in tiles_of(await checkpoint(regulator))] + [f"1/000.p/{len(entries) // WIDTH}"]
    case = {
        "Entries": texts(entries),
        "Roots": texts(roots),
        "Tiles": [{"Path": path, "Hashes": texts([await tile(regulator, path)])[0]} for path in paths],
        "Notes": [{"Text": note, "Keys": keys, "Names": ["localhost/anlyt"]}],
    }
    assert await asyncio.to_thread(said_by_go, program, json.dumps(case)) == ""


def said_by_go(program: Path, case: str) -> str:
    run = subprocess.run([program], input=case, capture_output=True, text=True, timeout=60, check=True)
    return run.stdout


def texts(contents: Sequence[bytes]) -> list[str]:
    return [b64encode(each).decode() for each in contents]


async def test_a_stranger_with_an_old_checkpoint_finds_every_rewrite(
    database: str, warehouse: str, server: Engine, tmp_path: Path
) -> None:
    async with open_log(database, warehouse, server.url) as stores, portal(stores, tmp_path) as regulator:
        facts = await fill(stores, Random(1831))
        pages = await regulator.walk("t-1", FIRST, UNTIL)
        kept = (await regulator.client.get("/checkpoint")).text
        (signer,) = await signers(stores)
        key = signer.verifier.text
        assert " is in the log of size " in regulator.verify(pages)
        assert " is in the log of size " in regulator.verify(pages, kept, key)
        window = f'"from": "{FIRST.isoformat()}", "to": "{UNTIL.isoformat()}"'
        changes = {"tenant-001": "t-1", '"window": "lastMonth"': window}
        sized = {**changes, "1234": kept.split("\n")[1]}
        assert " is in the log of size " in await regulator.run_documented("The transparency log", sized)
        assert "the newest link is" in await regulator.run_documented("Evidence", changes)
        check_forged_proofs(regulator, pages, kept, key)
        await add_rows(stores, 1)
        await run_log(stores)
        size = kept.split("\n")[1]
        later = await regulator.walk("t-1", FIRST, UNTIL, logSize=int(size))
        regulator.verify(later, kept, key)
        check_command(tmp_path, key)
        with pytest.raises(NotVerifiedError, match=f'the query had no "logSize": {size}'):
            regulator.verify(await regulator.walk("t-1", FIRST, UNTIL), kept)
        newer = (await regulator.client.get("/checkpoint")).text
        with pytest.raises(NotVerifiedError, match="the kept checkpoint is newer than the answers"):
            regulator.verify(pages, newer)
        await check_one_changed_fact(stores, regulator, facts, kept)
        await check_rewrite(stores, regulator, int(size), kept, key)


def check_command(folder: Path, key: str) -> None:
    """`anlyt audit verify --offline` says the same as the script, without any engine."""
    offline = ("audit", "verify", "--offline", f"{folder}/pages.jsonl", "--checkpoint", f"{folder}/checkpoint.txt")
    process = anlyt(folder, *offline, "--key", key)
    assert (process.returncode, process.stderr) == (0, "")
    assert " is in the log of size " in process.stdout
    wrong = anlyt(folder, *offline, "--key", key.replace("localhost", "elsewhere"))
    assert wrong.returncode == 1
    assert "NOT VERIFIED: the checkpoint has no valid signature of this key." in wrong.stderr


def check_forged_proofs(regulator: Portal, pages: Sequence[str], kept: str, key: str) -> None:
    """Whatever of the proof is changed, it does not verify: in Python and in the browser's language."""
    first = json.loads(pages[0])
    log = first["evidence"]["log"]
    entry = log["entry"]
    size, root = log["checkpoint"].split("\n")[1:3]
    forgeries: list[Mapping[str, Any]] = [
        {"entry": {**entry, "number": entry["number"] - 1}},
        {"entry": {**entry, "number": int(size)}},
        {"entry": {**entry, "link": entry["link"] - 1}},
        {"entry": {**entry, "link": 99}},
        {"entry": {**entry, "nonce": "00" * 32}},
        {"entry": {**entry, "loggedAt": "2020-01-01T00:00:00Z"}},
        {"proof": log["proof"][:-1]},
        {"proof": [*log["proof"], "00" * 32]},
        {"proof": ["00" * 32, *log["proof"][1:]]},
        {"checkpoint": log["checkpoint"].replace(root, "A" * 43 + "=")},
        {"checkpoint": log["checkpoint"].replace(f"\n{size}\n", f"\n{int(size) * 3}\n")},
    ]
    for forged in forgeries:
        changed = {**first, "evidence": {**first["evidence"], "log": {**log, **forged}}}
        with pytest.raises(NotVerifiedError):
            regulator.verify([json.dumps(changed), *pages[1:]])
    without = json.dumps({**first, "evidence": {**first["evidence"], "log": None}})
    assert "no link is in the log yet" in regulator.verify([without, *pages[1:]])
    with pytest.raises(NotVerifiedError, match="no proof that the links are in the log"):
        regulator.verify([without, *pages[1:]], kept)
    unsigned = {**log, "checkpoint": log["checkpoint"].rpartition("\u2014")[0] + "\u2014 localhost/anlyt AAAAAAAA\n"}
    changed = {**first, "evidence": {**first["evidence"], "log": unsigned}}
    with pytest.raises(NotVerifiedError, match="no valid signature of this key"):
        regulator.verify([json.dumps(changed), *pages[1:]], kept, key)


async def check_one_changed_fact(stores: Stores, regulator: Portal, facts: Sequence[Fact], kept: str) -> None:
    """The fact alone is changed: the day and the leaf are named, to the regulator and to the service."""
    fact = next(fact for fact in facts if fact["tenantId"] == "t-1")
    day = fact["at"].date()
    await update(stores, fact, "m-0")
    with pytest.raises(NotVerifiedError, match=f"{day}: the [0-9]+ facts of leaf [0-9]+ differ"):
        regulator.verify(await regulator.walk("t-1", FIRST, UNTIL), None)
    with pytest.raises(runs.PipelineAlarmError, match=f"{day}  changed facts of tenant t-1 that link"):
        await close_days(stores)


async def update(stores: Stores, fact: Fact, message_id: str) -> None:
    async with connect(stores.engines.clickhouse) as client:
        await client.command(
            "alter table facts_compliance update message_id = {id:String} where event_key = {key:UInt64}",
            parameters={"id": message_id, "key": fact["key"]},
            settings={"mutations_sync": 2},
        )


async def check_rewrite(stores: Stores, regulator: Portal, size: int, kept: str, key: str) -> None:
    """Both stores are rewritten, and signed with the stolen key: only the old checkpoint shows it."""
    async with stores.postgres.acquire() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        for table in (*TABLES, *CHAIN):
            await connection.execute(f"delete from anlyt.{table}")
    await close_days(stores)
    for number in range(2, 5):
        await add_rows(stores, number)
    await run_log(stores)
    assert await differences(stores, [(FIRST + number * DAY).date() for number in range(3)]) == []
    rewritten = await regulator.walk("t-1", FIRST, UNTIL, logSize=size)
    assert " is in the log of size " in regulator.verify(rewritten)
    with pytest.raises(NotVerifiedError, match=f"the log was rewritten below size {size}"):
        regulator.verify(rewritten, kept, key)
