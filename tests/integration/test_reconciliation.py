"""Our totals compared with billing's (US-ANLYT-09) on PostgreSQL equal a brute-force comparison."""

import asyncio
import re
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
from infra.errors import UsageError
from infra.metrics import RECONCILIATION_DIVERGENCE
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.reconciliation import metrics as divergence
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
    """Stores the hours of a day as ingest does, with one cost per hour from the first hour on."""
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
    """Runs the pipeline; returns its alarm, or an empty text."""
    try:
        await runs.run(stores, "reconciliation", params)
    except runs.PipelineAlarmError as alarm:
        return str(alarm)
    return ""


def expected(ours: Decimal | None, theirs: Decimal | None) -> tuple[str, Fraction] | None:
    """The status and the exact divergence as the contract defines them; None without a row."""
    if theirs is None and not ours:
        return None
    difference = abs(Fraction(ours or 0) - Fraction(theirs or 0))
    ratio = difference / abs(Fraction(theirs)) if theirs else Fraction(int(bool(difference)))
    if ratio <= Fraction(1, 10_000):
        return "OK", ratio
    return "MISSING_OURS" if ours is None else "MISSING_THEIRS" if theirs is None else "DIVERGED", ratio


async def test_every_day_and_currency_equals_brute_force(stores: Stores, today: date, seed: int) -> None:
    random = Random(seed)
    totals: dict[tuple[date, str], tuple[Decimal | None, Decimal | None]] = {}
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
            totals[day, currency] = ours, None if theirs is None else theirs.quantize(LEAST)
    alarm = await reconcile(stores)
    rows = {(row["day"], row["currency"]): row for row in await logged(stores)}
    for key, (ours, theirs) in totals.items():
        verdict = expected(ours, theirs)
        if verdict is None:
            assert key not in rows
            continue
        status, ratio = verdict
        row = rows[key]
        assert (row["ours"], row["theirs"], row["status"]) == (ours, theirs, status)
        assert row["difference"] == (ours or 0) - (theirs or 0)
        assert 0 <= Fraction(row["divergence"]) - ratio < Fraction(1, 10**17)
    differing = [key for key, (ours, theirs) in totals.items() if (expected(ours, theirs) or ("OK",))[0] != "OK"]
    assert bool(alarm) == bool(differing)
    (run,) = await runs_of(stores, "reconciliation")
    assert (run["status"], {row["run_id"] for row in rows.values()}) == ("SUCCEEDED", {run["id"]})


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
    assert alarm == f"Our cost differs from billing's: {old} USD DIVERGED by 25 %; see anlyt.reconciliation_log."
    await divergence.measure(stores)
    assert shown() == {str(old): 0.25}
    await charge(stores, old, "USD", Decimal(100))
    assert await reconcile(stores, day=str(old)) == ""
    await divergence.measure(stores)
    assert shown() == {str(old): 0.0}
    await stores.postgres.execute("update anlyt.reconciliation_log set day = day - 30")
    await divergence.measure(stores)
    assert shown() == {}


@pytest.mark.parametrize("back", [AGAIN + 1, 40, REACH - 1])
async def test_a_day_is_compared_until_it_is_ok(stores: Stores, today: date, back: int) -> None:
    old = today - back * DAY
    await count(stores, old, {"USD": [Decimal(100)]})

    async def last_comparison() -> tuple[int, str]:
        rows = await logged(stores)
        return len(rows), rows[-1]["status"]

    assert "MISSING_THEIRS" in await reconcile(stores)
    assert "MISSING_THEIRS" in await reconcile(stores)
    await charge(stores, old, "USD", Decimal(80))
    assert "DIVERGED" in await reconcile(stores)
    await divergence.measure(stores)
    assert shown() == {str(old): 0.25}
    await charge(stores, old, "EUR", Decimal(1))
    assert await reconcile(stores) == (
        f"Our cost differs from billing's: {old} USD DIVERGED by 25 %, {old} EUR MISSING_OURS by 100 %; "
        "see anlyt.reconciliation_log."
    )
    await stores.postgres.execute("delete from billing.daily_totals where currency = 'EUR'")
    await charge(stores, old, "USD", Decimal(100))
    assert await reconcile(stores) == ""
    assert await last_comparison() == (7, "OK")
    await divergence.measure(stores)
    assert shown() == ({str(old): 0.0} if back <= divergence.SHOWN_DAYS else {})
    await charge(stores, old, "USD", Decimal(70))
    assert await reconcile(stores) == ""
    assert await last_comparison() == (7, "OK")  # a reconciled day is not compared again automatically


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("total_cost", "'NaN'", "total_cost is 'NaN'"),
        ("total_cost", "'Infinity'", "total_cost is 'Infinity'"),
        ("total_cost", "'-Infinity'", "total_cost is '-Infinity'"),
        ("total_cost", "null", "total_cost is null"),
        ("total_cost", "1e130000", f"total_cost is '1{'0' * 31}'"),
        ("total_cost", "1.0000001", "total_cost is '1.0000001'"),
        ("message_count", "null", "message_count is null"),
        ("message_count", str(2**63 - 1), f"message_count is '{2**63 - 1}'"),
    ],
)
async def test_a_row_that_is_no_total_is_a_finding_and_the_others_are_compared(
    stores: Stores, today: date, column: str, value: str, reason: str
) -> None:
    await stores.postgres.execute(
        "alter table billing.daily_totals alter total_cost type numeric, alter total_cost drop not null, "
        "alter message_count drop not null"
    )
    for back in (1, 2, 3):
        await count(stores, today - back * DAY, {"USD": [Decimal(100)], "EUR": [Decimal(5)]})
        await charge(stores, today - back * DAY, "USD", Decimal(90 if back == 3 else 100))
        await charge(stores, today - back * DAY, "EUR", Decimal(5))
    wrong = today - 2 * DAY
    await stores.postgres.execute(
        f"update billing.daily_totals set {column} = {value} where day = $1 and currency = 'USD'",
        wrong,
    )
    assert await reconcile(stores) == (
        f"Our cost differs from billing's: {wrong} USD INVALID ({reason}), {today - 3 * DAY} USD DIVERGED by 11.11 %; "
        "see anlyt.reconciliation_log."
    )
    rows = {(row["day"], row["currency"]): row for row in await logged(stores)}
    assert len(rows) == 6
    assert [row["status"] for row in rows.values()].count("OK") == 4
    row = rows[wrong, "USD"]
    assert (row["status"], row["reason"], row["ours"], row["theirs"]) == ("INVALID", reason, 100, None)
    assert (row["difference"], row["divergence"], row["their_messages"]) == (100, 1, None)
    await divergence.measure(stores)
    assert shown()[str(wrong)] == 1.0
    await charge(stores, wrong, "USD", Decimal(100))
    await stores.postgres.execute("update billing.daily_totals set message_count = 1")
    assert "INVALID" not in await reconcile(stores)


