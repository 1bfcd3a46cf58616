"""The dataset `dlr`: delivery reports."""

import math
from typing import Final

from schema.catalog.dimensions import (
    ACCOUNT,
    DIRECTION,
    ERROR_CODE,
    LANE,
    MNO,
    OPERATOR,
    PREFIX,
    STATUS,
    TENANT,
)
from schema.catalog.terms import CatalogTable, Dataset, Measure, aggregate, columns, part
from schema.cubes import QUANTILES
from schema.expressions import NULL, ZERO, Call, Column, Constant, Expression, call, equal, one_of, plus, rounded_ratio
from schema.instants import DAY, HOUR

FAILED: Final = ("FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED")
DIGEST: Final = "t-digest"
NO_LATENCIES: Final = {"latencies": call("array", *(Constant(math.nan) for _ in QUANTILES))}

_STATUS: Final = Column("status")
_DELIVERED: Final = equal(_STATUS, Constant("DELIVERED"))
_FAILED: Final = one_of(_STATUS, FAILED)
_PENDING: Final = equal(_STATUS, Constant("PENDING"))
_TERMINAL: Final = call("notEquals", _STATUS, Constant("PENDING"))
_TERMINAL_REPORTS: Final = plus(part("delivered"), part("failed"))

FACTS: Final = CatalogTable(
    name="facts_dlr",
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
        errorCode="error_code",
        destinationPrefix="destination_prefix",
    ),
    parts={
        "messages": aggregate("count"),
        "delivered": aggregate("countIf", _DELIVERED),
        "failed": aggregate("countIf", _FAILED),
        "pending": aggregate("countIf", _PENDING),
        "esme_errors": aggregate("countIf", call("and", _TERMINAL, call("isNotNull", Column("error_code")))),
        "latency_sum": aggregate("sumIf", Column("latency_ms"), _TERMINAL),
        "max_tps": aggregate("max", Column("tps_snapshot")),
        "latencies": aggregate("quantilesTDigestIf", Column("latency_ms"), _TERMINAL, parameters=QUANTILES),
    },
    nothing=NO_LATENCIES,
)
HOURLY: Final = CatalogTable(
    name="cube_dlr_hourly",
    time="hour",
    cell=HOUR,
    dimensions=columns(tenantId="tenant_id", mno="mno", lane="lane", direction="direction", status="status"),
    parts={
        "messages": aggregate("sum", Column("messages")),
        "delivered": aggregate("sumIf", Column("messages"), _DELIVERED),
        "failed": aggregate("sumIf", Column("messages"), _FAILED),
        "pending": aggregate("sumIf", Column("messages"), _PENDING),
        "esme_errors": aggregate("sum", Column("esme_errors")),
        "latency_sum": aggregate("sum", Column("latency_sum")),
        "max_tps": aggregate("max", Column("max_tps")),
        "latencies": aggregate("quantilesTDigestMerge", Column("latency_digest"), parameters=QUANTILES),
    },
    nothing=NO_LATENCIES,
)
DAILY: Final = CatalogTable(
    name="cube_dlr_daily",
    time="day",
    cell=DAY,
    dimensions=HOURLY.dimensions,
    parts={name: each for name, each in HOURLY.parts.items() if name != "latencies"},
)


def _count(name: str, meaning: str) -> Measure:
    return Measure(name, "integer", "delivery reports", meaning, part(name), nullable=False)


def _rate(name: str, numerator: Expression, meaning: str) -> Measure:
    return Measure(name, "rate", "ratio", meaning, rounded_ratio(numerator, _TERMINAL_REPORTS, 10_000))


def _percentile(number: int, meaning: str) -> Measure:
    """The measure of a quantile; `number` counts QUANTILES from 1.

    accurateCastOrNull, because the quantile of an empty digest is NaN, which has no integer.
    """
    latency = call("arrayElement", part("latencies"), Constant(number))
    rounded = Call("accurateCastOrNull", (call("floor", plus(latency, Constant(0.5))), Constant("Int64")))
    name = f"p{round(QUANTILES[number - 1] * 100)}LatencyMs"
    return Measure(name, "integer", "ms", meaning, rounded, approximate=DIGEST)


DLR: Final = Dataset(
    name="dlr",
    meaning="Delivery reports of operators, by the time at which they were received.",
    measures=(
        _count("messages", "Delivery reports, each counted once."),
        _count("delivered", "Reports of status `DELIVERED`."),
        _count("failed", f"Reports of status {', '.join(f'`{status}`' for status in FAILED)}."),
        _count("pending", "Reports of status `PENDING`; all others are terminal."),
        _rate("deliveryRate", part("delivered"), "Delivered over terminal reports; null if there is none."),
        _rate("errorRate", part("failed"), "Failed over terminal reports; null if there is none."),
        _rate("esmeErrorRate", part("esme_errors"), "Terminal reports with an error code over all terminal ones."),
        Measure(
            "avgLatencyMs",
            "integer",
            "ms",
            "Mean latency of terminal reports, rounded half up; null if there is none.",
            rounded_ratio(part("latency_sum"), _TERMINAL_REPORTS),
        ),
        _percentile(1, "Median latency of terminal reports."),
        _percentile(2, "Latency that 95 % of terminal reports do not exceed."),
        _percentile(3, "Latency that 99 % of terminal reports do not exceed."),
        Measure(
            "maxTps",
            "integer",
            "messages/s",
            "Highest rate that a report's snapshot of its connection showed; null without reports.",
            call("if", equal(part("messages"), ZERO), NULL, part("max_tps")),
        ),
    ),
    dimensions=(TENANT, ACCOUNT, OPERATOR, MNO, LANE, DIRECTION, STATUS, ERROR_CODE, PREFIX),
    tables=(DAILY, HOURLY, FACTS),
)
