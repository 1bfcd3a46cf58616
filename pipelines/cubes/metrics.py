"""The gauges of the cubes' lag, and of the newest event in facts and cubes."""

from pathlib import Path
from typing import Final

from infra.metrics import CUBE_FRESHNESS, DATA_AS_OF
from infra.sql import statement
from pipelines.cubes.cells import CELL_LENGTHS, DAYS_OF
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
FRESHNESS: Final = statement(SQL, "freshness")
NEWEST_EVENTS: Final = statement(SQL, "newest_events")


async def measure(stores: Stores) -> None:
    """Updates `anlyt_cube_freshness_seconds` and `anlyt_data_as_of_timestamp_seconds`.

    Raises one of clickhouse_errors.FAILURES if ClickHouse is unavailable.
    """
    client = await stores.clickhouse.client()
    ages: dict[str, float] = {row[0]: row[1] for row in (await client.query(FRESHNESS)).result_rows}
    for hours, days in DAYS_OF.items():
        ages[hours] = ages[days] = max(ages.get(hours, 0), ages.get(days, 0))
    for cube in CELL_LENGTHS:
        CUBE_FRESHNESS.labels(cube).set(max(ages.get(cube, 0), 0))
    for projection, newest in (await client.query(NEWEST_EVENTS)).result_rows:
        DATA_AS_OF.labels(projection).set(newest.timestamp())