@pytest.mark.parametrize(
    ("currencies", "statuses"),
    [
        (["usd"], {"USD": "MISSING_THEIRS", "usd": "INVALID"}),
        (["US"], {"USD": "MISSING_THEIRS", "US": "INVALID"}),
        (["USD", "USD"], {"USD": "INVALID"}),
        ([None, None], {"USD": "MISSING_THEIRS", "": "INVALID"}),
        ([None, ""], {"USD": "MISSING_THEIRS", "": "INVALID"}),
        (["D" * 33, "D" * 34], {"USD": "MISSING_THEIRS", "D" * 32: "INVALID"}),
    ],
)
@pytest.mark.parametrize("kind", ["char(3)", "text"])
async def test_an_invalid_currency_and_a_duplicate_one(
    stores: Stores, today: date, currencies: Sequence[str | None], statuses: Mapping[str, str], kind: str
) -> None:
    await stores.postgres.execute(
        "alter table billing.daily_totals drop constraint daily_totals_pkey, alter currency drop not null, "
        f"alter currency type {'text' if len(currencies[0] or '') > 3 else kind}"
    )
    await count(stores, today - DAY, {"USD": [Decimal(2)]})
    for currency in currencies:
        await stores.postgres.execute("insert into billing.daily_totals values ($1, $2, 1, 1)", today - DAY, currency)
    assert "INVALID" in await reconcile(stores)
    assert {row["currency"]: row["status"] for row in await logged(stores)} == statuses


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("drop column message_count", "billing.daily_totals is not in the database of ANLYT_POSTGRES_DSN: column"),
        (
            "alter day type text using 'never'",
            "billing.daily_totals cannot be read: invalid input syntax for type date",
        ),
        ("alter day type int using 1", "billing.daily_totals cannot be read: cannot cast type integer to date"),
    ],
)
async def test_a_table_of_another_form_is_reported_in_one_sentence(
    stores: Stores, today: date, statement: str, sentence: str
) -> None:
    await charge(stores, today - DAY, "USD", Decimal(1))
    await stores.postgres.execute(f"alter table billing.daily_totals {statement}")
    with pytest.raises(runs.PipelineFailedError, match=re.escape(sentence)):
        await reconcile(stores)


async def test_columns_of_other_numeric_types_are_totals(stores: Stores, today: date) -> None:
    await count(stores, today - DAY, {"USD": [Decimal("1.5")]})
    await charge(stores, today - DAY, "USD", Decimal("1.5"))
    await stores.postgres.execute(
        "alter table billing.daily_totals alter day type timestamp, alter total_cost type float8, "
        "alter message_count type numeric"
    )
    assert await reconcile(stores) == ""
    assert [row["status"] for row in await logged(stores)] == ["OK"]


def shown() -> Mapping[str, float]:
    (family,) = RECONCILIATION_DIVERGENCE.collect()
    return {sample.labels["day"]: sample.value for sample in family.samples}


@pytest.mark.parametrize("back", [-1, 0, REACH + 1])
async def test_a_day_that_cannot_be_compared_is_refused(stores: Stores, back: int) -> None:
    day = datetime.now(UTC).date() - back * DAY
    with pytest.raises(runs.PipelineFailedError, match=r"day must be from .* to .* it has ended"):
        await reconcile(stores, day=str(day))
    with pytest.raises(UsageError, match="day must be a valid RFC3339 encoded date"):
        await reconcile(stores, day="yesterday")


async def test_empty_stores_and_a_table_that_is_not_there(stores: Stores, database: str) -> None:
    assert await reconcile(stores) == ""
    await stores.postgres.execute("drop table billing.daily_totals")
    with pytest.raises(runs.PipelineFailedError, match=r"billing\.daily_totals is not in the database"):
        await reconcile(stores)
    await stores.postgres.execute("drop schema billing")
    with pytest.raises(runs.PipelineFailedError, match=r"billing\.daily_totals is not in the database"):
        await reconcile(stores)
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


async def test_two_concurrent_runs_compare_once(stores: Stores, today: date) -> None:
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
