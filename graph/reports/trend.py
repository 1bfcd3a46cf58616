"""The long view: days or months of the platform, an operator or an account, wherever their rows are kept."""

from collections.abc import Iterator
from itertools import chain, groupby

from graph.identity import Scope
from graph.reports import latency
from graph.reports.answers import Point
from graph.reports.figures import Day, Wants, costs_by_currency, figure_spans, figures
from graph.reports.metrics import money, total
from graph.reports.pieces import P95, make_point
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.reading import Question, Reading
from graph.reports.sources import wanted
from graph.reports.throughput import subject_of
from graph.reports.trend_answer import Trend, TrendGranularity
from graph.reports.windows import Slice, Window, day_date, day_number, day_start


async def trend(
    reader: Reader,
    scope: Scope,
    window: Window,
    granularity: TrendGranularity,
    operator_id: str | None = None,
    account_id: str | None = None,
) -> Trend:
    """InvalidQueryError for operator and account at once; ForbiddenError, ForbiddenAccountError."""
    subject = subject_of(scope, operator_id, account_id)
    wants = wanted(figure_spans(window, "daily"), subject)
    known = completeness(reader.complete_until)
    question = Question(
        ("trend", subject, window, granularity),
        wants,
        lambda reading: _trend(reader.currency, reading, window, wants, granularity),
        len(window.slices),
    )
    (answer,) = await reader.answer(question)
    return judged(answer, known)


def _trend(currency: str, reading: Reading, window: Window, wants: Wants, granularity: TrendGranularity) -> Trend:
    counts, amounts, p95, series, _ = figures(reading.days(*wants), "daily")
    return Trend(
        window=window,
        granularity=granularity,
        total_messages=counts.messages,
        delivered_messages=counts.delivered,
        failed_messages=counts.failed,
        pending_messages=counts.pending,
        delivery_rate=counts.delivery_rate,
        error_rate=counts.error_rate,
        total_cost=money(counts.cost),
        costs_by_currency=costs_by_currency(currency, counts, amounts),
        peak_tps=counts.peak_tps,
        avg_latency_ms=counts.average_latency,
        p95_latency_ms=p95,
        low_sample=counts.low_sample,
        data_as_of=reading.data_as_of,
        series=series if granularity == "daily" else list(_months(reading, wants)),
    )


def _months(reading: Reading, wants: Wants) -> Iterator[Point]:
    """A point a UTC month, of the days that the window has of it."""
    days: Iterator[tuple[Slice, Day]] = chain.from_iterable(reading.of(want) for want in wants)
    for first, group in groupby(days, key=lambda item: day_date(item[0].day).replace(day=1)):
        sums = [day.part(piece).sum for piece, day in group]
        samples = latency.merge([each.samples for each in sums])
        counts = total(each.counts for each in sums)
        yield make_point(day_start(day_number(first)), counts, latency.percentile(samples, P95))
