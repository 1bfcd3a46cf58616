"""The dataset `cdr`: call detail records."""

from typing import Final

from schema.catalog.dimensions import ACCOUNT, CURRENCY, DIRECTION, LANE, MNO, OPERATOR, PREFIX, STATUS, TENANT
from schema.catalog.terms import CatalogTable, Dataset, Measure, aggregate, columns, part
from schema.expressions import NULL, ZERO, Column, Constant, Expression, call, equal, rounded_ratio
from schema.instants import DAY, HOUR

_DELIVERED: Final = equal(Column("status"), Constant("DELIVERED"))
_CURRENCY: Final = Column("currency")
# Money is null over several currencies, whatever a query groups by.
_ONE_CURRENCY: Final = equal(aggregate("min", _CURRENCY), aggregate("max", _CURRENCY))
_NO_CURRENCY: Final = {"one_currency": Constant(1)}  # the cost of no records is 0

FACTS: Final = CatalogTable(
    name="facts_cdr",
    time="event_time",
    cell=1,
    dimensions=columns(
        tenantId="tenant_id",
        accountId="account_id",
        operatorId="operator_id",
        mno="mno",
        lane="lane",
        direction="direction",
        status="status",
        destinationPrefix="destination_prefix",
        currency="currency",
    ),
    parts={
        "records": aggregate("count"),
        "delivered": aggregate("countIf", _DELIVERED),
        "segments": aggregate("sum", Column("segment_count")),
        "cost": call("reinterpretAsInt128", aggregate("sum", Column("charge_amount"))),
        "one_currency": _ONE_CURRENCY,
    },
    nothing=_NO_CURRENCY,
)
HOURLY: Final = CatalogTable(
    name="cube_cdr_hourly",
    time="hour",
    cell=HOUR,
    dimensions=columns(
        tenantId="tenant_id", mno="mno", lane="lane", direction="direction", status="status", currency="currency"
    ),
    parts={
        "records": aggregate("sum", Column("records")),
        "delivered": aggregate("sumIf", Column("records"), _DELIVERED),
        "segments": aggregate("sum", Column("segments")),
        "cost": call("reinterpretAsInt128", aggregate("sum", Column("cost"))),
        "one_currency": _ONE_CURRENCY,
    },
    nothing=_NO_CURRENCY,
)
DAILY: Final = CatalogTable(
    name="cube_cdr_daily", time="day", cell=DAY, dimensions=HOURLY.dimensions, parts=HOURLY.parts, nothing=_NO_CURRENCY
)


def _count(name: str, meaning: str) -> Measure:
    return Measure(name, "integer", name, meaning, part(name), nullable=False)


def _money(name: str, unit: str, amount: Expression, meaning: str, nothing: Constant | None = None) -> Measure:
    described = f"{meaning} Needs one currency: group by it, filter one, or have no other."
    formula = call("if", part("one_currency"), amount, NULL)
    return Measure(name, "money", unit, described, formula, nothing=nothing)


CDR: Final = Dataset(
    name="cdr",
    meaning="Call detail records, by the time of the call.",
    measures=(
        _count("records", "Call detail records, each counted once."),
        _count("segments", "Segments of their messages."),
        _money("cost", "currency", part("cost"), "What the records are charged at.", nothing=ZERO),
        _money(
            "avgCost",
            "currency/record",
            rounded_ratio(part("cost"), part("records")),
            "Cost over records; null if there is none.",
        ),
        _money(
            "costPerDelivered",
            "currency/delivered record",
            rounded_ratio(part("cost"), part("delivered")),
            "Cost of all records over delivered ones; null if there is none.",
        ),
    ),
    dimensions=(TENANT, ACCOUNT, OPERATOR, MNO, LANE, DIRECTION, STATUS, PREFIX, CURRENCY),
    tables=(DAILY, HOURLY, FACTS),
)
