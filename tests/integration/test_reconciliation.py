"""Our totals against billing's (US-ANLYT-09): on PostgreSQL, against sums made one by one."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import asyncpg
import pytest

from infra.embedded.engine import Engine
from infra.metrics import PIPELINE_FAILURES, RECONCILIATION_DIVERGENCE
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.reconciliation import divergence
from pipelines.reconciliation.days import AGAIN, REACH
from pipelines.stores import Stores, open_stores
from tests.support.pipelines import runs_of, stores_of

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
LEAST = Decimal("0.000001")


@pytest.fixture
async def stores(database: str) -> AsyncIterator[Stores]:
    async with stores_of(database) as opened:
        yield opened


@pytest.fixture
def today() -> date:
    return (datetime.now(UTC) - timedelta(hours=1)).date()


async def count(stores: Stores, day: date, costs: Mapping[str, Sequence[Decimal]], messages: int = 1) -> None:
    """Hours of a day as ingest leaves them: the first cost in the first hour, and so on."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for start, ends in ((midnight.replace(day=1), (midnight.replace(day=1) + 32 * DAY).replace(day=1)),):
        for table in ("metrics_hourly", "costs_hourly"):
            await stores.postgres.execute("select anlyt.ensure_partition($1, $2, $3)", table, start, ends)
    for currency, hours in costs.items():
        for hour, cost in enumerate(hours):
            at = midnight + timedelta(hours=hour)
            for scope, scope_id in (("PLATFORM", "platform"), ("OPERATOR", "platform")):
                if currency == "USD":
                    await stores.postgres.execute(
                        "insert into anlyt.metrics_hourly (scope, scope_id, hour_bucket, total_messages, total_cost) "
                        "values ($1, $2, $3, $4, $5)",
                        *(scope, scope_id, at, messages, cost),
                    )
                else:
                    await stores.postgres.execute(
                        "insert into anlyt.costs_hourly (scope, scope_id, hour_bucket, currency, total_cost) "
                        "values ($1, $2, $3, $4, $5)",
                        *(scope, scope_id, at, currency, cost),
                    )


async def charge(stores: Stores, day: date, currency: str, cost: Decimal, messages: int = 1) -> None:
    await stores.postgres.execute(
        "insert into billing.daily_totals values ($1, $2, $3, $4) on conflict (day, currency) "
        "do update set total_cost = excluded.total_cost",
        *(day, currency, cost, messages),
    )


async def logged(stores: Stores) -> Sequence[Any]:
    rows: Sequence[Any] = await stores.postgres.fetch(
        "select * from anlyt.reconciliation_log order by run_id, day, currency"
    )
    return rows


async def reconcile(stores: Stores, **params: str) -> str:
    """The alarm, empty if there is none."""
    try:
        await runs.run(stores, "reconciliation", params)
    except runs.PipelineAlarmError as alarm:
        return str(alarm)
    return ""


def expected(ours: Decimal | None, theirs: Decimal | None) -> tuple[str, Fraction] | None:
    """Status and divergence by the contract, in exact fractions; None if there is nothing to tell."""
    if theirs is None and not ours:
        return None
    difference = abs(Fraction(ours or 0) - Fraction(theirs or 0))
    ratio = difference / abs(Fraction(theirs)) if theirs else Fraction(int(bool(difference)))
    if ratio <= Fraction(1, 10_000):
        return "OK", ratio
    return "MISSING_OURS" if ours is None else "MISSING_THEIRS" if theirs is None else "DIVERGED", ratio


async def test_every_day_and_currency_is_what_brute_force_says(stores: Stores, today: date, seed: int) -> None:
    random = Random(seed)
    wanted: dict[tuple[date, str], tuple[Decimal | None, Decimal | None]] = {}
    for back in random.sample(range(1, REACH), 25):
        day = today - back * DAY
        for currency in ("USD", "AFN"):
            hours = [Decimal(random.randrange(-(10**9), 10**11)) * LEAST for _ in range(random.randrange(4))]
            ours = sum(hours, Decimal(0)) if hours else None
            theirs = random.choice(
                [
                    ours,
                    None,
                    Decimal(random.randrange(1, 10**11)) * LEAST,
                    *([Decimal(0)] if random.random() < 0.3 else []),
                    *([ours * random.choice([Decimal("1.0002"), Decimal("0.99995")])] if ours else []),
                ]
            )
            await count(stores, day, {currency: hours})
            if theirs is not None:
                await charge(stores, day, currency, theirs.quantize(LEAST))
            wanted[day, currency] = ours, None if theirs is None else theirs.quantize(LEAST)
    alarm = await reconcile(stores)
    found = {(row["day"], row["currency"]): row for row in await logged(stores)}
    for key, (ours, theirs) in wanted.items():
        verdict = expected(ours, theirs)
        if verdict is None:
            assert key not in found
            continue
        status, ratio = verdict
        row = found[key]
        assert (row["ours"], row["theirs"], row["status"]) == (ours, theirs, status)
        assert row["difference"] == (ours or 0) - (theirs or 0)
        assert 0 <= Fraction(row["divergence"]) - ratio < Fraction(1, 10**17)
    differing = [key for key, (ours, theirs) in wanted.items() if (expected(ours, theirs) or ("OK",))[0] != "OK"]
    assert bool(alarm) == bool(differing)
    (run,) = await runs_of(stores, "reconciliation")
    assert (run["status"], {row["run_id"] for row in found.values()}) == ("SUCCEEDED", {run["id"]})


