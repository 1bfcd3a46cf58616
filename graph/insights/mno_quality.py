"""How well each MNO carries messages: what a tenant prefers a route by."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from graph.insights.answers import MnoQuality, MnoQualityFigures
from graph.insights.queries import InsightQueries, time_of
from graph.reports.metrics import LOW_SAMPLES
from graph.reports.windows import Window
from schema.rounding import ratio

FEWEST: Final = 20  # terminal reports that figures are told of to who reads MNOs under pseudonyms
RATES: Final = ("deliveryRate", "errorRate", "esmeErrorRate", "p50LatencyMs", "p95LatencyMs")


class Traffic(NamedTuple):
    """Which messages count; None: all that the caller may see, which no choice widens."""

    lane: str | None = None
    direction: str | None = None
    tenant_id: str | None = None


async def mno_quality(queries: InsightQueries, window: Window, traffic: Traffic) -> MnoQuality:
    """InvalidWindowError and the errors of Queries.answer."""
    found = await queries.all_rows(mno_query(window, traffic))
    return MnoQuality(
        window=window,
        mnos=figures(found.rows, FEWEST if found.has_pseudonyms else 0),
        data_as_of=found.data_as_of,
        complete_until=found.complete_until,
    )


def mno_query(window: Window, traffic: Traffic) -> Mapping[str, object]:
    """The typed query behind the answer."""
    chosen = {"lane": traffic.lane, "direction": traffic.direction, "tenantId": traffic.tenant_id}
    conditions = [{"field": field, "op": "eq", "value": value} for field, value in chosen.items() if value is not None]
    return {
        "dataset": "dlr",
        "measures": ["messages", "delivered", "failed", *RATES],
        "dimensions": ["mno"],
        "time": time_of(window, "none"),
        "orderBy": [{"field": "mno"}],
        **({"filter": {"and": conditions}} if conditions else {}),
    }


def figures(rows: Sequence[Mapping[str, Any]], fewest: int) -> Sequence[MnoQualityFigures]:
    """Rows of `mno_query` by the name that the caller reads; suppressed with fewer than `fewest` terminal reports."""
    told = sum(row["messages"] for row in rows if _terminal(row) >= fewest)
    return [_figures(row, told, fewest) for row in sorted(rows, key=itemgetter("mno"))]


def _figures(row: Mapping[str, Any], told: int, fewest: int) -> MnoQualityFigures:
    terminal = _terminal(row)
    if terminal < fewest:
        return MnoQualityFigures(mno=row["mno"], suppressed=True, low_sample=True)
    return MnoQualityFigures(
        mno=row["mno"],
        messages=row["messages"],
        terminal=terminal,
        share=ratio(row["messages"], told),
        delivery_rate=row["deliveryRate"],
        error_rate=row["errorRate"],
        esme_error_rate=row["esmeErrorRate"],
        p50_latency_ms=row["p50LatencyMs"],
        p95_latency_ms=row["p95LatencyMs"],
        suppressed=False,
        low_sample=terminal < LOW_SAMPLES,
    )


def _terminal(row: Mapping[str, Any]) -> int:
    terminal: int = row["delivered"] + row["failed"]
    return terminal
