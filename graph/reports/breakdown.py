"""Messages by delivery status, on the platform and by operator."""

from collections.abc import Sequence

from graph.access import Scope, platform
from graph.reports.answers import ByStatus, DeliveryBreakdown, OperatorShare
from graph.reports.metrics import Counts, total
from graph.reports.quality import read_completeness, with_quality
from graph.reports.ranking import Ranking, all_operators, rank
from graph.reports.reading.cells import SliceTotals
from graph.reports.reading.reader import Reader
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Window


async def delivery_breakdown(reader: Reader, scope: Scope, window: Window) -> DeliveryBreakdown:
    """The delivered, failed and pending messages of a window. Raises ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)
    completeness = read_completeness(reader.complete_until)
    operators = all_operators(window)

    async def read(snapshot: Snapshot) -> tuple[Sequence[SliceTotals], Ranking]:
        (totals,) = await snapshot.totals([subject], window.slices, "daily")
        return totals, await rank(snapshot, operators)

    (totals, ranking), as_of = await reader.read(window.slices, read, operators)
    counts = total(each.counts for each in totals)
    answer = DeliveryBreakdown(
        window=window,
        by_status=ByStatus(delivered=counts.delivered, failed=counts.failed, pending=counts.pending),
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        by_operator=[_share(*item) for item in ranking],
        data_as_of=as_of,
    )
    return with_quality(answer, completeness)


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
