"""All callers ask during a run: the platform's dashboards, a tenant's portal, the regulator. Exports are among it."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from tests.soak.deployment import Deployment
from tests.support.api import ADMIN, ANALYTICS, portal
from tests.support.export_client import ExportClient
from tests.support.export_portal import Portal

PAUSE: Final = 0.3  # seconds between two requests
EXPORT_EVERY: Final = 25  # questions
TIMEOUT: Final = 30.0  # seconds
TENANT: Final = "t-1"
FINANCE: Final = {"X-Caller": "finance-dashboard"}
TENANTS: Final = frozenset({"t-0", "t-1", "t-2", "t-3", "t-4"})
EXPORTS: Final = "/v1/anlyt/exports"
Json = dict[str, Any]


@dataclass
class Callers:
    """`answers`: how many requests ended how, by caller. `wrong`: sentences about answers that must not be."""

    admin: httpx.AsyncClient
    tenant: httpx.AsyncClient
    finance: httpx.AsyncClient
    regulator: httpx.AsyncClient
    plain: httpx.AsyncClient
    day: datetime
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    audit_exports: list[str] = field(default_factory=list)
    _most: int = 0

    @property
    def export_client(self) -> ExportClient:
        return ExportClient(self.admin, self.plain, EXPORTS, "/v1/anlyt/keys")

    @property
    def portal(self) -> Portal:
        return Portal(self.regulator, self.plain)

    async def ask(self) -> None:
        """Asks until it is cancelled."""
        questions: Sequence[Callable[[], Awaitable[None]]] = (
            *(self._summary, self._usage, self._tenants_query, self._admins_query, self._finance, self._audit),
        )
        for number, question in enumerate(itertools.cycle(questions)):
            await question()
            if number % EXPORT_EVERY == EXPORT_EVERY // 2:
                await self._export()
            await asyncio.sleep(PAUSE)

    def query(self, **more: Any) -> Json:
        """How many reports each tenant has, in the days of the run."""
        window = {"from": _iso(self.day - timedelta(days=1)), "to": _iso(self.day + timedelta(days=2))}
        return {"dataset": "dlr", "measures": ["messages"], "time": window, **more}

    async def _summary(self) -> None:
        """The reports of a fixed window never become fewer: events only arrive, and none is taken back."""
        window = {"from": _iso(self.day - timedelta(days=1)), "to": _iso(self.day + timedelta(days=2))}
        answer = await self._request("admin", self.admin.get(f"{ANALYTICS}/summary", params=window))
        if answer is not None:
            count = answer["deliveredMessages"] + answer["failedMessages"]
            if count < self._most:
                self.wrong.append(f"the summary has {count} reports after {self._most}")
            self._most = max(self._most, count)

    async def _usage(self) -> None:
        path = f"{ANALYTICS}/accounts/acc-1/usage"
        await self._request("tenant", self.tenant.get(path), also=(404,))

    async def _tenants_query(self) -> None:
        body = self.query(dimensions=["tenantId"])
        answer = await self._request("tenant", self.tenant.post("/v1/anlyt/query", json=body))
        if answer is not None and (others := {row["tenantId"] for row in answer["data"]} - {TENANT}):
            self.wrong.append(f"{TENANT} was shown {sorted(others)}")

    async def _admins_query(self) -> None:
        body = self.query(dimensions=["tenantId", "status"], filter={"field": "mno", "op": "eq", "value": "AWCC"})
        body["time"]["granularity"] = "hour"
        answer = await self._request("admin", self.admin.post("/v1/anlyt/query", json=body))
        if answer is not None and (others := {row["tenantId"] for row in answer["data"]} - TENANTS):
            self.wrong.append(f"there are tenants {sorted(others)}")

    async def _finance(self) -> None:
        body = self.query(dataset="cdr", measures=["cost"], dimensions=["currency"])
        await self._request("finance", self.finance.post("/v1/anlyt/query", json=body))

    async def _audit(self) -> None:
        body = self.audit_query()
        answer = await self._request("regulator", self.regulator.post("/v1/audit/query", json={**body, "limit": 50}))
        if answer is not None and (others := {row["tenantId"] for row in answer["data"]} - {TENANT}):
            self.wrong.append(f"the regulator asked for {TENANT} and was shown {sorted(others)}")

    def audit_query(self) -> Json:
        window = {"from": _iso(self.day - timedelta(days=1)), "to": _iso(self.day + timedelta(days=2))}
        return {"tenantId": TENANT, **window}

    async def _export(self) -> None:
        body = {**self.query(dimensions=["tenantId", "status"]), "format": "csv"}
        answer = await self._request("admin", self.admin.post(EXPORTS, json=body), also=(202,))
        self.exports += [answer["id"]] if answer else []
        asked = self.regulator.post("/v1/audit/exports", json=self.audit_query())
        answer = await self._request("regulator", asked, also=(202,))
        self.audit_exports += [answer["id"]] if answer else []

    async def _request(self, caller: str, request: Awaitable[httpx.Response], also: Sequence[int] = ()) -> Any:
        """The body of an answer; None if there is none, because the service or its engines are away."""
        try:
            response = await request
        except httpx.TransportError:
            self.answers[caller, "no answer"] += 1
            return None
        self.answers[caller, str(response.status_code)] += 1
        if response.status_code == 503:
            return None
        if response.status_code not in (200, *also):
            self.wrong.append(f"{caller}: {response.status_code} {response.text[:300]}")
            return None
        return response.json() if response.status_code != 404 else None


@asynccontextmanager
async def callers(deployment: Deployment, day: datetime) -> AsyncIterator[Callers]:
    """The callers of a run that began on `day`."""
    api, audit = deployment.urls["api"], deployment.urls["audit"]
    certificates = deployment.certificates

    async with AsyncExitStack() as opened:

        async def client(url: str, headers: Mapping[str, str] | None = None, **options: Any) -> httpx.AsyncClient:
            new = httpx.AsyncClient(base_url=url, headers=dict(headers or {}), timeout=TIMEOUT, **options)
            return await opened.enter_async_context(new)

        yield Callers(
            admin=await client(api, ADMIN),
            tenant=await client(api, portal("acc-1", TENANT)),
            finance=await client(api, FINANCE),
            regulator=await client(audit, verify=certificates.regulator()),
            plain=await client(""),
            day=day,
        )


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
