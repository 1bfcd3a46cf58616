"""What billing's table may look like: bad rows are findings, and a table of another form is one sentence."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from infra.embedded.engine import Engine
from pipelines import runs
from pipelines.reconciliation import metrics as divergence
from pipelines.stores import Stores, open_stores
from tests.support.pipelines import runs_of, stores_of
from tests.support.reconciliation import DAY, logged, put_hours, put_total, reconcile, shown

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stores(database: str) -> AsyncIterator[Stores]:
    async with stores_of(database) as opened:
        yield opened


@pytest.fixture
def today() -> date:
    return (datetime.now(UTC) - timedelta(hours=1)).date()


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
        await put_hours(stores, today - back * DAY, {"USD": [Decimal(100)], "EUR": [Decimal(5)]})
        await put_total(stores, today - back * DAY, "USD", Decimal(90 if back == 3 else 100))
        await put_total(stores, today - back * DAY, "EUR", Decimal(5))
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
    await put_total(stores, wrong, "USD", Decimal(100))
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
    await put_hours(stores, today - DAY, {"USD": [Decimal(2)]})
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
    await put_total(stores, today - DAY, "USD", Decimal(1))
    await stores.postgres.execute(f"alter table billing.daily_totals {statement}")
    with pytest.raises(runs.PipelineFailedError, match=re.escape(sentence)):
        await reconcile(stores)


async def test_columns_of_other_numeric_types_are_totals(stores: Stores, today: date) -> None:
    await put_hours(stores, today - DAY, {"USD": [Decimal("1.5")]})
    await put_total(stores, today - DAY, "USD", Decimal("1.5"))
    await stores.postgres.execute(
        "alter table billing.daily_totals alter day type timestamp, alter total_cost type float8, "
        "alter message_count type numeric"
    )
    assert await reconcile(stores) == ""
    assert [row["status"] for row in await logged(stores)] == ["OK"]


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


async def test_the_embedded_engine_has_the_table(postgres: Engine) -> None:
    connection = await asyncpg.connect(postgres.dsn)
    try:
        assert await connection.fetchval("select to_regclass('billing.daily_totals') is not null")
    finally:
        await connection.close()
