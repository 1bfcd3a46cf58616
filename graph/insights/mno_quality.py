"""Computes the quality of each MNO, by which tenants choose routes."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from graph.insights.answers import MnoQuality, MnoQualityFigures
from graph.insights.queries import InsightQueries, query_time
from graph.reports.metrics import LOW_SAMPLES
from graph.reports.windows import Window
from schema.rounding import ratio

FEWEST: Final = 20  # terminal reports below which readers of pseudonyms get no figures
RATES: Final = ("deliveryRate", "errorRate", "esmeErrorRate", "p50LatencyMs", "p95LatencyMs")


class Traffic(NamedTuple):
    """A filter of messages; None: no filter. It only narrows the caller's scope."""

    lane: str | None = None
    direction: str | None = None
    tenant_id: str | None = None


async def mno_quality(queries: InsightQueries, window: Window, traffic: Traffic) -> MnoQuality:
    """Returns the quality of each MNO. Raises InvalidWindowError and the errors of Queries.answer."""
    result = await queries.all_rows(mno_query(window, traffic))
    return MnoQuality(
        window=window,
        mnos=figures(result.rows, FEWEST if result.has_pseudonyms else 0),
        data_as_of=result.data_as_of,
        complete_until=result.complete_until,
    )


def mno_query(window: Window, traffic: Traffic) -> Mapping[str, object]:
    """Returns the typed query."""
    chosen = {"lane": traffic.lane, "direction": traffic.direction, "tenantId": traffic.tenant_id}
    conditions = [{"field": field, "op": "eq", "value": value} for field, value in chosen.items() if value is not None]
    return {
        "dataset": "dlr",
        "measures": ["messages", "delivered", "failed", *RATES],
        "dimensions": ["mno"],
        "time": query_time(window, "none"),
        "orderBy": [{"field": "mno"}],
        **({"filter": {"and": conditions}} if conditions else {}),
    }


def figures(rows: Sequence[Mapping[str, Any]], fewest: int) -> Sequence[MnoQualityFigures]:
    """Converts rows of `mno_query` to figures, sorted by the names that the caller reads.

    Suppresses figures of fewer than `fewest` terminal reports.
    """
    total = sum(row["messages"] for row in rows if _terminal(row) >= fewest)
    return [_figures(row, total, fewest) for row in sorted(rows, key=itemgetter("mno"))]


def _figures(row: Mapping[str, Any], total: int, fewest: int) -> MnoQualityFigures:
    terminal = _terminal(row)
    if terminal < fewest:
        return MnoQualityFigures(mno=row["mno"], suppressed=True, low_sample=True)
    return MnoQualityFigures(
        mno=row["mno"],
        messages=row["messages"],
        terminal=terminal,
        share=ratio(row["messages"], total),
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
