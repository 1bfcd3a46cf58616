"""`compareTo` joins each row with the row of the same groups and the same bucket index in the previous window."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.dsl.compile import compile_query
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from tests.graph.support import engine_rows, reference
from tests.graph.support.warehouse_facts import Fact, fill, record, report

pytestmark = pytest.mark.anyio

MEASURES = {"dlr": ["messages", "deliveryRate"], "cdr": ["records", "cost", "avgCost"]}
DAYS = [
    datetime.fromisoformat(f"{day}T12:00:00+00:00")
    for day in (
        *("2026-02-28", "2026-03-28", "2026-03-29", "2026-03-31", "2026-04-23", "2026-04-24", "2026-04-25"),
        *("2017-09-15", "2017-10-01"),
    )
]


@pytest.fixture(scope="module")
def some(seed: int) -> Mapping[str, Sequence[Fact]]:
    """Reports and records around the end of February, and around changes of clocks."""
    random = Random(seed)
    makers = {"dlr": report, "cdr": record}
    return {
        dataset: [
            {**make(random), "at": random.choice(DAYS) + timedelta(hours=random.uniform(-12, 12))} for _ in range(300)
        ]
        for dataset, make in makers.items()
    }


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine, some: Mapping[str, Sequence[Fact]]) -> None:
    await fill(clickhouse.dsn, some)


@pytest.fixture
async def client(clickhouse: Engine, filled: None) -> AsyncIterator[AsyncClient]:
    async with connect(clickhouse.dsn) as client:
        yield client


@pytest.mark.parametrize(
    ("compare", "zone", "now", "before", "granularity"),
    [
        ("previousPeriod", "Europe/Berlin", ("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-03-01"), "day"),
        ("previousPeriod", "Europe/Berlin", ("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-03-01"), "week"),
        ("previousPeriod", "Asia/Kabul", ("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-03-01"), "month"),
        ("previousPeriod", "Europe/Berlin", ("2026-03-29", "2026-03-30"), ("2026-03-28", "2026-03-29"), "hour"),
        ("previousPeriod", "UTC", ("2026-03-29", "2026-03-30"), ("2026-03-28", "2026-03-29"), "none"),
        (
            "previousPeriod",
            "UTC",
            ("2026-03-28T12:30", "2026-03-29T12:30"),
            ("2026-03-27T12:30", "2026-03-28T12:30"),
            "hour",
        ),
        ("sameElapsed", "Europe/Berlin", ("2026-03-01", "2026-03-31T12:00"), ("2026-02-01", "2026-03-01"), "day"),
        # Days that begin at 01:00, and are whole days: of Cairo, and the first of a month in Asunción.
        (
            "previousPeriod",
            "Africa/Cairo",
            ("2026-04-24T01:00", "2026-04-25"),
            ("2026-04-23", "2026-04-24T01:00"),
            "hour",
        ),
        ("previousPeriod", "Africa/Cairo", ("2026-04-25", "2026-04-26"), ("2026-04-24T01:00", "2026-04-25"), "day"),
        (
            "sameElapsed",
            "Africa/Cairo",
            ("2026-04-24T01:00", "2026-04-24T12:00"),
            ("2026-04-23", "2026-04-23T12:00"),
            "hour",
        ),
        (
            "sameElapsed",
            "Africa/Cairo",
            ("2026-04-25", "2026-04-25T12:00"),
            ("2026-04-24T01:00", "2026-04-24T12:00"),
            "none",
        ),
        (
            "previousPeriod",
            "America/Asuncion",
            ("2017-10-01T01:00", "2017-11-01"),
            ("2017-09-01", "2017-10-01T01:00"),
            "month",
        ),
        ("sameElapsed", "Asia/Kabul", ("2026-03-29", "2026-03-29T18:00"), ("2026-03-28", "2026-03-28T18:00"), "minute"),
    ],
)
@pytest.mark.parametrize(
    ("dataset", "dimensions"),
    [("dlr", []), ("dlr", ["status", "errorCode"]), ("cdr", ["accountId", "currency"])],
    ids=["whole", "grouped", "money"],
)
async def test_rows_are_joined_with_those_of_the_previous_window(
    client: AsyncClient,
    some: Mapping[str, Sequence[Fact]],
    compare: str,
    zone: str,
    now: tuple[str, str],
    before: tuple[str, str],
    granularity: str,
    dataset: str,
    dimensions: list[str],
) -> None:
    query: dict[str, Any] = {"dataset": dataset, "measures": MEASURES[dataset], "dimensions": dimensions}
    query |= {"compareTo": compare, "limit": 10_000}
    current, earlier = (
        query | {"time": {**window(zone, *edges), "granularity": granularity, "timezone": zone}}
        for edges in (now, before)
    )
    compiled = compile_query(parse(current), AllTenants(), None)
    assert compiled.previous_window is not None
    assert [edge.isoformat() for edge in compiled.previous_window] == [
        datetime.fromisoformat(earlier["time"][edge]).astimezone(compiled.window.to.tzinfo).isoformat()
        for edge in ("from", "to")
    ]
    actual = await engine_rows.printed_rows(client, compiled, compiled.rows)
    assert actual
    assert actual == expected(current, earlier, some[dataset])


def window(zone: str, from_: str, to: str) -> Mapping[str, str]:
    """The window between two local times of the zone."""
    start, end = (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).isoformat() for text in (from_, to))
    return {"from": start, "to": end}


def expected(
    current: Mapping[str, Any], earlier: Mapping[str, Any], some: Sequence[Fact]
) -> Sequence[Mapping[str, Any]]:
    """The rows, each with the measures of the bucket with the same index in the earlier window."""
    matching = dict(zip(buckets(current["time"]), buckets(earlier["time"]), strict=False))
    dimensions = current["dimensions"]

    def key(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return (row.get("time"), *(row[name] for name in dimensions))

    def measured(row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: row[name] for name in current["measures"]}

    previous = {key(row): measured(row) for row in reference.answer(earlier, some, None, None)}
    whole = {**earlier, "dimensions": [], "time": {**earlier["time"], "granularity": "none"}}
    nothing = measured(reference.answer(whole, (), None, None)[0])
    return [
        {**row, "previous": previous.get(key({**row, "time": matching.get(row.get("time"))}), nothing)}
        for row in reference.answer(current, some, None, None)
    ]


def buckets(time: Mapping[str, str]) -> Sequence[str | None]:
    """The starts of a window's buckets, in order."""
    if time["granularity"] == "none":
        return [None]
    start, end = (datetime.fromisoformat(time[edge]).astimezone(ZoneInfo("UTC")) for edge in ("from", "to"))
    step = timedelta(minutes=1 if time["granularity"] == "minute" else 30)
    zone = ZoneInfo(time["timezone"])
    times = (start + number * step for number in range((end - start) // step))
    return list(dict.fromkeys(reference.bucket(at, time["granularity"], zone) for at in times))
