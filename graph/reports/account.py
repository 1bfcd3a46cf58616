"""What an account sent, and what it cost."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from graph.identity import Scope, Subject, account
from graph.reports.answers import AccountUsage
from graph.reports.figures import costs_by_currency
from graph.reports.metrics import money, total
from graph.reports.pieces import DailySum, HourlyDay, add_amounts
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.reading import Question, Reading
from graph.reports.sources import COUNTS, SUMS, Want
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
    wants = tuple(_wants(subject, window))
    key = ("usage", subject, window)
    return Question(key, wants, lambda reading: _usage(currency, reading, wants, window), len(window.slices))


def _wants(subject: Subject, window: Window) -> Iterator[Want[DailySum] | Want[HourlyDay]]:
    """Whole days as sums; the days at the edges by hours, so that they serve windows that end at other hours."""
    for whole, group in groupby(window.slices, key=lambda piece: piece.is_whole_day):
        pieces = list(group)
        part = Window(pieces[0].starts, pieces[-1].ends)
        yield Want(SUMS, subject, part) if whole else Want(COUNTS, subject, part)


def _usage(currency: str, reading: Reading, wants: Sequence[Want[Any]], window: Window) -> AccountUsage:
    days: list[DailySum] = [day.sum(piece) for want in wants for piece, day in reading.of(want)]
    counts = total(day.counts for day in days)
    return AccountUsage(
        account_id=wants[0].subject.id,
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
