"""A contested cell is settled only if it is as it was read."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from ingest.partitions import Partitions
from pipelines.copies.peaks import ContestedCell, ContestedHour, PeakRate, settle_cell
from pipelines.stores import Stores

pytestmark = pytest.mark.anyio

HOUR: Final = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
KEY: Final = "ACCOUNT", "a", HOUR
CONTEST: Final = "insert into anlyt.contested_peaks (scope, scope_id, hour_bucket) values ($1, $2, $3)"
COUNT: Final = """
insert into anlyt.metrics_hourly as m (scope, scope_id, hour_bucket, delivered_messages, peak_tps)
values ($1, $2, $3, 1, 9)
on conflict (scope, scope_id, hour_bucket) do update set delivered_messages = m.delivered_messages + 1
"""
VERSION: Final = "select xmin::text from anlyt.metrics_hourly"
RATES: Final = [PeakRate("o", "a", peak=5, events=1)]


async def _counted(stores: Stores) -> str:
    """Counts an event in the cell; returns the cell's version."""
    await stores.postgres.execute(COUNT, *KEY)
    version: str = await stores.postgres.fetchval(VERSION)
    return version


async def _settled(stores: Stores, version: str | None, events: int, rates: Sequence[PeakRate]) -> tuple[int, int]:
    """How many peaks were set, and the marks that are left."""
    cell = ContestedCell("ACCOUNT", "a", version, events)
    settled = await settle_cell(stores, ContestedHour(HOUR, [cell], stored=0), cell, rates)
    return settled, await stores.postgres.fetchval("select count(*) from anlyt.contested_peaks")


async def test_a_cell_that_changed_waits(stores: Stores) -> None:
    await Partitions(stores.postgres).ensure([HOUR.date()])
    await stores.postgres.execute(CONTEST, *KEY)
    before = await _counted(stores)
    assert await _settled(stores, before, 2, RATES) == (0, 1)  # a fact is missing
    now = await _counted(stores)
    assert await _settled(stores, before, 1, RATES) == (0, 1)
    assert await _settled(stores, now, 1, RATES) == (1, 0)
    assert await stores.postgres.fetchval("select peak_tps from anlyt.metrics_hourly") == 5


async def test_a_cell_that_was_gone_and_is_there_again_waits(stores: Stores) -> None:
    await Partitions(stores.postgres).ensure([HOUR.date()])
    await stores.postgres.execute(CONTEST, *KEY)
    await _counted(stores)
    assert await _settled(stores, None, 0, []) == (0, 1)
    await stores.postgres.execute("delete from anlyt.metrics_hourly")
    assert await _settled(stores, None, 0, []) == (1, 0)
