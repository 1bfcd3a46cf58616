"""Settings in the profile of the ClickHouse user change no answer and no write."""

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
from tests.support.all_queries import NOW, ArchivedStores, RefusedError, answers, archived_stores, queries
from tests.support.clock import wait_out_midnight
from tests.support.database import fresh_database
from tests.support.warehouse import rows

pytestmark = pytest.mark.anyio

Profile = Mapping[str, str]

# Pinned settings, with all of a kind changed together.
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
    # Not pinned, because they only change how the engine computes the same answer.
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

# Changed after the stores are filled, because merges and mutations run under the server's profile, which no statement
# can pin. A setting that refuses a write does so with an error.
# The query cache, parallel replicas and results of cancelled queries are pinned without a test: chDB has none.
READING: Final[Mapping[str, Profile]] = {
    "limit": {"limit": "3"},
    "deleted rows": {"apply_deleted_mask": "0", "final": "1", "extremes": "1"},
    "filters": {"additional_result_filter": "0"},
    "demands": {"force_index_by_date": "1", "force_primary_key": "1", "force_optimize_projection": "1"},
}


COLUMNS: Final = ("tenant_id", "event_time", "event_key", "mno", "direction", "status", "latency_ms", "ver")
DELETED: Final = [("deleted", NOW, number, "AWCC", "MT", "DELIVERED", 5, 1) for number in range(10)]


class RestartableStores(NamedTuple):
    """Stores filled without a profile, on an engine that can be restarted with any profile."""

    engine: Engine
    stores: ArchivedStores
    profile: dict[str, str]

    async def restart_with(self, profile: Profile) -> None:
        await self.engine.stop()
        self.profile.clear()
        self.profile.update(profile)
        await self.engine.start()


@pytest.fixture(scope="module")
async def restartable(
    template: Engine, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> AsyncIterator[RestartableStores]:
    wait_out_midnight()
    async with (
        clickhouse_server(tmp_path_factory.mktemp("restartable"), profile=(profile := dict[str, str]())) as engine,
        fresh_database(template) as database,
        archived_stores(engine.dsn, database, seed) as stores,
    ):
        client = await stores.stores.clickhouse.client()
        await client.insert("facts_dlr", DELETED, column_names=COLUMNS)
        await client.command("delete from facts_dlr where tenant_id = 'deleted'")  # the rows stay in their part, masked
        yield RestartableStores(engine, stores, profile)


@pytest.fixture(scope="module")
async def default_answers(restartable: RestartableStores, seed: int) -> Mapping[str, Any]:
    """All answers of the engine without a profile."""
    await restartable.restart_with({})
    return await answers(restartable.stores, seed)


@pytest.mark.parametrize("name", PROFILES)
async def test_answers_are_those_of_the_defaults(
    template: Engine,
    tmp_path: Path,
    seed: int,
    restartable: RestartableStores,
    default_answers: Mapping[str, Any],
    name: str,
) -> None:
    wait_out_midnight()
    async with (
        clickhouse_server(tmp_path / "clickhouse", profile=PROFILES[name]) as engine,
        fresh_database(template) as database,
        archived_stores(engine.dsn, database, seed) as stores,
    ):
        actual = await answers(stores, seed)
        assert stores.archived_from == restartable.stores.archived_from, "the day has ended"
    assert differing(actual, default_answers) == []


@pytest.mark.parametrize("name", READING)
async def test_answers_of_filled_stores_are_those_of_the_defaults(
    restartable: RestartableStores, seed: int, default_answers: Mapping[str, Any], name: str
) -> None:
    await restartable.restart_with(READING[name])
    assert differing(await answers(restartable.stores, seed), default_answers) == []


def differing(actual: Mapping[str, Any], default_answers: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(name, default_answers[name], answer) for name, answer in actual.items() if answer != default_answers[name]]


# An overflow mode, and a limit that most statements exceed.
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
async def test_a_limit_gives_no_partial_answer(
    restartable: RestartableStores, seed: int, default_answers: Mapping[str, Any], mode: Profile, limit: Profile
) -> None:
    """Each answer is complete or an error, also where our limit overrides the profile's."""
    await restartable.restart_with({**mode, **limit})
    actual: dict[str, Any] = {}
    async with open_api(restartable.stores.stores.postgres, clickhouse=restartable.stores.stores.clickhouse) as api:
        for name, ask in queries(api, restartable.stores, seed).items():
            with suppress(RefusedError, ClickHouseError, AnlytError):
                actual[name] = await ask()
    assert differing(actual, default_answers) == []
    assert len(actual) < len(default_answers), "nothing has met the limit"


async def test_the_engine_knows_the_pinned_settings(clickhouse: Engine) -> None:
    """All pins equal the engine's defaults, except the time zone and asynchronous inserts."""
    known = dict(await rows(clickhouse.dsn, "select name, default from system.settings"))
    assert {name: value for name, value in PINNED.items() if known.get(name) != str(value)} == {
        "session_timezone": "UTC",
        "async_insert": 0,
    }
    async with connect(clickhouse.dsn) as client:
        names = ", ".join(f"toString(getSetting('{name}'))" for name in PINNED if name != "additional_table_filters")
        assert len((await client.query(f"select {names}")).result_rows[0]) == len(PINNED) - 1
