"""Exports of queries: all rows, exactly as the query's own answer prints them, in the caller's scope only."""

import asyncio
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.endpoints import Engines
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import BY_CODE, BY_MNO, COMPARED, MONEY, REPORTS, Json, put, tenant
from tests.support.api import ADMIN
from tests.support.database import connected, fresh_database
from tests.support.query_exports import (
    BY_MINUTE,
    PACE,
    PATH,
    QUERY,
    Service,
    engines,
    joined,
    pages,
    s3,
    service,
    serving,
    unlimited,
    until_purged,
)
from tools.export import ROOT

__all__ = ["engines", "s3", "service"]

pytestmark = pytest.mark.anyio

FINANCE = {"X-Caller": "finance-dashboard"}
ARROW = "application/vnd.apache.arrow.stream"
BY_HOUR: Json = {**BY_CODE, "time": {**BY_CODE["time"], "granularity": "hour"}, "fill": True, "dimensions": ["mno"]}
EMPTY: Json = {**BY_MNO, "filter": {"field": "lane", "op": "eq", "value": "NO_SUCH"}}
SORTED: Json = {**BY_MINUTE, "orderBy": [{"field": "messages", "direction": "desc"}], "limit": 55}


@pytest.mark.parametrize("query", [BY_CODE, COMPARED, MONEY, BY_MINUTE, BY_HOUR, EMPTY, SORTED])
async def test_files_equal_the_pages_of_the_query(service: Service, query: Json) -> None:
    for caller in (ADMIN, tenant("t-1")):
        client = await service.client(caller)
        wanted = query if query is SORTED else unlimited(query)
        ids = {name: await client.ask(format=name, **wanted) for name in ("csv", "arrow", "parquet")}

        manifest, contents = await client.files(ids["csv"])
        assert joined(contents) == joined(await pages(client, wanted, "text/csv"))
        assert all(file["rows"] == PACE.rows_per_file for file in manifest["files"][:-1])

        table = pa.concat_tables(
            pa.ipc.open_stream(page).read_all().replace_schema_metadata() for page in await pages(client, wanted, ARROW)
        )
        arrow = (await client.files(ids["arrow"])).contents
        assert pa.concat_tables(pa.ipc.open_stream(each).read_all() for each in arrow) == table
        parquet = (await client.files(ids["parquet"])).contents
        assert pa.concat_tables(pq.read_table(io.BytesIO(each)) for each in parquet) == table

        answer = (await client.client.post(QUERY, json=wanted)).json()
        assert manifest["rows"] == table.num_rows
        assert (manifest["meta"]["totals"], manifest["meta"]["source"]) == (answer["totals"], answer["meta"]["source"])
        for name in ("window", "previousWindow", "dataAsOf", "approximate"):
            assert manifest["meta"][name] == answer["meta"][name]
        assert manifest["request"] == {"format": "csv", **wanted}
        assert manifest["tenantId"] == (None if caller is ADMIN else "t-1")


async def test_the_commands_of_the_page(service: Service, tmp_path: Path) -> None:
    page = (ROOT / "docs/exports.md").read_text()
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    assert "http://127.0.0.1:3030" in script
    script = script.replace("http://127.0.0.1:3030", service.url)
    shell = await asyncio.create_subprocess_exec("bash", "-euo", "pipefail", "-c", script, cwd=tmp_path)
    assert await shell.wait() == 0
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    contents = [(tmp_path / file["name"]).read_bytes() for file in manifest["files"]]
    assert [sha256(each).hexdigest() for each in contents] == [file["sha256"] for file in manifest["files"]]
    finance = await service.client(FINANCE)
    query = {name: value for name, value in manifest["request"].items() if name != "format"}
    assert joined(contents) == joined(await pages(finance, query, "text/csv"))


