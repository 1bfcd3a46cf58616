"""The long view: days or months of the platform, an operator or an account, wherever their rows are kept."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from graph.access import Scope
from graph.reports.answers import Point
from graph.reports.figures import make_figures, shown
from graph.reports.quality import completeness, judged
from graph.reports.reading.parts import Part, make_point
from graph.reports.reading.reader import Reader
from graph.reports.throughput import subject_of
from graph.reports.trend_answer import Trend, TrendGranularity
from graph.reports.windows import Slice, Window, day_date, day_number, day_start


async def trend(
    reader: Reader,
    scope: Scope,
    window: Window,
    granularity: TrendGranularity,
    operator_id: str | None = None,
    account_id: str | None = None,
) -> Trend:
    """InvalidQueryError for operator and account at once; ForbiddenError, ForbiddenAccountError."""
    subject = subject_of(scope, operator_id, account_id)
    known = completeness(reader.complete_until)
    (days,), as_of = await reader.read(
        window.slices, lambda snapshot: snapshot.parts([subject], window.slices, "daily")
    )
    series = [part.point for part in days] if granularity == "daily" else list(_months(window.slices, days))
    figures = make_figures(days, series)
    answer = Trend(
        window=window,
        granularity=granularity,
        error_rate=figures.counts.error_rate,
        data_as_of=as_of,
        **shown(Trend, reader.currency, figures),
    )
    return judged(answer, known)


def _months(slices: Sequence[Slice], days: Sequence[Part]) -> Iterator[Point]:
    """A point a UTC month, of the days that the window has of it."""
    of_days = zip(slices, days, strict=True)
    for first, group in groupby(of_days, key=lambda item: day_date(item[0].day).replace(day=1)):
        month = make_figures([part for _, part in group], ())
        yield make_point(day_start(day_number(first)), month.counts, month.p95)
