"""Live throughput over a real server: for administrators, limited in number, and ended when clients leave."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from graph.app import create_app
from graph.errors import RateLimitedError
from graph.gql.streams import MAX_OPEN, MAX_PER_CALLER, Streams
from graph.http.server import serving
from graph.reports.live import RecentCounts, counted_between
from graph.reports.metrics import Counts
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, portal
from tests.graph.support.store import Row, Store
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

LIVE = "subscription { liveThroughput(every: 1) { time seconds messages delivered failed tps dataAsOf } }"
EVENTS = {"Accept": "text/event-stream"}
NOW = datetime(2026, 10, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
async def closing() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def client(pool: Pool, closing: asyncio.Event) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(read_settings({}), pool, {}, clickhouse=NO_CLICKHOUSE, development=False, closing=closing)
    async with serving(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url, timeout=30) as opened:
        yield opened


@asynccontextmanager
async def stream(client: httpx.AsyncClient, query: str = LIVE) -> AsyncIterator[httpx.Response]:
    headers = {**ADMIN, **EVENTS}
    async with client.stream("POST", "/graphql", json={"query": query}, headers=headers) as response:
        yield response


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """The name and data of each event, as it arrives."""
    name = ""
    async for line in response.aiter_lines():
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            yield name, json.loads(value) if value.strip() else None


async def test_new_counts_become_events(client: httpx.AsyncClient, store: Store, closing: asyncio.Event) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    await store.put([Row(hour, "PLATFORM", "platform", messages=100, delivered=50)], hour)
    async with stream(client) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        received = events(response)
        _, first = await anext(received)
        assert first["data"]["liveThroughput"]["messages"] == 0
        await store.put([Row(hour, "PLATFORM", "platform", messages=107, delivered=53, failed=2)], hour)
        found = {"messages": 0}
        while not found["messages"]:
            name, event = await anext(received)
            assert (name, set(event)) == ("next", {"data"})
            found = event["data"]["liveThroughput"]
        assert (found["messages"], found["delivered"], found["failed"]) == (7, 3, 2)
        assert found["tps"] == pytest.approx(7 / found["seconds"], abs=0.0001)
        closing.set()
        *_, (name, last) = [event async for event in received]
        assert (name, last["errors"][0]["extensions"]["code"]) == ("next", "DEPENDENCY_UNAVAILABLE")


async def test_streams_are_limited_per_caller_and_freed_when_they_end(client: httpx.AsyncClient, store: Store) -> None:
    async with AsyncExitStack() as opened:
        received = [events(await opened.enter_async_context(stream(client))) for _ in range(MAX_PER_CALLER)]
        for each in received:
            assert (await anext(each))[0] == "next"
        async with stream(client) as refused:
            answers = events(refused)
            _, answer = await anext(answers)
            assert answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
            assert (await anext(answers))[0] == "complete"
    while True:
        async with stream(client) as response:
            _, answer = await anext(events(response))
            if "errors" not in answer:
                break


@pytest.mark.parametrize(
    ("caller", "headers", "query", "code"),
    [
        (ADMIN, {}, LIVE, "INVALID_QUERY"),
        (ADMIN, EVENTS, LIVE.replace("1", "0"), "INVALID_QUERY"),
        (ADMIN, EVENTS, LIVE.replace("1", "31"), "INVALID_QUERY"),
        (ADMIN, EVENTS, "subscription { nothing }", "INVALID_QUERY"),
        (ADMIN, EVENTS, f"{LIVE[:-1]} b: liveThroughput {{ tps }} }}", "INVALID_QUERY"),
        (portal("a"), EVENTS, LIVE, "FORBIDDEN"),
        ({}, EVENTS, LIVE, "UNAUTHENTICATED"),
    ],
)
async def test_other_callers_may_not_subscribe(
    client: httpx.AsyncClient, caller: Mapping[str, str], headers: Mapping[str, str], query: str, code: str
) -> None:
    response = await client.post("/graphql", json={"query": query}, headers={**caller, **headers})
    text = response.text.split("data: ", 1)[-1].split("\n\n")[0]
    (error,) = json.loads(text)["errors"]
    assert error["extensions"]["code"] == code


async def test_a_query_is_one_event_for_a_client_that_accepts_only_events(client: httpx.AsyncClient) -> None:
    async with stream(client, "{ __typename }") as response:
        (first, answer), end = [event async for event in events(response)]
    assert (first, answer["data"], end) == ("next", {"__typename": "Query"}, ("complete", None))


def counts(seconds: int, **hours: int) -> RecentCounts:
    """The messages of hours; h11=5: five messages in the hour from 11:00."""
    counts = {int(name[1:]): Counts(messages=messages, delivered=messages // 2) for name, messages in hours.items()}
    return RecentCounts(NOW + timedelta(seconds=seconds), counts, NOW, None)


def test_hours_may_appear_and_leave_between_reads() -> None:
    found = counted_between(counts(0, h10=100, h11=50), counts(4, h11=52, h12=6))
    assert (found.messages, found.delivered, found.seconds, found.tps) == (8, 4, 4.0, 2.0)
    assert counted_between(counts(0, h11=50), counts(2, h11=47)).tps == -1.5  # refunds
    assert counted_between(counts(0, h11=5), counts(0, h11=5)).messages == 0


def test_streams_are_limited_over_all_callers() -> None:
    streams = Streams()
    opened = [streams.slot(f"caller-{number}") for number in range(MAX_OPEN)]
    for each in opened:
        each.__enter__()
    with pytest.raises(RateLimitedError), streams.slot("another"):
        pass
    opened[0].__exit__(None, None, None)
    with streams.slot("another"):
        pass
