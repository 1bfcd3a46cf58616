"""Our totals compared with billing's (US-ANLYT-09) on PostgreSQL equal a brute-force comparison."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from infra.errors import UsageError
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.reconciliation import metrics as divergence
from pipelines.reconciliation.days import AGAIN, REACH
from pipelines.stores import Stores
from tests.support.pipelines import runs_of, stores_of
from tests.support.reconciliation import DAY, logged, put_hours, put_total, reconcile, shown

pytestmark = pytest.mark.anyio

LEAST = Decimal("0.000001")


@pytest.fixture
async def stores(database: str) -> AsyncIterator[Stores]:
    async with stores_of(database) as opened:
        yield opened


@pytest.fixture
def today() -> date:
    return (datetime.now(UTC) - timedelta(hours=1)).date()


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
            await put_hours(stores, day, {currency: hours})
            if theirs is not None:
                await put_total(stores, day, currency, theirs.quantize(LEAST))
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
    await put_hours(stores, today - DAY, {"USD": [Decimal("9999.9"), Decimal("0.1")]})
    await put_total(stores, today - DAY, "USD", Decimal(theirs))
    assert bool(await reconcile(stores)) == (status != "OK")
    (row,) = await logged(stores)
    assert row["status"] == status
    assert (row["divergence"] > Decimal("0.0001")) == (status != "OK")


async def test_only_closed_days_once_and_the_last_week_again(stores: Stores, today: date) -> None:
    for back in (0, 1, AGAIN, AGAIN + 1, REACH - 1):
        await put_hours(stores, today - back * DAY, {"USD": [Decimal(1)], "EUR": [Decimal(2)]}, messages=3)
        for currency, cost in (("USD", 1), ("EUR", 2)):
            await put_total(stores, today - back * DAY, currency, Decimal(cost), messages=back)
    assert await reconcile(stores) == ""
    first = await logged(stores)
    closed = [today - back * DAY for back in (REACH - 1, AGAIN + 1, AGAIN, 1)]
    assert [(row["day"], row["currency"]) for row in first] == [
        (day, each) for day in closed for each in ("EUR", "USD")
    ]
    assert {(row["our_messages"], row["their_messages"]) for row in first if row["day"] == today - DAY} == {(3, 2)}
    await put_hours(stores, today - 2 * DAY, {"USD": [Decimal(7)]})
    assert "MISSING_THEIRS by 100 %" in await reconcile(stores)
    again = (await logged(stores))[len(first) :]
    assert {row["day"] for row in again} == {today - DAY, today - 2 * DAY, today - AGAIN * DAY}


async def test_one_day_again_and_the_metric_follows(stores: Stores, today: date) -> None:
    old = today - 20 * DAY
    await put_hours(stores, old, {"USD": [Decimal(100)]})
    await put_total(stores, old, "USD", Decimal(80))
    alarm = await reconcile(stores)
    assert alarm == f"Our cost differs from billing's: {old} USD DIVERGED by 25 %; see anlyt.reconciliation_log."
    await divergence.measure(stores)
    assert shown() == {str(old): 0.25}
    await put_total(stores, old, "USD", Decimal(100))
    assert await reconcile(stores, day=str(old)) == ""
    await divergence.measure(stores)
    assert shown() == {str(old): 0.0}
    await stores.postgres.execute("update anlyt.reconciliation_log set day = day - 30")
    await divergence.measure(stores)
    assert shown() == {}


@pytest.mark.parametrize("back", [AGAIN + 1, 40, REACH - 1])
async def test_a_day_is_compared_until_it_is_ok(stores: Stores, today: date, back: int) -> None:
    old = today - back * DAY
    await put_hours(stores, old, {"USD": [Decimal(100)]})

    async def last_comparison() -> tuple[int, str]:
        rows = await logged(stores)
        return len(rows), rows[-1]["status"]

    assert "MISSING_THEIRS" in await reconcile(stores)
    assert "MISSING_THEIRS" in await reconcile(stores)
    await put_total(stores, old, "USD", Decimal(80))
    assert "DIVERGED" in await reconcile(stores)
    await divergence.measure(stores)
    assert shown() == {str(old): 0.25}
    await put_total(stores, old, "EUR", Decimal(1))
    assert await reconcile(stores) == (
        f"Our cost differs from billing's: {old} USD DIVERGED by 25 %, {old} EUR MISSING_OURS by 100 %; "
        "see anlyt.reconciliation_log."
    )
    await stores.postgres.execute("delete from billing.daily_totals where currency = 'EUR'")
    await put_total(stores, old, "USD", Decimal(100))
    assert await reconcile(stores) == ""
    assert await last_comparison() == (7, "OK")
    await divergence.measure(stores)
    assert shown() == ({str(old): 0.0} if back <= divergence.SHOWN_DAYS else {})
    await put_total(stores, old, "USD", Decimal(70))
    assert await reconcile(stores) == ""
    assert await last_comparison() == (7, "OK")  # a reconciled day is not compared again automatically


@pytest.mark.parametrize("back", [-1, 0, REACH + 1])
async def test_a_day_that_cannot_be_compared_is_refused(stores: Stores, back: int) -> None:
    day = datetime.now(UTC).date() - back * DAY
    with pytest.raises(runs.PipelineFailedError, match=r"day must be from .* to .* it has ended"):
        await reconcile(stores, day=str(day))
    with pytest.raises(UsageError, match="day must be a valid RFC3339 encoded date"):
        await reconcile(stores, day="yesterday")


async def test_two_concurrent_runs_compare_once(stores: Stores, today: date) -> None:
    await put_hours(stores, today - DAY, {"USD": [Decimal(1)]})
    await put_total(stores, today - DAY, "USD", Decimal(1))
    outcomes = await asyncio.gather(*(reconcile(stores) for _ in range(4)), return_exceptions=True)
    assert all(outcome == "" or isinstance(outcome, PipelineBusyError) for outcome in outcomes)
    rows = await logged(stores)
    assert len(rows) == len({row["run_id"] for row in rows}) == outcomes.count("")
