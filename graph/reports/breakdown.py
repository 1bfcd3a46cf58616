"""Messages by delivery status, on the platform and by operator."""

from graph.access import Scope, platform
from graph.reports.answers import ByStatus, DeliveryBreakdown, OperatorShare
from graph.reports.metrics import Counts
from graph.reports.operators import Ranking, all_operators, rank
from graph.reports.reading.reader import Reader
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Window


async def delivery_breakdown(reader: Reader, scope: Scope, window: Window) -> DeliveryBreakdown:
    """The delivered, failed and pending messages of a window. Raises ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)
    operators = all_operators(window)

    async def read(snapshot: Snapshot) -> tuple[Counts, Ranking]:
        (sums,) = await snapshot.sums([subject], window.slices)
        return sums.counts, await rank(snapshot, operators)

    (counts, ranking), counted = await reader.read(window.slices, read, operators)
    return DeliveryBreakdown(
        window=window,
        by_status=ByStatus(delivered=counts.delivered, failed=counts.failed, pending=counts.pending),
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        by_operator=[_share(*item) for item in ranking],
        data_as_of=counted.data_as_of,
        complete_until=counted.complete_until,
    )


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
