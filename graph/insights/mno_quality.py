"""How well each MNO carries messages: what a tenant prefers a route by."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from graph.insights.answers import MnoQuality, MnoQualityFigures
from graph.insights.asking import Asking, time_of
from graph.reports.metrics import FEW_SAMPLES, ratio
from graph.reports.windows import Window

FEWEST: Final = 20  # messages that figures are told of
RATES: Final = ("deliveryRate", "errorRate", "esmeErrorRate", "p50LatencyMs", "p95LatencyMs")


class Traffic(NamedTuple):
    """Which messages count; None: all that the caller may see, which no choice widens."""

    lane: str | None = None
    direction: str | None = None
    tenant_id: str | None = None


async def mno_quality(asking: Asking, window: Window, traffic: Traffic) -> MnoQuality:
    """InvalidWindowError and the errors of Queries.answer."""
    found = await asking.all_rows(mno_query(window, traffic))
    return MnoQuality(
        window=window,
        mnos=figures(found.rows),
        data_as_of=found.data_as_of,
        complete_until=found.complete_until,
    )


def mno_query(window: Window, traffic: Traffic) -> Mapping[str, object]:
    """The typed query behind the answer."""
    chosen = {"lane": traffic.lane, "direction": traffic.direction, "tenantId": traffic.tenant_id}
    conditions = [{"field": field, "op": "eq", "value": value} for field, value in chosen.items() if value is not None]
    return {
        "dataset": "dlr",
        "measures": ["delivered", "failed", *RATES],
        "dimensions": ["mno"],
        "time": time_of(window, "none"),
        "orderBy": [{"field": "mno"}],
        **({"filter": {"and": conditions}} if conditions else {}),
    }


def figures(rows: Sequence[Mapping[str, Any]]) -> Sequence[MnoQualityFigures]:
    """Rows of `mno_query`, suppressed where they are few, by the name that the caller reads."""
    counts = {row["mno"]: row["delivered"] + row["failed"] for row in rows}
    told = sum(count for count in counts.values() if count >= FEWEST)
    return [_figures(row, counts[row["mno"]], told) for row in sorted(rows, key=itemgetter("mno"))]


def _figures(row: Mapping[str, Any], messages: int, told: int) -> MnoQualityFigures:
    if messages < FEWEST:
        return MnoQualityFigures(mno=row["mno"], suppressed=True, low_sample=True)
    return MnoQualityFigures(
        mno=row["mno"],
        messages=messages,
        share=ratio(messages, told),
        delivery_rate=row["deliveryRate"],
        error_rate=row["errorRate"],
        esme_error_rate=row["esmeErrorRate"],
        p50_latency_ms=row["p50LatencyMs"],
        p95_latency_ms=row["p95LatencyMs"],
        suppressed=False,
        low_sample=messages < FEW_SAMPLES,
    )
