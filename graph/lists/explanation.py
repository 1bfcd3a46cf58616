"""What could explain that our cost of a day differs from billing's."""

from collections.abc import Awaitable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from graph.access import Scope, platform
from graph.errors import InvalidQueryError
from graph.lists.explanation_answer import Acceptance, AccountMove, DayExplanation, ExplainedComparison
from graph.lists.findings import Outcomes, Refunds, Seen, findings
from graph.lists.reconciliation import Comparison
from graph.reports.ledger import read_ledger
from graph.reports.windows import Window
from infra.sql import statement
from schema.streams import BILLING_EVENTS

_EXPLANATION: Final = statement(Path(__file__).parent / "sql", "explanation")
ACCOUNTS: Final = 10  # that moved most
DAY: Final = timedelta(days=1)
FIRST, LAST = date(1970, 1, 1), date(9999, 1, 1)


class FetchValue(Protocol):
    """Runs a statement; returns its one value. A `Reader` has it, and so has a connection."""

    def __call__(self, query: str, *arguments: Any) -> Awaitable[Any]: ...


class _Acceptance(Struct, frozen=True, rename="camel"):
    currency: str
    accepted_by: str
    accepted_at: datetime
    note: str
    difference: str


class Read(Struct, frozen=True, rename="camel"):
    """What an explanation is made of. `comparisons`: of the day, and of the days before and after it."""

    comparisons: list[Comparison]
    outcomes: list[Outcomes]
    midnight: list[Refunds]
    ours: dict[str, str]
    acceptances: list[_Acceptance]
    accounts: list[AccountMove]


_decode: Final = msgspec.json.Decoder(Read).decode


async def explanation(fetch_value: FetchValue, scope: Scope, day: date) -> DayExplanation:
    """What could explain the differences of a day.

    Raises ForbiddenError, InvalidQueryError, DependencyUnavailableError.
    """
    platform(scope)
    return await explain(fetch_value, day)


async def explain(fetch_value: FetchValue, day: date) -> DayExplanation:
    """The same, for whoever may read the database. Raises InvalidQueryError for a day that no event can have."""
    if not FIRST <= day < LAST:
        raise InvalidQueryError(f"day must be a UTC day from {FIRST} on, such as 2026-10-01.")
    begins = datetime.combine(day, time(), UTC)
    read = _decode(await fetch_value(_EXPLANATION, day, begins, begins + DAY, ACCOUNTS))
    lines = (await read_ledger(fetch_value, Window(from_=begins, to=begins + DAY))).totals
    (ledger,) = [each for each in lines if each.stream == BILLING_EVENTS.name]
    seen = Seen(day, read.comparisons, read.outcomes, read.midnight, read.ours, ledger.waiting, ledger.missing)
    return DayExplanation(
        day=day,
        comparisons=[
            ExplainedComparison(
                comparison=each, findings=findings(each, seen), acceptances=_acceptances(each, read.acceptances)
            )
            for each in read.comparisons
            if each.day == day
        ],
        accounts=read.accounts,
    )


def _acceptances(comparison: Comparison, acceptances: Sequence[_Acceptance]) -> list[Acceptance]:
    return [
        Acceptance(
            accepted_by=each.accepted_by,
            accepted_at=each.accepted_at,
            note=each.note,
            difference=each.difference,
            holds=each.difference == comparison.difference,
        )
        for each in acceptances
        if each.currency == comparison.currency
    ]
