from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.reports.freshness import earliest
from infra.postgres import Pool
from tests.graph.support.api import ADMIN, open_api, portal
from tests.graph.support.store import HOUR, Row, Store

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
QUERY = "{ freshness { dataAsOf completeUntil projections { projection dataAsOf completeUntil lagSeconds } } }"


def test_complete_until_is_the_earliest_of_all_projections_if_all_are_known() -> None:
    assert earliest(lambda: {"a": NOW, "b": NOW - HOUR}) == NOW - HOUR
    assert earliest(lambda: {"a": NOW, "b": None}) is None
    assert earliest(dict) is None


async def test_each_projection_has_its_event_time(pool: Pool, store: Store) -> None:
    async with open_api(pool, progress=lambda: {"billing_metrics": NOW - HOUR, "delivery_metrics": None}) as api:
        empty: Any = (await api.fields(QUERY))["freshness"]
        assert (empty["dataAsOf"], empty["completeUntil"]) == (None, None)
        await store.put([Row(datetime(2026, 10, 1, tzinfo=UTC), "PLATFORM", "platform", messages=1)], NOW - 2 * HOUR)
        for caller in (ADMIN, portal("a")):
            found: Any = (await api.fields(QUERY, caller))["freshness"]
            billing, delivery = found["projections"]
            assert datetime.fromisoformat(found["dataAsOf"]) == datetime.fromisoformat(billing["dataAsOf"])
            assert datetime.fromisoformat(billing["completeUntil"]) == NOW - HOUR
            assert timedelta(seconds=billing["lagSeconds"]) >= HOUR
            expected = {"projection": "delivery_metrics", "dataAsOf": None, "completeUntil": None, "lagSeconds": None}
            assert delivery == expected
