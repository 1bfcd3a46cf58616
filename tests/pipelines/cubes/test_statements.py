"""The statements of every cube are the templates, filled from the declaration."""

import re

import pytest

from pipelines.cubes.cells import CELL_LENGTHS, HOURS_OF
from pipelines.cubes.statements import COMPUTE, NEWEST_EVENT

DAYS = """insert into anlyt.cube_dlr_daily
select * replace (%(version)s - 1 as ver, 1 as is_deleted) from anlyt.cube_dlr_daily final
where (tenant_id, day) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\\'UTC\\')))')
union all
select
    tenant_id,
    toStartOfDay(hour, 'UTC') as day,
    mno, lane, direction, status,
    sum(source.messages) as messages,
    sum(source.latency_count) as latency_count,
    sum(source.latency_sum) as latency_sum,
    sum(source.esme_errors) as esme_errors,
    max(source.max_tps) as max_tps,
    %(version)s as ver,
    0 as is_deleted
from anlyt.cube_dlr_hourly as source final
where (tenant_id, toStartOfDay(hour, 'UTC')) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\\'UTC\\')))')
    and hour >= toDateTime(%(first)s, 'UTC') and hour < toDateTime(%(end)s, 'UTC')
group by tenant_id, day, mno, lane, direction, status
"""


def test_days_are_computed_from_hours() -> None:
    assert re.sub(r"--[^\n]*\n", "", COMPUTE["cube_dlr_daily"][0]) == DAYS


def test_each_cube_has_its_own() -> None:
    assert {*COMPUTE} == {*CELL_LENGTHS}
    assert {*NEWEST_EVENT} == {*CELL_LENGTHS} - {*HOURS_OF}


@pytest.mark.parametrize("cube", list(COMPUTE))
def test_nothing_is_left_to_fill(cube: str) -> None:
    texts = [sql for name, each in COMPUTE.items() if name == cube for sql in each]
    assert all("{" not in sql and f"anlyt.{cube} final" in sql for sql in texts)
