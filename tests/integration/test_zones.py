"""ClickHouse writes and reads the same in any time zone of the server and the session as in UTC."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from tests.support.all_queries import answers, archived_stores
from tests.support.clock import wait_out_midnight
from tests.support.database import fresh_database

pytestmark = pytest.mark.anyio

# Zones of the server and of the user's profile: with half hours, with a clock change at midnight, west and east of UTC.
ELSEWHERE = [
    ("Asia/Kabul", {}),
    ("America/St_Johns", {}),
    ("UTC", {"session_timezone": "America/St_Johns"}),
    ("America/St_Johns", {"session_timezone": "Asia/Kabul"}),
]


async def answers_in_zone(
    folder: Path, postgres: Engine, seed: int, zone: str, profile: Mapping[str, str]
) -> Mapping[str, Any]:
    wait_out_midnight()
    async with (
        clickhouse_server(folder, settings={"timezone": zone}, profile=profile) as engine,
        fresh_database(postgres) as database,
        archived_stores(engine.dsn, database, seed) as stores,
    ):
        return await answers(stores, seed)


async def test_answers_are_those_of_an_engine_in_utc(template: Engine, tmp_path: Path, seed: int) -> None:
    in_utc = await answers_in_zone(tmp_path / "UTC", template, seed, "UTC", {})
    for number, (zone, profile) in enumerate(ELSEWHERE):
        actual = await answers_in_zone(tmp_path / str(number), template, seed, zone, profile)
        differing = {name: (in_utc[name], answer) for name, answer in actual.items() if answer != in_utc[name]}
        assert differing == {}, (zone, profile, list(differing))