async def test_rows_past_the_row_cap(engines: Engines, template: Engine) -> None:
    """120,000 rows, of which the query's pages have 100,000; a smaller `limit` cuts the file as it cuts the answer."""
    count = 120_000
    facts = (
        "insert into anlyt.facts_dlr (tenant_id, event_time, event_key, account_id, operator_id, mno, lane, direction,"
        " destination_prefix, status, error_code, latency_ms, tps_snapshot, ver) "
        "select 't-cap', toDateTime64('2026-11-03 10:00:00', 6, 'UTC'), number, 'a', 'o', 'AWCC', 'OTP', 'MT', '93',"
        f" 'FAILED', leftPad(toString(number), 6, '0'), 1, 1, 1 from numbers({count})"
    )
    async with connect(engines.clickhouse) as client:
        await client.command(facts, settings={"async_insert": 0})
    time = {"from": "2026-11-03T00:00:30Z", "to": "2026-11-04T00:00:00Z"}
    query: Json = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["errorCode"], "time": time}
    async with (
        fresh_database(template) as dsn,
        serving(replace(engines, postgres=dsn), replace(PACE, rows_per_file=10**6)) as large,
    ):
        tenants = await large.client(tenant("t-cap"))
        _, [content] = await tenants.files(await tenants.ask(format="csv", **query))
        assert content == b"errorCode,messages\r\n" + b"".join(b"%06d,1\r\n" % number for number in range(count))
        _, [content] = await tenants.files(await tenants.ask(format="csv", **query, limit=110_001))
        assert content.count(b"\n") == 110_002


async def test_exports_belong_to_their_caller(service: Service) -> None:
    callers = {
        "admin": ADMIN,
        "finance": FINANCE,
        "t-1": tenant("t-1"),
        "t-2": tenant("t-2"),
        "*": tenant("*"),
    }
    clients = {name: await service.client(caller) for name, caller in callers.items()}
    ids = {name: await client.ask(format="csv", **MONEY) for name, client in clients.items() if name != "t-1"}
    ids["t-1"] = await clients["t-1"].ask(format="csv", **MONEY)
    contents = {}
    for name, client in clients.items():
        contents[name] = (await client.files(ids[name])).contents
        for other, id_ in ids.items():
            for method in ("GET", "DELETE") if other != name else ():
                check_problem(await client.client.request(method, f"{PATH}/{id_}"), 404, "NOT_FOUND")
        listed = (await client.client.get(PATH, params={"limit": 100})).json()["data"]
        assert ids[name] in {export["id"] for export in listed}
        assert not {id_ for other, id_ in ids.items() if other != name} & {export["id"] for export in listed}
        assert not any("files" in export for export in listed)
    assert contents["admin"] == contents["finance"]
    assert len({tuple(each) for each in contents.values()}) == 4
    nobody = await service.client({"X-Caller": "customer-portal"})
    await nobody.refused(403, "FORBIDDEN", format="csv", **MONEY)
    for method, path in (("POST", PATH), ("GET", PATH), ("GET", f"{PATH}/{ids['t-1']}"), ("GET", "/v1/anlyt/keys")):
        check_problem(await nobody.plain.request(method, service.url + path), 401, "UNAUTHENTICATED")


async def test_lists_are_pages(service: Service) -> None:
    client = await service.client(tenant("t-listed"))
    ids = [await client.ask(format="csv", **EMPTY) for _ in range(5)]
    other = await service.client(tenant("t-2"))
    pages_ = [(await client.client.get(PATH, params={"limit": 2})).json()]
    while after := pages_[-1]["page"]["endCursor"]:
        pages_.append((await client.client.get(PATH, params={"limit": 2, "after": after})).json())
        check_problem(await other.client.get(PATH, params={"after": after}), 400, "INVALID_QUERY")
    listed = [export["id"] for page in pages_ for export in page["data"]]
    assert listed == ids[::-1]


