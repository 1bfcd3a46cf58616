"""With a stale replica, rights come from the primary; without the primary, no tenant sees names."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from commands.api import running
from infra.endpoints import Engines
from infra.postgres import Pool, open_pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import BY_MNO, MONEY, Json, QueryClient, open_query_client, tenant

pytestmark = pytest.mark.anyio

QUERY: Json = {**BY_MNO, "dimensions": ["mno"]}
NAMED = tenant("t-1")  # in the replica, which lacks the primary's revocation
PSEUDONYMOUS = tenant("t-2")  # in the replica, which lacks the primary's addendum
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture(scope="module")
def replica_dsn(dsn: str) -> str:
    return f"{dsn}_replica"


@pytest.fixture(scope="module")
async def replica(dsn: str, replica_dsn: str) -> AsyncIterator[Pool]:
    """A copy of the module's database from the time when t-1 had an addendum; the primary has changed since."""
    server, _, name = dsn.rpartition("/")
    primary = await asyncpg.connect(dsn)
    await primary.execute(
        "insert into anlyt.data_share_addenda (tenant_id, valid_from) values ('t-1', now() - interval '1 day')"
    )
    await primary.close()
    admin = await asyncpg.connect(f"{server}/postgres")
    await admin.execute(f"create database {name}_replica template {name}")
    primary = await asyncpg.connect(dsn)
    await primary.execute("update anlyt.data_share_addenda set revoked_at = now() where tenant_id = 't-1'")
    await primary.execute(
        "insert into anlyt.data_share_addenda (tenant_id, valid_from) values ('t-2', now() - interval '1 hour')"
    )
    await primary.close()
    async with open_pool(replica_dsn, size=4) as opened:
        yield opened
    await admin.execute(f"drop database {name}_replica with (force)")
    await admin.close()


@pytest.fixture
async def primary(replica: Pool, dsn: str) -> AsyncIterator[Pool]:
    async with open_pool(dsn, size=4) as opened:
        yield opened


@pytest.fixture
async def behind(replica: Pool, primary: Pool, filled: str) -> AsyncIterator[QueryClient]:
    async with open_query_client(replica, filled, primary=primary) as opened:
        yield opened


async def mnos(query_client: QueryClient, caller: Json) -> set[str]:
    return {row["mno"] for row in (await query_client.ask(QUERY, caller))["data"]}


async def test_a_revocation_counts_before_it_reaches_the_replica(behind: QueryClient) -> None:
    assert all(mno == "unknown" or mno.startswith("MNO-") for mno in await mnos(behind, dict(NAMED)))
    by_operator = {**QUERY, "dimensions": ["operatorId"]}
    check_problem(await behind.post(by_operator, NAMED), 400, "INVALID_QUERY")


async def test_an_addendum_counts_before_it_reaches_the_replica_and_is_logged(
    behind: QueryClient, primary: Pool
) -> None:
    assert "AWCC" in await mnos(behind, dict(PSEUDONYMOUS))
    logged = await primary.fetchval("select count(*) from anlyt.unmasking_log where tenant_id = 't-2'")
    assert logged > 0


async def test_the_service_reads_rights_from_the_primary(
    replica: Pool, replica_dsn: str, dsn: str, filled: str
) -> None:
    """Opens the service as `anlyt api` does with ANLYT_POSTGRES_READ_DSN."""
    settings = read_settings({"ANLYT_POSTGRES_READ_DSN": replica_dsn, "ANLYT_API_PORT": "0"})
    engines = Engines("nats://127.0.0.1:1", dsn, filled)
    async with running(settings, engines, development=False) as url, httpx.AsyncClient(base_url=url) as client:
        for caller, reads_names in ((NAMED, False), (PSEUDONYMOUS, True)):
            response = await client.post("/v1/anlyt/query", json=dict(QUERY), headers=dict(caller), timeout=60)
            assert response.status_code == 200, response.text
            assert ("AWCC" in response.text) == reads_names


async def test_without_the_primary_no_tenant_is_answered(replica: Pool, filled: str) -> None:
    async with open_pool(NOWHERE, size=2) as nobody, open_query_client(replica, filled, primary=nobody) as alone:
        for caller in (NAMED, PSEUDONYMOUS, tenant("t-3")):
            response = await alone.post(QUERY, caller)
            check_problem(response, 503, "DEPENDENCY_UNAVAILABLE")
            assert "AWCC" not in response.text
        assert (await alone.post(MONEY, ADMIN)).status_code == 200  # needs no addendum
