"""What an account sent, and what it cost."""

from collections.abc import Sequence

from graph.identity import Scope, Subject, account
from graph.reports.answers import AccountUsage
from graph.reports.figures import costs_by_currency
from graph.reports.metrics import money, total
from graph.reports.pieces import CountedDay, add_amounts
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.reading import Question, Reading
from graph.reports.sources import COUNTS, Want
from graph.reports.windows import Window


async def account_usage(reader: Reader, scope: Scope, account_id: str, window: Window) -> AccountUsage:
    """One account in a window, zeros where it sent nothing; ForbiddenAccountError."""
    (usage,) = await accounts_usage(reader, scope, [account_id], window)
    return usage


async def accounts_usage(
    reader: Reader, scope: Scope, account_ids: Sequence[str], window: Window
) -> Sequence[AccountUsage]:
    """The same of several, read together, in the order given."""
    questions = [_question(reader.currency, account(scope, account_id), window) for account_id in account_ids]
    known = completeness(reader.complete_until)
    return [judged(answer, known) for answer in await reader.answer(*questions)]


def _question(currency: str, subject: Subject, window: Window) -> Question[AccountUsage]:
    want = Want(COUNTS, subject, window.slices)
    key = ("usage", subject, window)
    return Question(key, (want,), lambda reading: _usage(currency, reading, window, want), len(window.slices))


def _usage(currency: str, reading: Reading, window: Window, want: Want[CountedDay]) -> AccountUsage:
    days = [day.sum(piece) for piece, day in reading.of(want)]
    counts = total(day.counts for day in days)
    return AccountUsage(
        account_id=want.subject.id,
        window=window,
        messages_sent=counts.messages,
        messages_delivered=counts.delivered,
        messages_failed=counts.failed,
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        delivery_rate=counts.delivery_rate,
        segments=counts.segments,
        total_cost=money(counts.cost),
        costs_by_currency=costs_by_currency(currency, counts, add_amounts(day.amounts for day in days)),
        avg_cost_per_message=counts.average_cost,
        daily_breakdown=[day.usage for day in days],
        data_as_of=reading.data_as_of,
    )
