"""What the callers ask about: facts of 90 days, a year of records for finance, and hourly rows of accounts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench import reports, traffic
from bench.crowd.scale import Scale
from bench.cubes import CHUNK
from bench.progress import say
from bench.stores import Stores
from infra.clickhouse import connect
from infra.s3 import from_dsn

RECORDS: Final = (Path(__file__).parents[1] / "sql" / "fill_facts_cdr.sql").read_text()
YEAR: Final = 365
MARK: Final = """
insert into dirty (cube, tenant_id, hour)
select distinct 'cube_cdr_hourly', tenant_id, toStartOfHour(event_time) from facts_cdr
"""


async def fill(engines: Stores, scale: Scale) -> None:
    """Fills all of it, with cubes and daily rows. Records are of one hour per day."""
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rows = await reports.fill(engines, newest, reports.Scale(scale.days, scale.accounts, 0, 0))
    await engines.run_pipelines("rollup")
    say(f"{rows:,} hourly rows are filled and rolled up")
    async with connect(engines.clickhouse.url, statement_timeout=traffic.FILLING) as client:
        for number in range(YEAR):
            hour = traffic.today() - timedelta(days=number, hours=12)
            await client.command(RECORDS, parameters={"rows": scale.records // YEAR, "hour": hour})
        await client.command(MARK)
    await engines.run_pipelines("cubes", params=CHUNK)
    say("a year of call detail records is filled")
    await traffic.fill(engines, traffic.today(), scale.facts, scale.seed)


def settings(dsn: str) -> Mapping[str, str]:
    """The settings of S3, to which exports are written."""
    s3 = from_dsn(dsn)
    return {
        "ANLYT_S3_ENDPOINT": s3.endpoint,
        "ANLYT_S3_BUCKET": s3.bucket,
        "ANLYT_S3_ACCESS_KEY": str(s3.access_key),
        "ANLYT_S3_SECRET_KEY": str(s3.secret_key),
    }
