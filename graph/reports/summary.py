"""The platform at a glance."""

from collections.abc import Sequence

from graph.identity import Scope, platform
from graph.reports.active import Active, count_active
from graph.reports.answers import Summary
from graph.reports.figures import Wants, costs_by_currency, figure_spans, figures
from graph.reports.metrics import money
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.reading import Question, Reading
from graph.reports.rolled import parts
from graph.reports.sources import Want, wanted
from graph.reports.windows import Granularity, Window, series_length


async def summary(reader: Reader, scope: Scope, window: Window, granularity: Granularity) -> Summary:
    """Everything of the platform in a window; ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)
    wants = wanted(figure_spans(window, granularity), subject)
    accounts = wanted(parts(reader.accounts.hourly, reader.accounts.daily, window), subject)
    known = completeness(reader.complete_until)
    question = Question(
        ("summary", window, granularity),
        (*wants, *accounts),
        lambda reading: _summary(reader.currency, reading, window, wants, accounts, granularity),
        series_length(window, granularity),
    )
    (answer,) = await reader.answer(question)
    return judged(answer, known, granularity)


def _summary(
    currency: str,
    reading: Reading,
    window: Window,
    wants: Wants,
    accounts: Sequence[Want[Active]],
    granularity: Granularity,
) -> Summary:
    counts, amounts, p95, series, _ = figures(reading.days(*wants), granularity)
    return Summary(
        window=window,
        total_messages=counts.messages,
        delivered_messages=counts.delivered,
        failed_messages=counts.failed,
        pending_messages=counts.pending,
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        delivery_rate=counts.delivery_rate,
        total_cost=money(counts.cost),
        costs_by_currency=costs_by_currency(currency, counts, amounts),
        active_accounts=count_active(reading.days(*accounts)),
        peak_tps=counts.peak_tps,
        avg_latency_ms=counts.average_latency,
        p95_latency_ms=p95,
        low_sample=counts.low_sample,
        data_as_of=reading.data_as_of,
        series=series,
    )
