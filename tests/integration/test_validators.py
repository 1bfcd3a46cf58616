"""Validators of reports and pages: what differs has another tag, whatever events, rollups and the archive do."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random

import httpx
import pytest

from graph.web.kept import KeptPages
from infra.clickhouse import open_clickhouse
from infra.postgres import Connection
from infra.settings import read_settings
from ingest.partitions import Partitions
from pipelines import runs
from pipelines.stores import Stores
from tests.graph.support.api import ADMIN, Api, open_api
from tests.graph.support.pages import HTML
from tests.graph.support.store import DAY, HOUR, Row, Store, iso
from tests.graph.support.validators import Ask, SeenAnswers
from tests.support.database import connected

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
MONTH = (NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=130)).replace(day=1)
SUBJECTS = (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("OPERATOR", "op-2"), ("ACCOUNT", "acc-1"))
DAYS = 4
ROUNDS = 20
GRAPHQL = """query Both($from: DateTime!, $to: DateTime!) {
  summary(from: $from, to: $to) { window { from to } totalMessages totalCost dataAsOf series { time totalMessages } }
  topOperators(from: $from, to: $to) { operators { operatorId totalMessages } }
}"""
OPERATION = sha256(GRAPHQL.encode()).hexdigest()


class Progress:
    """Up to when the streams are counted, as the service reads it from NATS."""

    def __init__(self) -> None:
        self.until: datetime | None = None

    def __call__(self) -> Mapping[str, datetime | None]:
        return {"metrics": self.until}


async def test_the_same_tag_means_the_same_answer(
    seed: int, tmp_path: Path, database: str, stores: Stores, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeptPages, "get", lambda *_: None)  # each page is rendered anew
    random, progress = Random(seed), Progress()
    await Partitions(stores.postgres).ensure([MONTH.date()])
    operations = tmp_path / "operations.json"
    operations.write_text(json.dumps({OPERATION: GRAPHQL}))
    settings = read_settings({"ANLYT_REPORT_TIMEOUT": "60", "ANLYT_PERSISTED_OPERATIONS": str(operations)})
    async with (
        connected(database) as connection,
        open_clickhouse(warehouse, statement_timeout=30) as clickhouse,
        open_api(stores.postgres, clickhouse=clickhouse, settings=settings, progress=progress) as api,
    ):
        await fill(connection, Random(1))
        seen = [SeenAnswers(ask) for ask in requests(api)]
        for _ in range(ROUNDS):
            await change(random, connection, stores, progress)
            for each in random.sample(seen, 5):
                await each.check()
        for until in (MONTH + DAY, MONTH + 2 * DAY):  # points become complete, although no row changes
            progress.until = until
            for each in seen:
                await each.check()
                assert await each.check()  # nothing has changed
        assert sum(each.not_modified for each in seen) > len(seen)
        assert max(len(each.by_tag) for each in seen) > 2


def requests(api: Api) -> list[Ask]:
    """Requests of all reports and of pages, on windows that are changed and beside them."""
    windows = [(5 * HOUR, 3 * DAY + 7 * HOUR), (DAY, 2 * DAY), (-9 * DAY, -3 * DAY)]
    paths = ["summary?granularity=daily", "summary", "operators/op-1/performance", "accounts/acc-1/usage"]
    paths += ["throughput?resolution=1h", "delivery-breakdown", "top-operators"]
    found: list[Ask] = []
    for start, end in windows:
        window = {"from": iso(MONTH + start), "to": iso(MONTH + end)}
        found += [partial(report, api, path, window) for path in paths]
        variables = {"documentId": OPERATION, "variables": json.dumps(window)}
        found.append(partial(graphql, api, variables))
        found += [partial(page, api, path, window) for path in ("/dashboard", "/accounts/acc-1")]
    return found


async def report(api: Api, path: str, window: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
    url = httpx.URL(f"/v1/internal/analytics/{path}").copy_merge_params(window)
    return await api.client.get(url, headers={**ADMIN, **headers})


async def page(api: Api, path: str, window: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
    return await api.client.get(path, params=window, headers={**ADMIN, **HTML, **headers})


async def graphql(api: Api, variables: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
    return await api.client.get("/graphql", params=variables, headers={**ADMIN, **headers})


async def change(random: Random, connection: Connection, stores: Stores, progress: Progress) -> None:
    """One of the things that happen to a service; some change no answer."""
    match random.randrange(8):
        case 0 | 1 | 2:
            hour = MONTH + random.randrange(DAYS * 24) * HOUR
            await Store(connection).put(
                [Row(hour, *random.choice(SUBJECTS), messages=random.randrange(9))], newest(random)
            )
        case 3:
            await Store(connection).put([Row(MONTH + 20 * DAY, *SUBJECTS[0], messages=1)], newest(random))
        case 4:
            progress.until = random.choice([None, MONTH + random.randrange(DAYS * 48) * HOUR / 2])
        case 5 | 6:
            await runs.run(stores, "rollup")
        case _:
            await runs.run(stores, "archive")


def newest(random: Random) -> datetime:
    return MONTH + random.randrange(27 * 24) * HOUR


async def fill(connection: Connection, random: Random) -> None:
    rows = [
        Row(MONTH + day * DAY + 6 * HOUR, *subject, messages=random.randrange(9))
        for day in range(DAYS)
        for subject in SUBJECTS
    ]
    await Store(connection).put(rows, MONTH + DAY)


async def test_an_answer_of_settled_days_is_fresh_for_an_hour(database: str, stores: Stores) -> None:
    day = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - 20 * DAY
    window = {"from_": iso(day), "to": iso(day + DAY)}

    async def cache_control(api: Api) -> str:
        return (await api.get("summary", **window)).headers["cache-control"]

    revalidate, fresh = "private, max-age=0, must-revalidate", "private, max-age=3600, must-revalidate"
    async with connected(database) as connection, open_api(stores.postgres) as api:
        await Partitions(stores.postgres).ensure([day.date()])
        await Store(connection).put([Row(day, *SUBJECTS[0], messages=1)], day)
        assert await cache_control(api) == revalidate
        await compare(connection, 1, day, "USD", "OK")
        assert await cache_control(api) == fresh
        await compare(connection, 2, day, "AFN", "DIVERGED")
        assert await cache_control(api) == revalidate
        await compare(connection, 3, day, "AFN", "OK")
        assert await cache_control(api) == fresh
        window["to"] = iso(day + 2 * DAY)  # a day that was not compared
        assert await cache_control(api) == revalidate
        window["to"] = iso(day + DAY)
        await Store(connection).put([Row(day, *SUBJECTS[0], messages=1)], day)  # a late event
        assert await cache_control(api) == revalidate
        recent = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - 3 * DAY
        await compare(connection, 4, recent, "USD", "OK")
        window |= {"from_": iso(recent), "to": iso(recent + DAY)}
        assert await cache_control(api) == revalidate


async def compare(connection: Connection, run: int, day: datetime, currency: str, status: str) -> None:
    await connection.execute(
        "insert into anlyt.reconciliation_log (run_id, day, currency, difference, divergence, status)"
        " values ($1, $2, $3, 0, 0, $4)",
        run,
        day.date(),
        currency,
        status,
    )
