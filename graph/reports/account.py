"""The usage of accounts: messages and cost."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from graph.access import Scope, account
from graph.reports.answers import AccountUsage, UsageDay
from graph.reports.figures import costs_by_currency, counter_fields
from graph.reports.metrics import Counts, total
from graph.reports.quality import read_completeness, with_quality
from graph.reports.reading.cells import Cell, add_amounts
from graph.reports.reading.reader import Reader
from graph.reports.reading.rows import Selection
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Window, day_date
from schema.money import money


async def account_usage(reader: Reader, scope: Scope, account_id: str, window: Window) -> AccountUsage:
    """The usage of one account in a window, with zeros where it sent nothing. Raises ForbiddenAccountError."""
    (usage,) = await accounts_usage(reader, scope, [account_id], window)
    return usage


async def accounts_usage(
    reader: Reader, scope: Scope, account_ids: Sequence[str], window: Window, *, by_day: bool = True
) -> Sequence[AccountUsage]:
    """The usage of several accounts, read together and returned in the given order.

    Without `by_day` there is no daily breakdown. Raises ForbiddenAccountError.
    """
    ids = [account(scope, account_id).id for account_id in account_ids]
    completeness = read_completeness(reader.complete_until)
    selection = Selection("ACCOUNT", tuple(ids), window.slices, "days" if by_day else "altogether")

    async def read(snapshot: Snapshot) -> Sequence[Sequence[Sequence[Cell]]]:
        if not by_day:
            by_id = await snapshot.cells_by_id(selection)
            return [[by_id.get(id_, ())] for id_ in ids]
        cells = await snapshot.cells(selection)
        return [[cells.get((id_, day_slice), ()) for day_slice in window.slices] for id_ in ids]

    found, as_of = await reader.read(window.slices, read, selection)
    usages = []
    for account_id, cells in zip(ids, found, strict=True):
        usage = _usage(reader.currency, account_id, window, cells, as_of)
        usages.append(
            with_quality(usage, completeness)
            if by_day
            else replace(usage, complete_until=completeness.until, daily_breakdown=[])
        )
        await asyncio.sleep(0)  # a page has up to 1000 accounts; other requests run in between
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
        daily_breakdown=[_day(day_slice.day, each) for day_slice, each in zip(window.slices, sums, strict=False)],
        data_as_of=as_of,
        **counter_fields(AccountUsage, counts),
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
