"""Requests to the API in this process, over REST and GraphQL with the same identity."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from graph.app import create_app
from infra.postgres import open_pool
from infra.settings import read_settings
from tests.support.warehouse import NO_CLICKHOUSE

ADMIN = {"X-Caller": "admin-dashboard"}
ANALYTICS = "/v1/internal/analytics"


def portal(account: str, tenant: str = "tenant-1") -> Mapping[str, str]:
    return {"X-Caller": "customer-portal", "X-Tenant-Id": tenant, "X-Account-Id": account}


@dataclass(frozen=True, slots=True)
class Api:
    """A client of the API."""

    client: httpx.AsyncClient

    async def get(self, path: str, caller: Mapping[str, str] = ADMIN, /, **parameters: Any) -> httpx.Response:
        """Requests a report. `from_` is the parameter `from`."""
        query = {name.rstrip("_"): value for name, value in parameters.items()}
        return await self.client.get(ANALYTICS + path, params=query, headers=dict(caller))

    async def rest(self, path: str, caller: Mapping[str, str] = ADMIN, /, **parameters: Any) -> Any:
        """The body of a report. Raises AssertionError unless the status is 200."""
        response = await self.get(path, caller, **parameters)
        assert response.status_code == 200, response.text
        return response.json()

    async def ask(self, query: str, caller: Mapping[str, str] = ADMIN, /, **variables: Any) -> Any:
        """Runs a GraphQL query; returns the whole response with data and errors."""
        body = {"query": query, "variables": variables}
        return (await self.client.post("/graphql", json=body, headers=dict(caller))).json()


def get_when_ready(url: str, parameters: Mapping[str, str] | None = None, headers: Mapping[str, str] = ADMIN) -> Any:
    """The body of an answer. Retries after 503, as Retry-After says."""
    for _ in range(20):
        response = httpx.get(url, params=parameters, headers=dict(headers), timeout=60)
        if response.status_code != 503:
            break
        time.sleep(int(response.headers["Retry-After"]))
    return response.raise_for_status().json()


def recent_summary(api: str) -> Any:
    """The summary of yesterday, today and tomorrow, so that two requests around midnight agree."""
    now = datetime.now(UTC)
    window = {"from": now - timedelta(days=1), "to": now + timedelta(days=1)}
    return get_when_ready(
        f"{api}{ANALYTICS}/summary", {edge: f"{at:%Y-%m-%dT%H:00:00Z}" for edge, at in window.items()}
    )


@asynccontextmanager
async def open_api(dsn: str) -> AsyncIterator[Api]:
    """Yields a client of the API over a database, without ClickHouse."""
    async with open_pool(dsn, size=4, statement_timeout=30) as pool:
        app = create_app(read_settings({}), pool, {}, clickhouse=NO_CLICKHOUSE, development=True)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            yield Api(client)