async def test_a_repeated_request_is_one_export(service: Service) -> None:
    client, key = await service.client(tenant("t-1")), {"Idempotency-Key": "one-key"}
    relative: Json = {"dataset": "dlr", "measures": ["messages"], "time": {"last": "30d"}, "format": "csv"}
    first = await client.ask(key, **relative)
    assert await client.ask(key, **dict(reversed(relative.items()))) == first
    await client.ended(first)
    assert await client.ask(key, **relative) == first
    assert await client.ask(**relative) != first
    assert await (await service.client(tenant("t-2"))).ask(key, **relative) != first
    response = await client.client.post(PATH, json={**relative, "format": "arrow"}, headers=key)
    assert first in check_problem(response, 400, "INVALID_QUERY")
    long = {"Idempotency-Key": "x" * 255}
    assert len({*await asyncio.gather(*(client.ask(long, **relative) for _ in range(4)))}) == 1
    for wrong in (b"", b"a b", b"x" * 256, "é".encode()):
        headers = [(b"Idempotency-Key", wrong), (b"Content-Type", b"application/json")]
        response = await client.client.post(PATH, content=json.dumps(relative), headers=headers)
        check_problem(response, 400, "INVALID_QUERY")


async def test_limits_of_a_tenant(engines: Engines, template: Engine) -> None:
    """One tenant's limits do not touch another's. An export past them fails whole, with its reason."""
    limits = {"ANLYT_EXPORT_CONCURRENCY": "2", "ANLYT_EXPORT_ROWS": "150"}
    async with fresh_database(template) as dsn:
        own = replace(engines, postgres=dsn)
        async with serving(own, PACE, ANLYT_EXPORT_WRITER="0", **limits) as idle:
            client = await idle.client(tenant("t-1"))
            ids = [await client.ask(format="csv", **query) for query in (MONEY, BY_MINUTE)]
            problem = await client.refused(429, "RATE_LIMITED", format="csv", **MONEY)
            assert problem["detail"] == "2 exports are not finished; wait for one, or cancel it."
            await (await idle.client(tenant("t-2"))).ask(format="csv", **MONEY)
        async with serving(own, PACE, **limits) as service:
            client = await service.client(tenant("t-1"))
            assert (await client.ended(ids[0]))["status"] == "done"
            failed = await client.ended(ids[1])
            assert (failed["status"], failed["rows"]) == ("failed", 0)
            assert "more than 150 rows or 10,000 MB" in failed["reason"]
            kept = await client.ask(format="csv", **{**BY_MINUTE, "limit": 100})
            assert (await client.ended(kept))["rows"] == 100
        async with serving(own, PACE, ANLYT_EXPORT_ROWS="100") as service:
            client = await service.client(tenant("t-1"))
            problem = await client.refused(429, "RATE_LIMITED", format="csv", **MONEY)
            assert problem["detail"].startswith("The kept exports have 100 rows or 10,000 MB; delete one")
            assert (await client.client.delete(f"{PATH}/{kept}")).json()["status"] == "cancelled"
            assert (await client.ended(await client.ask(format="csv", **MONEY)))["status"] == "done"


HOSTILE: Sequence[tuple[Json, Sequence[str]]] = (
    ({}, ["$.format", "$.dataset", "$.measures", "$.time"]),
    ({**MONEY, "format": "xlsx"}, ["$.format"]),
    ({**MONEY, "format": "csv", "after": "x", "explain": True}, ["$.after", "$.explain"]),
    ({**MONEY, "format": "csv", "limit": 0}, ["$.limit"]),
    ({**MONEY, "format": "csv", "limit": 10**13}, ["$.limit"]),
    ({**MONEY, "format": "csv", "measures": ["cost; drop table"]}, ["$.measures[0]"]),
    ({**MONEY, "format": "csv", "tenantId": "t-2"}, ["$.tenantId"]),
    ({**BY_MNO, "format": "csv", "filter": {"field": "mno", "op": "eq", "value": "AWCC"}}, ["$.filter.value"]),
)


