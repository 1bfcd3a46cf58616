"""The audit's exports in a real S3: locked until they expire, written in parts, and exact though the server dies."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import pyarrow.parquet as pq
import pytest
from structlog.testing import capture_logs

from graph.audit.exports import warehouse
from graph.exports.runner import Pace
from graph.http.problems import MISCONFIGURED
from infra.clickhouse import connect
from infra.errors import MisconfiguredError
from infra.s3 import from_dsn, from_settings
from infra.s3_lock import check_lock, lock
from infra.s3_requests import send
from infra.settings import read_settings
from tests.support.audit_facts import BEGIN, END
from tests.support.database import connected
from tests.support.export_portal import PATH, Portal
from tests.support.export_stores import FilledStores, export_portal, fill_stores, objects, until_running
from tests.support.fixtures import database as database
from tests.support.fixtures import template as template
from tests.support.regulator import Certificates, make_certificates, write
from tests.support.s3_keys import add_key, remove_key

pytestmark = pytest.mark.anyio

PACE: Final = Pace(lease=1, renewal=0.2, idle=0.05, retry=0.2, refused=3_600, rows_per_file=150)
ALL: Final[Mapping[str, Any]] = {"tenantId": "t-1", "from": BEGIN.isoformat(), "to": END.isoformat()}
FEW: Final[Mapping[str, Any]] = {**ALL, "tenantId": "t-2", "verdict": "BLOCK"}
BIG: Final[Mapping[str, Any]] = {**ALL, "tenantId": "t-big"}
COPIES: Final = 30
MULTIPLIED: Final = """
insert into facts_compliance
select f.* replace('t-big' as tenant_id, cityHash64(f.event_key, n.number) as event_key)
from (select * from facts_compliance final) as f, numbers({copies:UInt32}) as n"""
KEYS: Final = """
select event_key from facts_compliance final
where tenant_id = 't-big' and event_time >= {begin:DateTime64(6, 'UTC')} and event_time < {end:DateTime64(6, 'UTC')}
order by event_time, event_key"""
PART: Final = 5 << 20  # bytes, S3's smallest; the file of BIG has several
PARTS: Final = {
    "s3_max_single_part_upload_size": PART,
    "s3_min_upload_part_size": PART,
    "output_format_parquet_compression_method": "none",
    "output_format_parquet_max_dictionary_size": 0,
}
PATIENCE: Final = 120
REFUSED: Final = "ANLYT_S3_ACCESS_KEY: S3 refuses the keys. Correct them, or their rights."
PURGED: Final = "select purged_at from anlyt.audit_exports where export_id = $1"


@pytest.fixture(scope="module")
async def filled(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FilledStores]:
    async with fill_stores(tmp_path_factory.mktemp("locked"), has_lock=True) as stores:
        yield stores


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


@pytest.fixture
async def portal(database: str, filled: FilledStores, certificates: Certificates) -> AsyncIterator[Portal]:
    async with export_portal(database, filled, certificates, PACE, is_locked=True) as export_client:
        yield export_client


class Version(NamedTuple):
    """A version of an object, or a delete marker."""

    key: str
    id: str
    is_marker: bool


async def versions(filled: FilledStores, id_: str) -> Sequence[Version]:
    """All versions of an export's objects, also those that lists of objects do not show."""
    answer = await send(filled.bucket, "GET", query="versions")
    found = re.findall(r"<(Version|DeleteMarker)><Key>([^<]+)</Key><VersionId>([^<]+)</VersionId>", answer.text)
    assert "<IsTruncated>false<" in answer.text
    return [Version(key, id_of, kind == "DeleteMarker") for kind, key, id_of in found if f"/{id_}/" in key]


async def delete_version(filled: FilledStores, version: Version) -> int:
    return (await send(filled.bucket, "DELETE", version.key, f"versionId={version.id}")).status


async def expire(database: str, id_: str) -> None:
    async with connected(database) as connection:
        await connection.execute(
            "update anlyt.audit_exports set expires_at = clock_timestamp() where export_id = $1", id_
        )


async def until_purged(database: str, id_: str) -> datetime:
    async with connected(database) as connection, asyncio.timeout(PATIENCE):
        while not (at := await connection.fetchval(PURGED, id_)):
            await asyncio.sleep(0.05)
    assert isinstance(at, datetime)
    return at


async def test_locked_files_cannot_be_deleted(portal: Portal, filled: FilledStores, database: str) -> None:
    """Even the owner of the bucket cannot delete them. The export expires all the same, and only once."""
    id_ = await portal.ask(**ALL)
    assert await portal.rows(id_) == filled.rows(**ALL)
    whole = await versions(filled, id_)
    assert {each.key for each in whole} == set(await objects(filled, id_))
    assert [await delete_version(filled, each) for each in whole] == [403] * len(whole)
    with pytest.raises(MisconfiguredError, match="S3 refuses to lock objects"):
        await lock(replace(filled.bucket, secret_key="wrong"), whole[0].key, datetime.now(UTC) + timedelta(days=60))
    soon = datetime.now(UTC) + timedelta(days=1)
    await lock(filled.bucket, whole[0].key, soon)  # an earlier time leaves the lock as it is
    assert await delete_version(filled, whole[0]) == 403

    await expire(database, id_)
    at = await until_purged(database, id_)
    assert await objects(filled, id_) == []
    assert (await portal.client.delete(f"{PATH}/{id_}")).json()["status"] == "expired"
    left = await versions(filled, id_)
    assert {each.key for each in left if not each.is_marker} == {each.key for each in whole}
    assert {each.key for each in left if each.is_marker} == {each.key for each in whole}
    await asyncio.sleep(10 * PACE.idle)
    assert await versions(filled, id_) == left
    assert await until_purged(database, id_) == at


