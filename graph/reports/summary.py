"""The platform at a glance."""

from graph.identity import Scope, platform
from graph.reports.active import count_active
from graph.reports.answers import Summary
from graph.reports.figures import costs_by_currency, read_figures
from graph.reports.metrics import money
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.windows import Granularity, Window


async def summary(reader: Reader, scope: Scope, window: Window, granularity: Granularity) -> Summary:
    """Everything of the platform in a window; ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)
    known = completeness(reader.complete_until)
    async with reader.snapshot(window.slices) as snapshot:
        [(counts, amounts, p95, series, _)] = await read_figures(snapshot, [subject], window, granularity)
        active = await count_active(snapshot, window.slices)
    answer = Summary(
        window=window,
        total_messages=counts.messages,
        delivered_messages=counts.delivered,
        failed_messages=counts.failed,
        pending_messages=counts.pending,
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        delivery_rate=counts.delivery_rate,
        total_cost=money(counts.cost),
        costs_by_currency=costs_by_currency(reader.currency, counts, amounts),
        active_accounts=active,
        peak_tps=counts.peak_tps,
        avg_latency_ms=counts.average_latency,
        p95_latency_ms=p95,
        low_sample=counts.low_sample,
        data_as_of=snapshot.marks.data_as_of,
        series=series,
    )
    return judged(answer, known, granularity)