@pytest.mark.parametrize(
    ("theirs", "status"),
    [("9999.0001", "OK"), ("9999.000099", "DIVERGED"), ("10001.0001", "OK"), ("10001.000101", "DIVERGED")],
)
async def test_the_tolerance_is_a_hundredth_of_a_percent(stores: Stores, today: date, theirs: str, status: str) -> None:
    await count(stores, today - DAY, {"USD": [Decimal("9999.9"), Decimal("0.1")]})
    await charge(stores, today - DAY, "USD", Decimal(theirs))
    assert bool(await reconcile(stores)) == (status != "OK")
    (row,) = await logged(stores)
    assert row["status"] == status
    assert (row["divergence"] > Decimal("0.0001")) == (status != "OK")


async def test_only_closed_days_once_and_the_last_week_again(stores: Stores, today: date) -> None:
    for back in (0, 1, AGAIN, AGAIN + 1, REACH - 1):
        await count(stores, today - back * DAY, {"USD": [Decimal(1)], "EUR": [Decimal(2)]}, messages=3)
        for currency, cost in (("USD", 1), ("EUR", 2)):
            await charge(stores, today - back * DAY, currency, Decimal(cost), messages=back)
    assert await reconcile(stores) == ""
    first = await logged(stores)
    closed = [today - back * DAY for back in (REACH - 1, AGAIN + 1, AGAIN, 1)]
    assert [(row["day"], row["currency"]) for row in first] == [
        (day, each) for day in closed for each in ("EUR", "USD")
    ]
    assert {(row["our_messages"], row["their_messages"]) for row in first if row["day"] == today - DAY} == {(3, 2)}
    await count(stores, today - 2 * DAY, {"USD": [Decimal(7)]})
    assert "MISSING_THEIRS by 100 %" in await reconcile(stores)
    again = (await logged(stores))[len(first) :]
    assert {row["day"] for row in again} == {today - DAY, today - 2 * DAY, today - AGAIN * DAY}


async def test_one_day_again_and_the_metric_follows(stores: Stores, today: date) -> None:
    old = today - 20 * DAY
    await count(stores, old, {"USD": [Decimal(100)]})
    await charge(stores, old, "USD", Decimal(80))
    alarm = await reconcile(stores)
    assert alarm == f"We and billing differ: {old} USD DIVERGED by 25 %; see anlyt.reconciliation_log."
    await divergence.measure(stores)
    assert shown() == {str(old): 0.25}
    await charge(stores, old, "USD", Decimal(100))
    assert await reconcile(stores) == ""
    await divergence.measure(stores)
    assert shown() == {str(old): 0.25}  # not looked at again by itself
    assert await reconcile(stores, day=str(old)) == ""
    await divergence.measure(stores)
    assert shown() == {str(old): 0.0}
    await stores.postgres.execute("update anlyt.reconciliation_log set day = day - 30")
    await divergence.measure(stores)
    assert shown() == {}


def shown() -> Mapping[str, float]:
    (family,) = RECONCILIATION_DIVERGENCE.collect()
    return {sample.labels["day"]: sample.value for sample in family.samples}


@pytest.mark.parametrize("back", [-1, 0, REACH + 1])
async def test_a_day_that_cannot_be_compared_is_refused(stores: Stores, back: int) -> None:
    day = datetime.now(UTC).date() - back * DAY
    with pytest.raises(runs.PipelineFailedError, match=r"day must be from .* to .* it has ended"):
        await reconcile(stores, day=str(day))
    with pytest.raises(runs.UsageError, match="day must be a valid RFC3339 encoded date"):
        await reconcile(stores, day="yesterday")


async def test_empty_stores_and_a_table_that_is_not_there(stores: Stores, database: str) -> None:
    assert await reconcile(stores) == ""
    await stores.postgres.execute("drop table billing.daily_totals")
    failures = PIPELINE_FAILURES.labels("reconciliation")._value.get()
    with pytest.raises(runs.PipelineFailedError, match=r"billing\.daily_totals is not in the database"):
        await reconcile(stores)
    await stores.postgres.execute("drop schema billing")
    with pytest.raises(runs.PipelineFailedError, match=r"billing\.daily_totals is not in the database"):
        await reconcile(stores)
    assert PIPELINE_FAILURES.labels("reconciliation")._value.get() == failures + 2
    assert [run["status"] for run in await runs_of(stores, "reconciliation")] == ["SUCCEEDED", "FAILED", "FAILED"]


async def test_a_user_without_the_right_to_read(stores: Stores, database: str) -> None:
    await stores.postgres.execute(
        "drop role if exists clerk; create role clerk login; grant usage on schema anlyt to clerk; "
        "grant select, insert, update on all tables in schema anlyt to clerk"
    )
    engines = replace(stores.engines, postgres=database.replace("//anlyt@", "//clerk@"))
    async with open_stores(engines) as limited:
        with pytest.raises(runs.PipelineFailedError, match="may not be read by the user of ANLYT_POSTGRES_DSN"):
            await reconcile(limited)
    await stores.postgres.execute("drop owned by clerk; drop role clerk")


async def test_two_at_once_are_one(stores: Stores, today: date) -> None:
    await count(stores, today - DAY, {"USD": [Decimal(1)]})
    await charge(stores, today - DAY, "USD", Decimal(1))
    outcomes = await asyncio.gather(*(reconcile(stores) for _ in range(4)), return_exceptions=True)
    assert all(outcome == "" or isinstance(outcome, PipelineBusyError) for outcome in outcomes)
    rows = await logged(stores)
    assert len(rows) == len({row["run_id"] for row in rows}) == outcomes.count("")


async def test_the_embedded_engine_has_the_table(postgres: Engine) -> None:
    connection = await asyncpg.connect(postgres.dsn)
    try:
        assert await connection.fetchval("select to_regclass('billing.daily_totals') is not null")
    finally:
        await connection.close()
