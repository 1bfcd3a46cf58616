"""A settled world for the cross-check, differences planted behind the product's back, and runs of the pipeline."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final

import msgspec

from functions import FACTS, METRICS
from infra.clickhouse import connect
from pipelines import runs
from pipelines.stores import Stores
from tests.prove.world import World
from tests.support.database import connected

PAUSE: Final = 1.0  # seconds
TIMES: Final = frozenset({"event_time", "hour", "day", "hour_bucket", "day_bucket"})
PATIENCE: Final = 120.0  # seconds until a planted difference is found


async def fill(world: World, random: Random, events: int = 40) -> None:
    """Sends events with copies, and runs all pipelines until everything is settled."""
    for stream, messages in world.producer.send(random, events).items():
        world.sent[stream].extend(messages)
        await world.platform.publish(stream, messages)
    await world.platform.drain(*METRICS, *FACTS)
    await settle(world)


async def settle(world: World) -> None:
    """Runs all pipelines that keep the stores equal."""
    await world.settle_copies()
    for name in ("cubes", "rollup", "archive", "rollup"):
        await runs.run(world.stores, name)


async def crosscheck(stores: Stores, **params: object) -> tuple[Mapping[str, int], str]:
    """Runs the pipeline once; returns its counts and its alarm."""
    given = {"pause": PAUSE, "seconds": 30, "questions": 60, **params}
    try:
        return await runs.run(stores, "crosscheck", {name: str(value) for name, value in given.items()}), ""
    except runs.PipelineAlarmError as alarm:
        return alarm.counts, str(alarm)


async def found(stores: Stores, law: str, day: date) -> Mapping[str, Any]:
    """Runs the pipeline until it logs an open difference of a law on a day; returns its row."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await crosscheck(stores, law=law, day=day, questions=1 if await suspicions(stores) else 40)
            if rows := await differences(stores, "closed_at is null"):
                return rows[0]
            await asyncio.sleep(PAUSE)


async def closed(stores: Stores) -> None:
    """Runs the pipeline until no suspicion is open."""
    async with asyncio.timeout(PATIENCE):
        while await suspicions(stores):
            await asyncio.sleep(PAUSE)
            await crosscheck(stores, questions=1)


async def differences(stores: Stores, where: str = "true") -> Sequence[Mapping[str, Any]]:
    rows = await stores.postgres.fetch(f"select * from anlyt.crosscheck_log where {where} order by difference_id")
    return [dict(row) for row in rows]


async def suspicions(stores: Stores) -> Sequence[Mapping[str, Any]]:
    rows = await stores.postgres.fetch("select * from anlyt.crosscheck_suspicions order by question")
    return [dict(row) for row in rows]


async def by_hand(stores: Stores, store: str, statement: str) -> Mapping[str, str | None]:
    """The values of a logged statement, run without parameters and with the engine's own settings."""
    if store == "postgres":
        async with connected(stores.engines.postgres) as connection:
            (record,) = await connection.fetch(statement)
            row: Mapping[str, Any] = dict(record)
    else:
        async with connect(stores.engines.clickhouse) as client:
            row = next(iter((await client.query(statement)).named_results()))
    return {name: None if value is None else str(value) for name, value in row.items()}


def values(logged: str) -> Mapping[str, str | None]:
    """The logged values of a statement."""
    return msgspec.json.decode(logged, type=dict[str, str | None])


@dataclass(frozen=True, slots=True)
class Plant:
    """One more in a column of one row of a table, chosen by `where`."""

    table: str
    column: str
    where: str = "true"
    keys: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


async def plant(stores: Stores, change: Plant, by: int = 1) -> date:
    """Changes the row without any trace that the product leaves: no mark, no version of a day. Returns its UTC day."""
    if change.table in ("metrics_hourly", "metrics_daily"):
        return await _plant_in_postgres(stores, change, by)
    return await _plant_in_clickhouse(stores, change, by)


async def _plant_in_postgres(stores: Stores, change: Plant, by: int) -> date:
    time = "hour_bucket" if change.table == "metrics_hourly" else "day_bucket"
    key = f"scope, scope_id, {time}"
    async with connected(stores.engines.postgres) as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")  # no triggers
        day: date = await connection.fetchval(
            f"update anlyt.{change.table} set {change.column} = {change.column} + $1 where ({key}) = "
            f"(select {key} from anlyt.{change.table} where {change.where} order by {key} limit 1) "
            f"returning ({time}::timestamptz at time zone 'UTC')::date",
            by,
        )
    return day


async def _plant_in_clickhouse(stores: Stores, change: Plant, by: int) -> date:
    key = ", ".join(change.keys)
    row = f"(select ({key}) from anlyt.{change.table} final where {change.where} order by {key} limit 1)"
    async with connect(stores.engines.clickhouse) as client:
        await client.command(
            f"alter table anlyt.{change.table} update {change.column} = {change.column} + {by} where ({key}) = {row}",
            settings={"mutations_sync": 2, "allow_nondeterministic_mutations": 1},
        )
        (time,) = TIMES & {*change.keys}
        planted = f"select toDate({time}, 'UTC') from anlyt.{change.table} where ({key}) = {row} limit 1"
        day: date = (await client.query(planted)).result_rows[0][0]
    return day
