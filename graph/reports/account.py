"""The usage of accounts: messages and cost."""

import asyncio
from collections.abc import Sequence

from graph.access import Scope, account
from graph.reports.answers import AccountUsage, UsageDay
from graph.reports.figures import count_fields
from graph.reports.metrics import Counts, total
from graph.reports.quality import mark_partial
from graph.reports.reading.cells import Cell, add_amounts
from graph.reports.reading.reader import Counted, Reader
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
    selection = Selection("ACCOUNT", tuple(ids), window.slices, "days" if by_day else "altogether")

    async def read(snapshot: Snapshot) -> Sequence[Sequence[Sequence[Cell]]]:
        if not by_day:
            by_id = await snapshot.cells_by_id(selection)
            return [[by_id.get(id_, ())] for id_ in ids]
        cells = await snapshot.cells(selection)
        return [[cells.get((id_, day_slice), ()) for day_slice in window.slices] for id_ in ids]

    found, counted = await reader.read(window.slices, read, selection)
    usages = []
    for account_id, cells in zip(ids, found, strict=True):
        usages.append(_usage(reader.currency, account_id, window, cells, counted, by_day=by_day))
        await asyncio.sleep(0)  # a page has up to 1000 accounts; other requests run in between
    return usages


def _usage(
    currency: str, account_id: str, window: Window, days: Sequence[Sequence[Cell]], counted: Counted, *, by_day: bool
) -> AccountUsage:
    sums = [total(cell.counts for cell in cells) for cells in days]
    counts, amounts = total(sums), add_amounts(cell.amounts for cells in days for cell in cells)
    slices = window.slices if by_day else ()
    breakdown = [_day(day_slice.day, each) for day_slice, each in zip(slices, sums, strict=by_day)]
    return AccountUsage(
        account_id=account_id,
        window=window,
        messages_sent=counts.messages,
        messages_delivered=counts.delivered,
        messages_failed=counts.failed,
        avg_cost_per_message=counts.average_cost,
        daily_breakdown=mark_partial(breakdown, window, "daily", counted.horizon) if by_day else [],
        data_as_of=counted.data_as_of,
        complete_until=counted.complete_until,
        **count_fields(AccountUsage, currency, counts, amounts),
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
