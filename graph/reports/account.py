"""What an account sent, and what it cost."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from graph.access import Scope, account
from graph.reports.answers import AccountUsage, UsageDay
from graph.reports.figures import costs_by_currency, counted
from graph.reports.metrics import Counts, total
from graph.reports.quality import completeness, judged
from graph.reports.reading.parts import Cell, add_amounts
from graph.reports.reading.reader import Reader
from graph.reports.reading.rows import Wanted
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Window, day_date
from schema.money import money


async def account_usage(reader: Reader, scope: Scope, account_id: str, window: Window) -> AccountUsage:
    """One account in a window, zeros where it sent nothing; ForbiddenAccountError."""
    (usage,) = await accounts_usage(reader, scope, [account_id], window)
    return usage


async def accounts_usage(
    reader: Reader, scope: Scope, account_ids: Sequence[str], window: Window, *, by_day: bool = True
) -> Sequence[AccountUsage]:
    """The same of several, read together, in the order given; without `by_day` there is no daily breakdown."""
    ids = [account(scope, account_id).id for account_id in account_ids]
    known = completeness(reader.complete_until)
    wanted = Wanted("ACCOUNT", tuple(ids), window.slices, "days" if by_day else "altogether")

    async def read(snapshot: Snapshot) -> Sequence[Sequence[Sequence[Cell]]]:
        if not by_day:
            sums = await snapshot.sums(wanted)
            return [[sums.get(each, ())] for each in ids]
        cells = await snapshot.cells(wanted)
        return [[cells.get((each, piece), ()) for piece in window.slices] for each in ids]

    found, as_of = await reader.read(window.slices, read, wanted)
    usages = []
    for account_id, cells in zip(ids, found, strict=True):
        usage = _usage(reader.currency, account_id, window, cells, as_of)
        usages.append(
            judged(usage, known) if by_day else replace(usage, complete_until=known.until, daily_breakdown=[])
        )
        await asyncio.sleep(0)  # a page has up to 1000 accounts, and others are waiting
    return usages


def _usage(
    currency: str, account_id: str, window: Window, days: Sequence[Sequence[Cell]], as_of: datetime | None
) -> AccountUsage:
    sums = [total(cell.counts for cell in cells) for cells in days]
    counts = total(sums)
    return AccountUsage(
        account_id=account_id,
        window=window,
        messages_sent=counts.messages,
        messages_delivered=counts.delivered,
        messages_failed=counts.failed,
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        delivery_rate=counts.delivery_rate,
        total_cost=money(counts.cost),
        costs_by_currency=costs_by_currency(
            currency, counts, add_amounts(cell.amounts for cells in days for cell in cells)
        ),
        avg_cost_per_message=counts.average_cost,
        daily_breakdown=[_day(piece.day, each) for piece, each in zip(window.slices, sums, strict=False)],
        data_as_of=as_of,
        **counted(AccountUsage, counts),
    )


def _day(day: int, counts: Counts) -> UsageDay:
    return UsageDay(
        date=day_date(day),
        sent=counts.messages,
        delivered=counts.delivered,
        failed=counts.failed,
        segments=counts.segments,
        cost=money(counts.cost),
    )
