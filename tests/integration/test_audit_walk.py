"""US-ANLYT-15: a long walk is exact, and takes the memory of a page, however long it is."""

import asyncio
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.audited import BEGIN
from tests.support.cli import running
from tests.support.regulator import QUERY, make_papers
from tests.support.warehouse import opened

pytestmark = pytest.mark.anyio

ROWS, LIMIT = 100_000, 10_000
# Of two tenants, over 20 hours, ten at each instant; a tenth of them twice.
FILL = """
insert into facts_compliance (
    tenant_id, event_time, event_key, account_id, mno, lane, verdict, evaluation_id, message_id,
    rule_ids, rule_names, rule_types, rule_actions, rule_set_id, rule_set_version, evaluation_latency_ms, ver
)
select if(number % 2, 't-1', 't-2'),
    {begin:DateTime64(6, 'UTC')} + toIntervalMicrosecond(intDiv(number, 20) * 7000000),
    cityHash64(number), 'a-1', 'AWCC', 'OTP', 'ALLOW', toString(number), toString(cityHash64(number)),
    ['r-1'], ['At night'], ['TIME'], ['FLAG'], 'rs-1', '7', number % 50, 1
from numbers(2 * {rows:UInt64}) where intDiv(number, 2) % 10 = 0 or not {twice:Bool}
"""
# What the engine has, in the order of a walk.
SUM = """
select count(), hex(SHA256(arrayStringConcat(groupArray(evaluation_id), ',')))
from (
    select evaluation_id from facts_compliance final where tenant_id = 't-1' order by event_time, event_key
)
"""


async def test_a_long_walk(database: str, warehouse: str, tmp_path: Path) -> None:
    expected = await filled(warehouse)
    papers = make_papers(tmp_path)
    files = {"ANLYT_TLS_CERT": papers.files.tls_cert, "ANLYT_TLS_KEY": papers.files.tls_key}
    settings = {
        "ANLYT_POSTGRES_DSN": database,
        "ANLYT_CLICKHOUSE_DSN": warehouse,
        "ANLYT_NATS_URL": "nats://127.0.0.1:1",
        "ANLYT_TLS_CLIENT_CA": str(papers.files.tls_client_ca),
        **{name: str(path) for name, path in files.items()},
    }
    with running(tmp_path, "audit-api", **settings) as service:
        assert service.process.stdout is not None
        line = await asyncio.to_thread(service.process.stdout.readline)
        url = line.split()[1].rstrip(";").replace("127.0.0.1", "localhost")
        async with httpx.AsyncClient(base_url=url, verify=papers.regulator(), timeout=30) as client:
            await check_walk(client, service.process.pid, expected)


async def filled(dsn: str) -> tuple[int, str]:
    """How many facts one of the tenants has, and a hash of their ids in order."""
    async with opened(dsn) as client:
        for twice in (False, True):
            parameters = {"begin": BEGIN, "rows": ROWS, "twice": twice}
            await client.command(FILL, parameters=parameters)
        [(count, digest)] = (await client.query(SUM)).result_rows
    return count, digest


async def check_walk(client: httpx.AsyncClient, pid: int, expected: tuple[int, str]) -> None:
    body: dict[str, Any] = {"tenantId": "t-1", "from": BEGIN.isoformat(), "limit": LIMIT}
    body["to"] = (BEGIN + timedelta(days=1800)).isoformat()
    ids: list[str] = []
    peaks, page_size = [], 0
    while True:
        response = await client.post(QUERY, json=body)
        answer = json.loads(response.content)
        ids += [row["evaluationId"] for row in answer["data"]]
        peaks.append(peak_memory(pid))
        page_size = max(page_size, len(response.content))
        if not answer["page"]["hasNextPage"]:
            break
        body["after"] = answer["page"]["endCursor"]
    assert expected == (len(ids), sha256(",".join(ids).encode()).hexdigest().upper())
    assert expected[0] == ROWS
    assert len(peaks) == ROWS // LIMIT
    # The first pages take what a page takes; all others together not even as much again.
    assert peaks[-1] - peaks[1] < 5 * page_size, (peaks, page_size)


def peak_memory(pid: int) -> int:
    """Bytes that a process has had at most so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
