"""What changed on closed days: the rows that the rollup kept (decision 64)."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final, get_args

import msgspec
from msgspec import Struct

from graph.access import AccountScope, Scope, account, platform
from graph.errors import ForbiddenAccountError, InvalidQueryError
from graph.http.parameters import Parameter
from graph.lists.explanation import FetchValue
from graph.lists.restatements_answer import (
    DEFAULT_RESTATEMENTS,
    MAX_RESTATEMENTS,
    RestatedFigures,
    RestatedScope,
    RestatedSubjects,
    Restatement,
    RestatementCause,
    Restatements,
)
from graph.reports.throughput import read_subject
from graph.reports.windows import LONGEST, Window, WindowRequest, day_date
from infra.sql import statement
from schema.money import money, parse_money

_RESTATEMENTS: Final = statement(Path(__file__).parent / "sql", "restatements")
SUBJECTS: Final = Parameter(
    "subjects",
    {"enum": list(get_args(RestatedSubjects))},
    "Whose changes, without operatorId and accountId. Default: the platform's; for a customer, its own account's.",
)
LIMIT: Final = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_RESTATEMENTS, "default": DEFAULT_RESTATEMENTS},
    f"How many changes, from 1 to {MAX_RESTATEMENTS}.",
)

_KINDS: Final[Mapping[RestatedSubjects, RestatedScope]] = {
    "platform": "PLATFORM",
    "operators": "OPERATOR",
    "accounts": "ACCOUNT",
}


class Side(Struct, frozen=True):
    """A daily row, before or after a change. `costs`: in the other `currencies`."""

    total_messages: int
    refunded_messages: int | None
    delivered_messages: int
    failed_messages: int
    pending_messages: int
    segments: int
    total_cost: str
    currencies: list[str]
    costs: list[str]


class Change(Struct, frozen=True):
    """A row of the statement restatements."""

    day: date
    number: int
    scope: RestatedScope
    id: str
    changed_at: datetime
    settled_at: datetime
    causes: list[RestatementCause]
    is_archived: bool
    before: Side | None
    after: Side | None


_decode: Final = msgspec.json.Decoder(list[Change]).decode
NO_ROW: Final = Side(0, 0, 0, 0, 0, 0, "0", [], [])


def requested_days(requested: WindowRequest) -> WindowRequest:
    """The requested window, by default as long as the longest."""
    is_open = all(each is None for each in requested._replace(timezone=None))
    return requested._replace(last=f"{LONGEST.days}d") if is_open else requested


async def restatements(
    fetch_value: FetchValue,
    currency: str,
    scope: Scope,
    window: Window,
    subjects: RestatedSubjects | None = None,
    operator_id: str | None = None,
    account_id: str | None = None,
    limit: int = DEFAULT_RESTATEMENTS,
) -> Restatements:
    """The newest changes of the closed days that a window touches. `currency`: the reporting currency.

    Raises InvalidQueryError, ForbiddenError, ForbiddenAccountError, DependencyUnavailableError.
    """
    kind, id_ = _selected(scope, subjects, operator_id, account_id)
    first, last = (day_date(window.slices[end].day) for end in (0, -1))
    changes = _decode(await fetch_value(_RESTATEMENTS, first, last, kind, id_, limit + 1))
    return Restatements(
        window=window,
        truncated=len(changes) > limit,
        changes=[_restatement(change, currency) for change in changes[:limit]],
    )


def _selected(
    scope: Scope, subjects: RestatedSubjects | None, operator_id: str | None, account_id: str | None
) -> tuple[RestatedScope, str | None]:
    """The kind of the requested subjects, and the id of a single one. A customer's default is its own account."""
    if subjects is not None:
        platform(scope)
        if operator_id is not None or account_id is not None:
            raise InvalidQueryError("subjects excludes operatorId and accountId; give one of the three.")
        return _KINDS[subjects], None
    if isinstance(scope, AccountScope) and operator_id is None and account_id is None:
        if scope.account_id is None:
            raise ForbiddenAccountError("The caller has no account.")
        return account(scope, scope.account_id)
    return read_subject(scope, operator_id, account_id)


def _restatement(change: Change, currency: str) -> Restatement:
    before, after = change.before or NO_ROW, change.after or NO_ROW
    return Restatement(
        day=change.day,
        number=change.number,
        scope=change.scope,
        id=change.id,
        changed_at=change.changed_at,
        settled_at=change.settled_at,
        causes=change.causes,
        events=_difference(_events(before), _events(after)),
        before=None if change.is_archived or change.before is None else _figures(NO_ROW, change.before, currency),
        after=None if change.is_archived or change.after is None else _figures(NO_ROW, change.after, currency),
        change=_figures(before, after, currency),
    )


def _events(side: Side) -> int | None:
    """How many events a row counts: a refund is an event that is taken off the messages."""
    if side.refunded_messages is None:
        return None
    billed = side.total_messages + 2 * side.refunded_messages
    return billed + side.delivered_messages + side.failed_messages + side.pending_messages


def _figures(before: Side, after: Side, currency: str) -> RestatedFigures:
    """The figures of `after` less those of `before`."""
    costs, others = _costs(after), _costs(before)
    return RestatedFigures(
        total_messages=after.total_messages - before.total_messages,
        refunded_messages=_difference(before.refunded_messages, after.refunded_messages),
        delivered_messages=after.delivered_messages - before.delivered_messages,
        failed_messages=after.failed_messages - before.failed_messages,
        segments=after.segments - before.segments,
        total_cost=(total := money(parse_money(after.total_cost) - parse_money(before.total_cost))),
        costs_by_currency={
            currency: total,
            **{each: money(costs.get(each, 0) - others.get(each, 0)) for each in sorted(costs.keys() | others.keys())},
        },
    )


def _costs(side: Side) -> Mapping[str, int]:
    return dict(zip(side.currencies, map(parse_money, side.costs), strict=True))


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before
