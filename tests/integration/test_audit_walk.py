"""US-ANLYT-15: a walk to the row cap is exact, and needs the memory of one page."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from bench.processes import peak_memory
from infra.clickhouse import connect
from tests.support.audit_facts import BEGIN
from tests.support.cli import running
from tests.support.regulator import QUERY, make_certificates

pytestmark = pytest.mark.anyio

ROWS, LIMIT = 1_000_000, 10_000
# Facts of two tenants, of which the second has a tenth of the rows; ten per instant, over 25 hours. A tenth of the
# rows has a finding and is written twice.
FILL = """
insert into facts_compliance (
    tenant_id, event_time, event_key, account_id, mno, lane, verdict, evaluation_id, message_id,
    rule_ids, rule_names, rule_types, rule_actions, rule_set_id, rule_set_version, evaluation_latency_ms, ver
)
select if(number < {rows:UInt64}, 't-1', 't-2'),
    {begin:DateTime64(6, 'UTC')} + toIntervalMillisecond(intDiv(number % {rows:UInt64}, 10) * 900),
    cityHash64(number), 'a-1', 'AWCC', 'OTP', 'ALLOW', toString(number), toString(cityHash64(number)),
    if(number % 10, [], ['r-1']), if(number % 10, [], ['At night']), if(number % 10, [], ['TIME']),
    if(number % 10, [], ['FLAG']), 'rs-1', '7', number % 50, 1
from numbers(intDiv(11 * {rows:UInt64}, 10)) where number % 10 = 0 or not {twice:Bool}
"""
# The count and the hash of the stored facts, in the order of a walk.
SUM = """
select count(), hex(SHA256(arrayStringConcat(groupArray(evaluation_id || ',' || message_id || ';'))))
from (
    select evaluation_id, message_id from facts_compliance final
    where tenant_id = 't-1' order by event_time, event_key
)
"""


class Row(msgspec.Struct, rename="camel"):
    evaluation_id: str
    message_id: str


class Page(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None


class Answer(msgspec.Struct):
    """The members of an answer that the test reads."""

    data: list[Row]
    page: Page


class Walked:
    """The count and the hash of the answered facts, in the order of the answers."""

    def __init__(self) -> None:
        self._count, self._hash = 0, sha256()

    def add(self, facts: Sequence[Row]) -> None:
        self._count += len(facts)
        self._hash.update("".join([f"{fact.evaluation_id},{fact.message_id};" for fact in facts]).encode())

    def result(self) -> tuple[int, str]:
        """The same figures as SUM returns."""
        return self._count, self._hash.hexdigest().upper()


READ = msgspec.json.Decoder(Answer)


@pytest.mark.timeout(600)  # a hundred pages, each of which takes a second on a busy machine
async def test_a_long_walk(database: str, warehouse: str, tmp_path: Path) -> None:
    expected = await filled(warehouse)
    certificates = make_certificates(tmp_path)
    files = {"ANLYT_TLS_CERT": certificates.files.tls_cert, "ANLYT_TLS_KEY": certificates.files.tls_key}
    settings = {
        "ANLYT_POSTGRES_DSN": database,
        "ANLYT_CLICKHOUSE_DSN": warehouse,
        "ANLYT_NATS_URL": "nats://127.0.0.1:1",
        "ANLYT_TLS_CLIENT_CA": str(certificates.files.tls_client_ca),
        **{name: str(path) for name, path in files.items()},
    }
    with running(tmp_path, "audit-api", **settings) as service:
        assert service.process.stdout is not None
        line = await asyncio.to_thread(service.process.stdout.readline)
        url = line.split()[1].rstrip(";").replace("127.0.0.1", "localhost")
        async with httpx.AsyncClient(base_url=url, verify=certificates.regulator(), timeout=60) as client:
            await check_walk(client, service.process.pid, expected)


async def filled(dsn: str) -> tuple[int, str]:
    """Fills ClickHouse; returns the count and the hash of one tenant's facts."""
    async with connect(dsn) as client:
        for twice in (False, True):
            parameters = {"begin": BEGIN, "rows": ROWS, "twice": twice}
            await client.command(FILL, parameters=parameters)
        [(count, digest)] = (await client.query(SUM)).result_rows
    return count, digest


async def check_walk(client: httpx.AsyncClient, pid: int, expected: tuple[int, str]) -> None:
    body: dict[str, Any] = {"tenantId": "t-1", "from": BEGIN.isoformat(), "limit": LIMIT}
    body["to"] = (BEGIN + timedelta(days=1800)).isoformat()
    walked, peaks, page_size = Walked(), list[int](), 0
    while True:
        response = await client.post(QUERY, json=body)
        assert response.status_code == 200, response.text
        answer = READ.decode(response.content)
        walked.add(answer.data)
        peaks.append(peak_memory(pid))
        page_size = max(page_size, len(response.content))
        if not answer.page.has_next_page:
            break
        body["after"] = answer.page.end_cursor
    assert walked.result() == expected
    assert expected[0] == ROWS
    assert len(peaks) == ROWS // LIMIT
    # The first pages need the memory of a page; all others together add less than that.
    assert peaks[-1] - peaks[1] < 5 * page_size, (peaks, page_size)
