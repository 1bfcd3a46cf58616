"""Both client packages, built and installed into empty environments, and a real API that they call."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import repeat
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest

from graph.app import create_app
from graph.http.server import serving
from infra.clickhouse import open_clickhouse
from infra.embedded.engine import Engine
from infra.embedded.s3 import s3_server
from infra.endpoints import Engines
from infra.postgres import Pool, open_pool
from infra.s3 import from_dsn
from infra.settings import read_settings
from tests.graph.support.queries import RECORDS, REPORTS, fill
from tests.graph.support.store import HOUR, Row, Store
from tests.support.cutting_proxy import cutting_proxy
from tests.support.database import fresh_database
from tests.support.fixtures import template
from tests.support.npm import complete
from tests.support.platform import NOWHERE
from tests.support.query_exports import PACE, joined
from tests.support.query_exports import serving as serving_exports
from tools.assets import environment_with_node
from tools.clients.packages import ROOT

__all__ = ["template"]

PROGRAMS: Final = Path(__file__).parent / "programs"
START: Final = datetime(2026, 10, 1, tzinfo=UTC)
HEAD: Final = b"\r\n\r\n"
EVENT: Final = b"}}}"


@dataclass(frozen=True, slots=True)
class Served:
    """The address of an API with data, those of others that fail in some way, and its own answers as JSON and CSV."""

    addresses: Mapping[str, str]
    answers: Mapping[str, Any]
    csv: str


def recent_reports() -> list[Mapping[str, Any]]:
    """Reports of yesterday of the demo's first tenant, for the examples of docs/clients.md."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    same = {**REPORTS[0], "tenant_id": "tenant-001", "event_time": yesterday, "lane": "OTP", "status": "DELIVERED"}
    return [{**same, "event_key": 10_000 + number} for number in range(5)]


def hours() -> list[Row]:
    """Three days of the platform, an operator and an account, with costs that no float has."""
    cost = Decimal("0.100001")
    return [
        Row(START + number * HOUR, scope, id_, 10 + number, 7, 1, 12, cost * number, 9, (120, 340), {"AFN": cost})
        for number in range(72)
        for scope, id_ in (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "acc-1"))
    ]


async def served_app(opened: AsyncExitStack, pool: Pool, clickhouse: str, **settings: str) -> str:
    """The URL of an API that is served until `opened` closes."""
    warehouse = await opened.enter_async_context(open_clickhouse(clickhouse, statement_timeout=30))
    app = create_app(read_settings(settings), pool, {}, clickhouse=warehouse, development=False)
    return await opened.enter_async_context(serving(app, "127.0.0.1", 0))


@pytest.fixture(scope="module")
async def served(
    template: Engine, clickhouse: Engine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    await fill(clickhouse.dsn, facts_dlr=[*REPORTS, *recent_reports()], facts_cdr=RECORDS)
    async with AsyncExitStack() as opened:
        dsn = await opened.enter_async_context(fresh_database(template))
        connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
        opened.push_async_callback(connection.close)
        await Store(connection).put(hours(), START + timedelta(days=3))
        pool, nowhere = [await opened.enter_async_context(open_pool(each, size=4)) for each in (dsn, NOWHERE)]
        api = await served_app(opened, pool, clickhouse.dsn)
        exports = await exporting(opened, dsn, clickhouse.dsn, tmp_path_factory.mktemp("s3"))
        proxies = {"cut": [b"", HEAD], "dead": repeat(HEAD), "live": [EVENT]}
        addresses = {
            "exports": exports,
            "cut exports": await opened.enter_async_context(cutting_proxy(exports, [b"", HEAD])),
            "api": api,
            "limited": await served_app(opened, pool, clickhouse.dsn, ANLYT_RATE_LIMIT="1"),
            "down": await served_app(opened, nowhere, clickhouse.dsn),
            **{name: await opened.enter_async_context(cutting_proxy(api, cuts)) for name, cuts in proxies.items()},
        }
        yield Served(addresses, *await api_answers(api))


async def exporting(opened: AsyncExitStack, dsn: str, clickhouse: str, folder: Path) -> str:
    """The URL of an API that writes exports."""
    s3 = await opened.enter_async_context(s3_server(folder))
    engines = Engines("nats://127.0.0.1:1", dsn, clickhouse, from_dsn(s3.dsn))
    return (await opened.enter_async_context(serving_exports(engines, PACE))).url


async def api_answers(url: str) -> tuple[Mapping[str, Any], str]:
    """What the API itself returns for the calls of the programs; and the query by code as CSV."""
    window = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-04T00:00:00Z"}
    reports = "/v1/internal/analytics"
    paths: Mapping[str, tuple[str, Mapping[str, str]]] = {
        "summary": (f"{reports}/summary", {"granularity": "daily"}),
        "operator": (f"{reports}/operators/op-1/performance", {}),
        "account": (f"{reports}/accounts/acc-1/usage", {}),
        "throughput": (f"{reports}/throughput", {"resolution": "1h", "operatorId": "op-1"}),
        "breakdown": (f"{reports}/delivery-breakdown", {}),
        "top": (f"{reports}/top-operators", {"limit": "2"}),
        "quality": ("/v1/insights/mno-quality", {"lane": "OTP"}),
        "cost": ("/v1/insights/cost-quality", {}),
    }
    by_code = {
        "dataset": "dlr",
        "measures": ["messages", "deliveryRate", "avgLatencyMs"],
        "dimensions": ["errorCode", "lane"],
        "time": {**window, "granularity": "day", "timezone": "Asia/Kabul"},
        "orderBy": [{"field": "time"}, {"field": "messages", "direction": "desc"}],
        "compareTo": "previousPeriod",
        "totals": True,
        "limit": 10_000,
    }
    money = {"dataset": "cdr", "measures": ["cost", "records"], "dimensions": ["currency"], "time": window}
    async with httpx.AsyncClient(base_url=url, headers={"X-Caller": "admin-dashboard"}) as client:
        answers = {
            name: (await client.get(path, params={**window, **more})).json() for name, (path, more) in paths.items()
        }
        csv = (await client.post("/v1/anlyt/query", json=by_code, headers={"Accept": "text/csv"})).text
        codes, costs = [(await client.post("/v1/anlyt/query", json=each)).json() for each in (by_code, money)]
        catalog = (await client.get("/v1/anlyt/catalog")).json()
    assert len(codes["data"]) > 50, "more than one page"
    rows = {"rows": codes["data"], "totals": codes["totals"], "meta": codes["meta"]["source"], "money": costs["data"]}
    return {**answers, **rows, "catalog": catalog}, csv


async def run(*command: str | Path, cwd: Path) -> str:
    """The stdout of a program. Raises AssertionError with its output if it fails."""
    pipe, environment = asyncio.subprocess.PIPE, environment_with_node()
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, stdout=pipe, stderr=pipe, env=environment)
    code, out, error = await complete(process)
    assert code == 0, f"{out}{error}"
    return out


