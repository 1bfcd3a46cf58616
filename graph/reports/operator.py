"""How operators carried their messages."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graph.errors import NotFoundError
from graph.identity import Scope, operator
from graph.reports.answers import OperatorPerformance
from graph.reports.figures import Wants, costs_by_currency, figure_spans, figures
from graph.reports.metrics import money
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.reading import Question, Reading
from graph.reports.sources import wanted
from graph.reports.windows import Granularity, Window, series_length
from infra.postgres import statement

_KNOWN: Final = statement(Path(__file__).parent / "sql", "operators_known")


async def operator_performance(
    reader: Reader, scope: Scope, operator_id: str, window: Window, granularity: Granularity
) -> OperatorPerformance:
    """One operator in a window; NotFoundError when nothing was ever counted for it, ForbiddenError."""
    (found,) = await operators_performance(reader, scope, [operator_id], window, granularity)
    if found is None:
        raise NotFoundError("Nothing is known of this operator.")
    return found


async def operators_performance(
    reader: Reader, scope: Scope, operator_ids: Sequence[str], window: Window, granularity: Granularity
) -> Sequence[OperatorPerformance | None]:
    """The same of several, read together, in the order given; None for an operator that is not known."""
    spans = figure_spans(window, granularity)
    questions = [
        _question(reader.currency, wanted(spans, operator(scope, operator_id)), window, granularity)
        for operator_id in operator_ids
    ]
    known = completeness(reader.complete_until)
    found = await reader.answer(*questions)
    silent = [operator_id for operator_id, (_, has_rows) in zip(operator_ids, found, strict=True) if not has_rows]
    heard_of = set(await reader.fetch_value(_KNOWN, silent)) if silent else set()
    return [
        judged(answer, known, granularity) if has_rows or answer.operator_id in heard_of else None
        for answer, has_rows in found
    ]


def _question(
    currency: str, wants: Wants, window: Window, granularity: Granularity
) -> Question[tuple[OperatorPerformance, bool]]:
    """The performance, and whether there are any rows in the window."""

    def build(reading: Reading) -> tuple[OperatorPerformance, bool]:
        return performance(currency, reading, window, wants, granularity)

    key = ("performance", wants[0].subject, window, granularity)
    return Question(key, wants, build, series_length(window, granularity))


def performance(
    currency: str, reading: Reading, window: Window, wants: Wants, granularity: Granularity
) -> tuple[OperatorPerformance, bool]:
    """What was read of an operator as an answer, and whether there are any rows in the window."""
    counts, amounts, p95, series, has_rows = figures(reading.days(*wants), granularity)
    answer = OperatorPerformance(
        operator_id=wants[0].subject.id,
        window=window,
        total_messages=counts.messages,
        delivered_messages=counts.delivered,
        failed_messages=counts.failed,
        pending_messages=counts.pending,
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        delivery_rate=counts.delivery_rate,
        error_rate=counts.error_rate,
        avg_latency_ms=counts.average_latency,
        p95_latency_ms=p95,
        low_sample=counts.low_sample,
        peak_tps=counts.peak_tps,
        total_cost=money(counts.cost),
        costs_by_currency=costs_by_currency(currency, counts, amounts),
        data_as_of=reading.data_as_of,
        series=series,
    )
    return answer, has_rows
