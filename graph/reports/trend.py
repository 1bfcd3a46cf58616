"""The trend of the platform, an operator or an account, in days or months, recent and archived alike."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from graph.access import Scope
from graph.reports.answers import Point, Trend, TrendGranularity
from graph.reports.figures import as_figures, report_fields
from graph.reports.reading.cells import SliceTotals, add_totals, make_point
from graph.reports.reading.reader import Reader
from graph.reports.throughput import read_subject
from graph.reports.windows import DaySlice, Window, day_date, day_number, day_start


async def trend(
    reader: Reader,
    scope: Scope,
    window: Window,
    granularity: TrendGranularity,
    operator_id: str | None = None,
    account_id: str | None = None,
) -> Trend:
    """The trend of the platform, one operator or one account.

    Raises InvalidQueryError if both an operator and an account are given; ForbiddenError, ForbiddenAccountError.
    """
    subject = read_subject(scope, operator_id, account_id)
    (days,), counted = await reader.read(
        window.slices, lambda snapshot: snapshot.totals([subject], window.slices, "daily")
    )
    sums = add_totals(days)
    figures = as_figures(sums, sums.points if granularity == "daily" else list(_months(window.slices, days)))
    fields = report_fields(Trend, reader.currency, figures, window, granularity, counted)
    return Trend(granularity=granularity, **fields)


def _months(slices: Sequence[DaySlice], days: Sequence[SliceTotals]) -> Iterator[Point]:
    """One point per UTC month, from the days of the window in it."""
    totals_by_day = zip(slices, days, strict=True)
    for first, group in groupby(totals_by_day, key=lambda item: day_date(item[0].day).replace(day=1)):
        month = as_figures(add_totals([totals for _, totals in group]), ())
        yield make_point(day_start(day_number(first)), month.counts, month.p95)
