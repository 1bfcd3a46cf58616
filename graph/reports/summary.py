"""The platform at a glance."""

from functools import reduce
from operator import or_

from graph.identity import Scope, platform
from graph.reports.active import Active
from graph.reports.answers import Summary
from graph.reports.figures import costs_by_currency, figures
from graph.reports.metrics import money
from graph.reports.pieces import HourlyDay
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.reading import Question, Reading
from graph.reports.sources import HOURS, Want
from graph.reports.windows import Granularity, Window, series_length


async def summary(reader: Reader, scope: Scope, window: Window, granularity: Granularity) -> Summary:
    """Everything of the platform in a window; ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)
    hours, accounts = Want(HOURS, subject, window), Want(reader.accounts, subject, window)
    known = completeness(reader.complete_until)
    question = Question(
        ("summary", window, granularity),
        (hours, accounts),
        lambda reading: _summary(reader.currency, reading, hours, accounts, granularity),
        series_length(window, granularity),
    )
    (answer,) = await reader.answer(question)
    return judged(answer, known, granularity)


def _summary(
    currency: str, reading: Reading, hours: Want[HourlyDay], accounts: Want[Active], granularity: Granularity
) -> Summary:
    counts, amounts, p95, series = figures(reading.of(hours), granularity)
    return Summary(
        window=hours.window,
        total_messages=counts.messages,
        delivered_messages=counts.delivered,
        failed_messages=counts.failed,
        pending_messages=counts.pending,
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        delivery_rate=counts.delivery_rate,
        total_cost=money(counts.cost),
        costs_by_currency=costs_by_currency(currency, counts, amounts),
        active_accounts=reduce(or_, (day.during(piece) for piece, day in reading.of(accounts))).bit_count(),
        peak_tps=counts.peak_tps,
        avg_latency_ms=counts.average_latency,
        p95_latency_ms=p95,
        low_sample=counts.low_sample,
        data_as_of=reading.data_as_of,
        series=series,
    )
