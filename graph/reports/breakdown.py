"""What became of the messages, on the platform and by operator."""

from collections.abc import Mapping, Sequence

from graph.identity import Scope, platform
from graph.reports.answers import ByStatus, DeliveryBreakdown, OperatorShare
from graph.reports.metrics import Counts, total
from graph.reports.pieces import CountedDay
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.reading import Question, Reading
from graph.reports.sources import COUNTS, OPERATORS, Want
from graph.reports.windows import Window


async def delivery_breakdown(reader: Reader, scope: Scope, window: Window) -> DeliveryBreakdown:
    """Delivered, failed and pending in a window; ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)
    whole, operators = Want(COUNTS, subject, window.slices), Want(OPERATORS, subject, window.slices)
    question = Question(
        ("breakdown", window),
        (whole, operators),
        lambda reading: _breakdown(reading, window, whole, operators),
        len(window.slices),
    )
    known = completeness(reader.complete_until)
    (answer,) = await reader.answer(question)
    return judged(answer, known)


def _breakdown(
    reading: Reading, window: Window, whole: Want[CountedDay], operators: Want[Mapping[str, Counts]]
) -> DeliveryBreakdown:
    counts = total(day.sum(piece).counts for piece, day in reading.of(whole))
    return DeliveryBreakdown(
        window=window,
        by_status=ByStatus(delivered=counts.delivered, failed=counts.failed, pending=counts.pending),
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        by_operator=[_share(*item) for item in ranked(reading, operators)],
        data_as_of=reading.data_as_of,
    )


def ranked(reading: Reading, want: Want[Mapping[str, Counts]]) -> Sequence[tuple[str, Counts]]:
    """The operators of a window, busiest first, equals by id."""
    days: dict[str, list[Counts]] = {}
    for _, day in reading.of(want):
        for operator_id, counts in day.items():
            days.setdefault(operator_id, []).append(counts)
    sums = {operator_id: total(parts) for operator_id, parts in days.items()}
    return sorted(sums.items(), key=lambda item: (-item[1].messages, item[0]))


def _share(operator_id: str, counts: Counts) -> OperatorShare:
    return OperatorShare(
        operator_id=operator_id,
        total=counts.messages,
        delivered=counts.delivered,
        failed=counts.failed,
        pending=counts.pending,
        delivery_rate=counts.delivery_rate,
        error_rate=counts.error_rate,
    )
