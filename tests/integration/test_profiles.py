"""Settings of the ClickHouse user's profile change no answer, and nothing that is written."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from infra.clickhouse import connect
from infra.clickhouse_settings import PINNED
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.errors import AnlytError
from tests.graph.support.api import open_api
from tests.support.clock import let_pass
from tests.support.database import fresh_database
from tests.support.everything import NOW, Filled, RefusedError, answers, filled, open_query_client
from tests.support.warehouse import rows

pytestmark = pytest.mark.anyio

Profile = Mapping[str, str]

# What is pinned, all of a kind turned over at once.
PROFILES: Final[Mapping[str, Profile]] = {
    "nulls and types": {
        "aggregate_functions_null_for_empty": "1",
        "cast_keep_nullable": "1",
        "data_type_default_nullable": "1",
        "decimal_check_overflow": "0",
        "empty_result_for_aggregation_by_empty_set": "1",
        "enable_extended_results_for_datetime_functions": "1",
        "group_by_use_nulls": "1",
        "join_use_nulls": "1",
        "transform_null_in": "1",
    },
    "names": {
        "asterisk_include_alias_columns": "1",
        "asterisk_include_materialized_columns": "1",
        "asterisk_include_virtual_columns": "1",
        "describe_compact_output": "1",
        "describe_include_subcolumns": "1",
        "describe_include_virtual_columns": "1",
        "enable_positional_arguments": "0",
        "join_algorithm": "full_sorting_merge",
        "join_default_strictness": "ANY",
        "prefer_column_name_to_alias": "1",
        "union_default_mode": "DISTINCT",
    },
    "an old version's": {"compatibility": "25.3"},
    # Not pinned: another way to the same answer.
    "plans": {
        "allow_reorder_prewhere_conditions": "0",
        "do_not_merge_across_partitions_select_final": "1",
        "group_by_two_level_threshold": "1",
        "max_block_size": "100",
        "max_threads": "1",
        "optimize_aggregation_in_order": "1",
        "optimize_move_to_prewhere": "0",
        "optimize_read_in_order": "0",
        "query_plan_enable_optimizations": "0",
        "use_skip_indexes": "0",
    },
}

# Turned over once the stores are filled: merges and mutations run under the server's own profile, which no statement
# can pin, and whatever refuses a write refuses it with an error.
# Pinned without a test: the query cache, parallel replicas and parts of what is cancelled, which chDB does not have.
READING: Final[Mapping[str, Profile]] = {
    "limit": {"limit": "3"},
    "deleted rows": {"apply_deleted_mask": "0", "final": "1", "extremes": "1"},
    "filters": {"additional_result_filter": "0"},
    "demands": {"force_index_by_date": "1", "force_primary_key": "1", "force_optimize_projection": "1"},
}


COLUMNS: Final = ("tenant_id", "event_time", "event_key", "mno", "direction", "status", "latency_ms", "ver")
DELETED: Final = [("deleted", NOW, number, "AWCC", "MT", "DELIVERED", 5, 1) for number in range(10)]


class Turned(NamedTuple):
    """Stores that were filled without a profile, on an engine that can be started again under any."""

    engine: Engine
    filled: Filled
    profile: dict[str, str]

    async def turn(self, profile: Profile) -> None:
        await self.engine.stop()
        self.profile.clear()
        self.profile.update(profile)
        await self.engine.start()


@pytest.fixture(scope="module")
async def turned(template: Engine, tmp_path_factory: pytest.TempPathFactory, seed: int) -> AsyncIterator[Turned]:
    let_pass()
    async with (
        clickhouse_server(tmp_path_factory.mktemp("turned"), profile=(profile := dict[str, str]())) as engine,
        fresh_database(template) as database,
        filled(engine.dsn, database, seed) as stores,
    ):
        client = await stores.stores.clickhouse.client()
        await client.insert("facts_dlr", DELETED, column_names=COLUMNS)
        await client.command("delete from facts_dlr where tenant_id = 'deleted'")  # they stay in their part, masked
        yield Turned(engine, stores, profile)


@pytest.fixture(scope="module")
async def wanted(turned: Turned, seed: int) -> Mapping[str, Any]:
    """All answers of an engine without a profile."""
    await turned.turn({})
    return await answers(turned.filled, seed)


@pytest.mark.parametrize("name", PROFILES)
async def test_answers_are_those_of_the_defaults(
    template: Engine, tmp_path: Path, seed: int, turned: Turned, wanted: Mapping[str, Any], name: str
) -> None:
    let_pass()
    async with (
        clickhouse_server(tmp_path / "clickhouse", profile=PROFILES[name]) as engine,
        fresh_database(template) as database,
        filled(engine.dsn, database, seed) as stores,
    ):
        found = await answers(stores, seed)
        assert stores.archived_from == turned.filled.archived_from, "the day has ended"
    assert differing(found, wanted) == []


@pytest.mark.parametrize("name", READING)
async def test_answers_of_filled_stores_are_those_of_the_defaults(
    turned: Turned, seed: int, wanted: Mapping[str, Any], name: str
) -> None:
    await turned.turn(READING[name])
    assert differing(await answers(turned.filled, seed), wanted) == []


def differing(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(name, wanted[name], answer) for name, answer in found.items() if answer != wanted[name]]


# Overflow mode, and a limit that most statements meet.
@pytest.mark.parametrize(
    ("mode", "limit"),
    [
        ({"group_by_overflow_mode": "any"}, {"max_rows_to_group_by": "3"}),
        ({"read_overflow_mode": "break"}, {"max_rows_to_read": "3", "max_block_size": "1"}),
        ({"read_overflow_mode_leaf": "break"}, {"max_rows_to_read_leaf": "3", "max_block_size": "1"}),
        ({"result_overflow_mode": "break"}, {"max_result_rows": "3", "max_block_size": "1"}),
        ({"sort_overflow_mode": "break"}, {"max_rows_to_sort": "3", "max_block_size": "1"}),
    ],
    ids=lambda settings: next(iter(settings)),
)
async def test_at_a_limit_there_is_no_part_of_an_answer(
    turned: Turned, seed: int, wanted: Mapping[str, Any], mode: Profile, limit: Profile
) -> None:
    """The whole, where no limit is met or ours stands for the profile's; else an error."""
    await turned.turn({**mode, **limit})
    found: dict[str, Any] = {}
    async with open_api(turned.filled.stores.postgres, clickhouse=turned.filled.stores.clickhouse) as api:
        for name, ask in open_query_client(api, turned.filled, seed).items():
            with suppress(RefusedError, ClickHouseError, AnlytError):
                found[name] = await ask()
    assert differing(found, wanted) == []
    assert len(found) < len(wanted), "nothing has met the limit"


async def test_what_is_pinned_is_known_to_the_engine(clickhouse: Engine) -> None:
    """With its default, but for what ours differ from it in: the zone, and when an insert is answered."""
    known = dict(await rows(clickhouse.dsn, "select name, default from system.settings"))
    assert {name: value for name, value in PINNED.items() if known.get(name) != str(value)} == {
        "session_timezone": "UTC",
        "async_insert": 0,
    }
    async with connect(clickhouse.dsn) as client:
        names = ", ".join(f"toString(getSetting('{name}'))" for name in PINNED if name != "additional_table_filters")
        assert len((await client.query(f"select {names}")).result_rows[0]) == len(PINNED) - 1