FAILURES: Final[Mapping[str, tuple[str, int, Sequence[str]]]] = {
    "window": ("InvalidWindowError", 400, []),
    "query": ("InvalidQueryError", 400, ["$.time.last", "$.time.timezone"]),
    "nobody": ("UnauthenticatedError", 401, []),
    "forbidden": ("ForbiddenError", 403, []),
    "account": ("ForbiddenAccountError", 403, []),
    "unknown": ("NotFoundError", 404, []),
    "no API": ("NotFoundError", 404, []),
    "foreign": ("InvalidQueryError", 400, ["$.after"]),
    "tampered": ("InvalidQueryError", 400, ["$.after"]),
    "limited": ("RateLimitedError", 429, []),
    "down": ("DependencyUnavailableError", 503, []),
}


def check_failures(failures: Mapping[str, Any], second: int) -> None:
    """Checks the outcome of each failing call of a program. `second`: what a second is in its unit of time."""
    for name, (kind, status, paths) in FAILURES.items():
        found = failures[name]
        assert (found["class"], found["status"], found["paths"], found["hasId"]) == (kind, status, paths, True), name
    assert failures["limited"]["retryAfter"] == second
    assert failures["down"]["retryAfter"] == 2 * second
    assert failures["window"]["retryAfter"] is None
    assert failures["limited and repeated"] == {"answer": 4}
    assert failures["dead"]["class"] == "DisconnectedError"


def check_exports(exports: Mapping[str, Any], served: Served) -> None:
    """Checks an export of all rows, one that was requested over cut connections, and those that cannot be."""
    assert joined([each.encode() for each in exports["files"]]).decode() == served.csv
    count = len(served.answers["rows"])
    assert exports["rows"] == [count, count]
    assert exports["is same"]
    assert exports["listed"]  # the request over cut connections was sent three times, and is one export
    assert exports["formats"] == ["parquet", "csv"]
    assert exports["cancelled"] == "cancelled"
    assert exports["failed"]["class"] == "ExportFailedError"
    assert (exports["other query"]["class"], exports["other query"]["status"]) == ("InvalidQueryError", 400)
    assert (exports["without S3"]["class"], exports["without S3"]["status"]) == ("DependencyUnavailableError", 503)


def check_live(live: Mapping[str, Any], columns: Sequence[str]) -> None:
    """Checks two events by two connections, and the refusal of a caller without the right."""
    first, second = live["events"]
    assert first["time"] < second["time"]
    assert list(first) == list(columns)
    assert (live["refused"]["class"], live["refused"]["status"]) == ("ForbiddenError", 403)


def code_blocks(language: str, served: Served) -> list[str]:
    """The code of docs/clients.md in a language, for the address of the API."""
    page = (ROOT / "docs" / "clients.md").read_text()
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return [each.replace("http://127.0.0.1:3030", served.addresses["api"]) for each in blocks]


def argument(served: Served) -> str:
    """The argument of the programs."""
    return json.dumps(dict(served.addresses))
