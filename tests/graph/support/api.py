"""The API in process, with a client for REST and GraphQL."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from graph.app import create_app
from graph.http.health import Probes
from graph.reports.freshness import ProjectionProgress
from infra.clickhouse import ClickHouse
from infra.postgres import Pool
from infra.settings import Settings, read_settings
from tests.support.warehouse import NO_CLICKHOUSE

ADMIN: Mapping[str, str] = {"X-Caller": "admin-dashboard"}
REPORTS = "/v1/internal/analytics"


def portal(account: str) -> Mapping[str, str]:
    """The identity headers of customer-portal for an account."""
    return {"X-Caller": "customer-portal", "X-Tenant-Id": "tenant-1", "X-Account-Id": account}


@dataclass(frozen=True, slots=True)
class Api:
    """A client of the API; `client` sends any other request."""

    client: httpx.AsyncClient

    async def get(self, path: str, caller: Mapping[str, str] = ADMIN, /, **query: object) -> httpx.Response:
        """Requests a report; `from_` is the parameter `from`."""
        parameters = {name.rstrip("_"): str(value) for name, value in query.items()}
        return await self.client.get(f"{REPORTS}/{path}", params=parameters, headers=dict(caller))

    async def report(self, path: str, caller: Mapping[str, str] = ADMIN, /, **query: object) -> Any:
        """The answer of a report that must succeed."""
        response = await self.get(path, caller, **query)
        assert response.status_code == 200, response.text
        return response.json()

    async def ask(self, query: str, caller: Mapping[str, str] = ADMIN, /, **variables: object) -> Any:
        """The whole answer of a GraphQL query, errors included."""
        body = {"query": query, "variables": variables}
        return (await self.client.post("/graphql", json=body, headers=dict(caller))).json()

    async def fields(self, query: str, caller: Mapping[str, str] = ADMIN, /, **variables: object) -> Any:
        """The data of a GraphQL query that must succeed."""
        answer = await self.ask(query, caller, **variables)
        assert "errors" not in answer, answer
        return answer["data"]


@asynccontextmanager
async def open_api(
    pool: Pool,
    probes: Probes | None = None,
    *,
    clickhouse: ClickHouse = NO_CLICKHOUSE,
    development: bool = True,
    settings: Settings | None = None,
    progress: ProjectionProgress = dict,
) -> AsyncIterator[Api]:
    app = create_app(
        settings or read_settings({"ANLYT_REPORT_TIMEOUT": "60"}),
        pool,
        probes or {},
        clickhouse=clickhouse,
        development=development,
        progress=progress,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        yield Api(client)
