"""What became of the messages, on the platform and by operator."""

from collections.abc import Sequence

from graph.access import Scope, platform
from graph.reports.answers import ByStatus, DeliveryBreakdown, OperatorShare
from graph.reports.metrics import Counts, total
from graph.reports.quality import completeness, judged
from graph.reports.ranking import Ranking, every_operator, ranked
from graph.reports.reading.parts import Part
from graph.reports.reading.reader import Reader
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Window


async def delivery_breakdown(reader: Reader, scope: Scope, window: Window) -> DeliveryBreakdown:
    """Delivered, failed and pending in a window; ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)
    known = completeness(reader.complete_until)
    operators_wanted = every_operator(window)

    async def read(snapshot: Snapshot) -> tuple[Sequence[Part], Ranking]:
        (whole,) = await snapshot.parts([subject], window.slices, "daily")
        return whole, await ranked(snapshot, operators_wanted)

    (whole, operators), as_of = await reader.read(window.slices, read, operators_wanted)
    counts = total(part.counts for part in whole)
    answer = DeliveryBreakdown(
        window=window,
        by_status=ByStatus(delivered=counts.delivered, failed=counts.failed, pending=counts.pending),
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        by_operator=[_share(*item) for item in operators],
        data_as_of=as_of,
    )
    return judged(answer, known)


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
