"""The stores of a reconciliation: our hours, billing's totals, and the findings."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from infra.metrics import RECONCILIATION_DIVERGENCE
from pipelines import runs
from pipelines.stores import Stores

DAY = timedelta(days=1)


async def put_hours(stores: Stores, day: date, costs: Mapping[str, Sequence[Decimal]], messages: int = 1) -> None:
    """Stores the hours of a day as ingest does, with one cost per hour from the first hour on."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    month = midnight.replace(day=1)
    for table in ("metrics_hourly", "costs_hourly"):
        next_month = (month + 32 * DAY).replace(day=1)
        await stores.postgres.execute("select anlyt.ensure_partition($1, $2, $3)", table, month, next_month)
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


async def put_total(stores: Stores, day: date, currency: str, cost: Decimal, messages: int = 1) -> None:
    """Stores billing's total of a day, or its new cost."""
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


def shown() -> Mapping[str, float]:
    """The divergences of the metric, by day."""
    (family,) = RECONCILIATION_DIVERGENCE.collect()
    return {sample.labels["day"]: sample.value for sample in family.samples}