async def test_refused_requests(service: Service) -> None:
    client = await service.client(tenant("t-1"))
    for body, paths in HOSTILE:
        problem = await client.refused(400, "INVALID_QUERY", **body)
        assert [each["path"] for each in problem["problems"]] == paths
    as_json = {"Content-Type": "application/json"}
    for content in (b"", b"[]", b'"x"', b"\xff", b'{"format":"csv","format":"csv"}', b"[" * 1000):
        check_problem(await client.client.post(PATH, content=content, headers=as_json), 400, "INVALID_QUERY")
    check_problem(await client.client.post(PATH, content=b"{}"), 415, "UNSUPPORTED_MEDIA_TYPE")
    check_problem(await client.client.post(PATH, content=b" " * (300 << 10), headers=as_json), 413, "PAYLOAD_TOO_LARGE")
    for unknown in ("00000000-0000-4000-8000-000000000000", "☎", "1"):
        for method in ("GET", "DELETE"):
            check_problem(await client.client.request(method, f"{PATH}/{unknown}"), 404, "NOT_FOUND")
    several = await (await service.client(tenant("t-3"))).ask(format="csv", **{**MONEY, "dimensions": ["status"]})
    failed = await (await service.client(tenant("t-3"))).ended(several)
    assert (failed["status"], failed["reason"].split(":")[0]) == ("failed", "$.measures")


async def test_cancelled_and_expired_files_are_deleted(service: Service) -> None:
    client, random = await service.client(ADMIN), Random(5)
    for written in (0, 1, 100):
        id_ = await client.ask(format="csv", **BY_MINUTE)
        await client.until(id_, lambda export, least=written: export["filesWritten"] >= least or "files" in export)
        await asyncio.sleep(random.uniform(0, 0.05))
        assert (await client.client.delete(f"{PATH}/{id_}")).json()["status"] == "cancelled"
        assert (await client.client.delete(f"{PATH}/{id_}")).json()["status"] == "cancelled"
        await until_purged(service.engines, id_)
    id_ = await client.ask(format="csv", **MONEY)
    export = await client.ended(id_)
    kept = datetime.fromisoformat(export["expiresAt"]) - datetime.fromisoformat(export["finishedAt"])
    assert kept == timedelta(days=30)
    async with connected(service.engines.postgres) as connection:
        expire = "update anlyt.query_exports set expires_at = clock_timestamp() where export_id = $1"
        await connection.execute(expire, id_)
    assert "files" not in await client.until(id_, lambda export: export["status"] == "expired")
    await until_purged(service.engines, id_)
    async with connected(service.engines.postgres) as connection:
        later = "update anlyt.query_exports set finished_at = finished_at - interval '100 days' where export_id = $1"
        await connection.execute(later, id_)
    async with asyncio.timeout(60):
        while (await client.client.get(f"{PATH}/{id_}")).status_code != 404:
            await asyncio.sleep(0.05)


async def test_names_are_shown_while_the_addendum_is_in_force(service: Service) -> None:
    """Links to names are logged. When the addendum has ended, the export expires, and a new one has pseudonyms."""
    client, query = await service.client(tenant("t-named")), {**BY_MNO, "format": "csv"}
    fact = {**REPORTS[0], "tenant_id": "t-named", "mno": "AWCC", "event_key": 10**9}
    async with connect(service.engines.clickhouse) as warehouse, connected(service.engines.postgres) as connection:
        await put(warehouse, "facts_dlr", [fact])
        query["time"] = {**query["time"], "granularity": "minute"}  # from the facts
        await connection.execute(
            "insert into anlyt.data_share_addenda (tenant_id, valid_from) values ('t-named', now() - interval '1 day')"
        )
        named, unnamed = await client.ask(**query), await client.ask(**{**query, "dimensions": ["lane"]})
        assert b"AWCC" in b"".join((await client.files(named)).contents)
        logged = await connection.fetch("select what from anlyt.unmasking_log where tenant_id = 't-named'")
        assert {row["what"] for row in logged} == {f"dlr: mno (export {named})"}
        await client.ended(unnamed)
        await connection.execute("update anlyt.data_share_addenda set revoked_at = now() where tenant_id = 't-named'")
        ended = await client.follow(named)
        assert (ended["status"], "files" in ended) == ("expired", False)
        assert ended["reason"] == "The addendum under which it shows the names of MNOs has ended."
        assert (await client.follow(unnamed))["status"] == "done"
        await until_purged(service.engines, named)
        text = b"".join((await client.files(await client.ask(**query))).contents)
        assert b"MNO-" in text
        assert b"AWCC" not in text
