"""The bounded form of `make soak`, and errors that it has to find."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from infra.clickhouse import connect
from tests.soak.journal import Journal, open_journal
from tests.soak.plan import Plan
from tests.soak.soak import prepared
from tests.soak.truth import Truth
from tests.soak.verdict import stored_differences

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]  # processes start slowly on a busy machine

SHORT: Final = Plan(seed=0, seconds=15.0, rate=120.0, pause=2.0, faults=5, ack_wait=2.0)
ONE_WRONG: Final = (
    "update anlyt.metrics_hourly set segments = segments + 1 where (scope, scope_id, hour_bucket) = "
    "(select scope, scope_id, hour_bucket from anlyt.metrics_hourly order by hour_bucket desc limit 1)",
    "delete from anlyt.costs_daily where day_bucket = (select max(day_bucket) from anlyt.costs_daily)",
    "delete from anlyt.accounts where account_id = 'acc-1'",
)
A_CELL_LESS: Final = "alter table cube_cdr_hourly delete where hour = (select max(hour) from cube_cdr_hourly)"
A_FACT_LESS: Final = "alter table facts_dlr delete where event_key = (select max(event_key) from facts_dlr)"
FOUND: Final = ("hour (", "cost of day (", "account acc-1", "cube_cdr_hourly (", "facts_dlr (")


async def test_everything_is_exact_after_faults_under_load(tmp_path: Path, seed: int) -> None:
    async with prepared(tmp_path, replace(SHORT, seed=seed), print) as ready:
        report = await ready.run()
        assert list(report.differences) == []
        assert report.faults >= SHORT.faults

        clickhouse = ready.running.engines["clickhouse"].dsn
        for statement in ONE_WRONG:
            await ready.platform.pool.execute(statement)
        async with connect(clickhouse) as client:
            for statement in (A_CELL_LESS, A_FACT_LESS):
                await client.command(statement, settings={"mutations_sync": 2})
        (tmp_path / "again").mkdir()
        with open_journal(tmp_path / "again") as database:
            lines = await stored_differences(ready.platform, clickhouse, Journal(database), Truth())
        assert [each for each in FOUND if not any(line.startswith(each) for line in lines)] == []
