"""The live throughput as a part of a page: GraphQL's stream, for administrators, with errors as pages say them."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from starlette.responses import StreamingResponse

from graph.access import AccountScope, PlatformScope, Scope
from graph.errors import ForbiddenError
from graph.gql.context import Sources
from graph.gql.streams import Streams
from graph.reports.reading.reader import Reader
from graph.web import live
from graph.web.form import Form
from graph.web.page import PageRequest
from infra.postgres import Pool
from tests.graph.support.store import Row, Store
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

ADMIN = PlatformScope("admin-dashboard", "admin")
NOBODY = cast("Any", None)  # stores that the stream does not read


@pytest.fixture
def sources(pool: Pool) -> Sources:
    reader = Reader(pool, "USD", NO_CLICKHOUSE, at_once=2)
    return Sources(reader, NOBODY, NOBODY, Streams(), asyncio.Event(), NOBODY)


async def events(sources: Sources, scope: Scope = ADMIN) -> AsyncIterator[tuple[str, Any]]:
    """The name and data of each event."""
    asked = PageRequest(sources, scope, {}, Form(), "request-1", datetime.now(UTC))
    response = await live.answer_live(asked)
    assert isinstance(response, StreamingResponse)
    async for part in response.body_iterator:
        name, data = bytes(cast("bytes", part)).decode().strip().split("\n")
        text = data.removeprefix("data:").strip()
        yield name.removeprefix("event: "), json.loads(text) if text else None


async def test_it_is_the_stream_of_graphql(sources: Sources, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY", 0.05)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    await store.put([Row(hour, "PLATFORM", "platform", messages=100, delivered=50)], hour)
    received = events(sources)
    name, first = await anext(received)
    assert name == "next"
    assert set(first["data"]["liveThroughput"]) >= {"time", "seconds", "messages", "delivered", "failed", "tps"}
    await store.put([Row(hour, "PLATFORM", "platform", messages=107, delivered=53)], hour)
    counted = 0
    while not counted:
        counted = (await anext(received))[1]["data"]["liveThroughput"]["messages"]
    assert counted == 7
    sources.closing.set()
    *_, last = [each async for each in received]
    assert last == ("next", {"errors": [{"message": "This server is stopping; subscribe again."}]})


async def test_only_administrators_may_follow_it(sources: Sources) -> None:
    with pytest.raises(ForbiddenError):
        await anext(events(sources, AccountScope("customer-portal", "t-1", "acc-1")))