async def test_a_cancelled_export_is_hidden(portal: Portal, filled: FilledStores, database: str) -> None:
    id_ = await portal.ask(**FEW)
    await portal.ended(id_)
    whole = await versions(filled, id_)
    assert (await portal.client.delete(f"{PATH}/{id_}")).json()["status"] == "cancelled"
    await until_purged(database, id_)
    assert await objects(filled, id_) == []
    assert "files" not in await portal.follow(id_)
    assert set(whole) <= set(await versions(filled, id_))


async def test_a_bucket_without_object_lock_is_refused(
    filled: FilledStores, database: str, certificates: Certificates
) -> None:
    plain = replace(filled, bucket=from_dsn(filled.s3.dsn))
    with pytest.raises(MisconfiguredError, match=r"^ANLYT_EXPORT_LOCK: the bucket has no object lock .*\. Create a"):
        async with export_portal(database, plain, certificates, PACE, is_locked=True):
            pass
    await check_lock(filled.bucket)


async def test_refused_deletes_wait(filled: FilledStores, database: str, certificates: Certificates) -> None:
    """A policy may refuse deletes altogether. That export is tried again in an hour; others are not held up."""
    add_key(filled.s3, "weak", filled.bucket.bucket)  # the policy does not concern an administrator
    weak = replace(filled, bucket=replace(filled.bucket, access_key="weak", secret_key=3 * "weak"))
    async with export_portal(database, weak, certificates, PACE) as portal:
        kept, other = await portal.ask(**FEW), await portal.ask(**FEW)
        for id_ in (kept, other):
            await portal.ended(id_)
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
        statement = {**deny, "Resource": f"arn:aws:s3:::{filled.bucket.bucket}/exports/{kept}/*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
        assert (await send(filled.bucket, "PUT", query="policy", body=policy)).status == 204
        for id_ in (kept, other):
            await expire(database, id_)
        await until_purged(database, other)
        async with connected(database) as connection:
            assert await connection.fetchval(PURGED, kept) is None
            due = "select due_at - clock_timestamp() from anlyt.audit_exports where export_id = $1"
            assert timedelta(minutes=50) < await connection.fetchval(due, kept) < timedelta(minutes=61)
            assert await objects(filled, kept)
            await send(filled.bucket, "DELETE", query="policy")
            await connection.execute("update anlyt.audit_exports set due_at = now() where export_id = $1", kept)
        await until_purged(database, kept)
        assert await objects(filled, kept) == []


async def test_keys_are_replaced(
    filled: FilledStores, database: str, certificates: Certificates, tmp_path: Path
) -> None:
    """The keys' files are replaced while the process runs: exports and links go on with the new keys."""
    files = {name: tmp_path / name for name in ("access_key", "secret_key")}

    def use(name: str) -> None:
        write(files["access_key"], name.encode())
        write(files["secret_key"], (3 * name).encode())

    add_key(filled.s3, "first", filled.bucket.bucket)
    use("first")
    names = {f"ANLYT_S3_{name.upper()}_FILE": str(file) for name, file in files.items()}
    address = {"ANLYT_S3_ENDPOINT": filled.bucket.endpoint, "ANLYT_S3_BUCKET": filled.bucket.bucket}
    bucket = from_settings(read_settings({**names, **address}))
    assert bucket is not None
    async with export_portal(database, replace(filled, bucket=bucket), certificates, PACE, is_locked=True) as portal:
        assert await portal.rows(await portal.ask(**FEW)) == filled.rows(**FEW)
        remove_key(filled.s3, "first")  # too early: an export waits, and the log says why
        with capture_logs() as lines:
            id_ = await portal.ask(**FEW)
            export = await portal.until(id_, lambda export: export["reason"] is not None)
        assert export["reason"] == MISCONFIGURED
        assert {each["why"] for each in lines if each["event"] == "export waits"} == {REFUSED}
        add_key(filled.s3, "second", filled.bucket.bucket)
        use("second")
        assert await portal.rows(id_) == filled.rows(**FEW)


async def test_the_server_dies_while_it_is_written_to(
    filled: FilledStores,
    database: str,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    is_long: bool,
) -> None:
    """An export of several parts goes on when the server is back, and is whole. Half an upload is in none."""
    monkeypatch.setattr(warehouse, "LIMITS", {**warehouse.LIMITS, **PARTS})
    random, faults, interrupted = Random(seed), 30 if is_long else 3, 0
    async with connect(filled.clickhouse.dsn) as client:
        window = {"begin": BEGIN, "end": END}
        await client.command(MULTIPLIED, parameters={"copies": COPIES})
        keys = [key for (key,) in (await client.query(KEYS, parameters=window)).result_rows]
    one_file = replace(PACE, rows_per_file=10**6)
    async with export_portal(database, filled, certificates, one_file, is_locked=True) as portal:
        for _ in range(faults):
            id_ = await portal.ask(**BIG)
            await until_running(database)
            await asyncio.sleep(random.uniform(0, 0.7))
            await filled.s3.kill()
            interrupted += (await portal.follow(id_))["status"] != "done"
            await asyncio.sleep(random.uniform(0, 0.5))
            await filled.s3.start()
            manifest, [content] = await portal.files(id_)
            assert manifest["bytes"] > PART
            assert pq.read_table(BytesIO(content)).column("eventKey").to_pylist() == keys
            assert set(await objects(filled, id_)) >= {f"exports/{id_}/{manifest['files'][0]['name']}"}
    assert interrupted
    print(f"{interrupted} of {faults} exports were interrupted by the server's death, 0 differences")
