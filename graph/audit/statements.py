"""Compiles an AuditQuery: one statement per time slice, which returns facts by (event time, key)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from graph.audit.request import AuditQuery
from graph.dsl.columns import Column as Printed
from graph.dsl.render import render
from graph.dsl.resolve import Sort
from graph.dsl.scope import AuditScope
from graph.dsl.select import Read, Select, Statement
from schema.catalog.audit import AUDITED, AuditedFacts
from schema.expressions import Bound, Column, Expression, call, equal

FIRST_SLICE: Final = timedelta(minutes=10)
GROWTH: Final = 4  # how much longer each slice is than the previous one
# Reading in the order of the key stops at the limit, but compares copies row by row (FINAL). A short slice takes a
# fraction of that time if it is read wholly and sorted.
SHORT: Final = timedelta(days=1)
SORTED: Final = {"optimize_read_in_order": 0}
AT, KEY = Column("event_time"), Column("event_key")
STORED: Final = {"ver": Column("ver")}  # has the time at which the stream stored the event


class TimeSlice(NamedTuple):
    """A half-open range of time."""

    from_: datetime
    to: datetime


@dataclass(frozen=True, slots=True)
class PageCursor:
    """The position of a page's last row. `row_number`: its number over all pages, from 1."""

    row_number: int
    at: datetime
    key: int


def slices(from_: datetime, to: datetime) -> Iterator[TimeSlice]:
    """The slices of a window in order, each longer than the previous one.

    So a page of a busy tenant costs the same in a window of five years as in one of an hour, and an empty window takes
    ten statements.
    """
    length = FIRST_SLICE
    while from_ < to:
        end = min(from_ + length, to)
        yield TimeSlice(from_, end)
        from_, length = end, GROWTH * length


def statement(query: AuditQuery, time_slice: TimeSlice, position: PageCursor | None, limit: int) -> Statement:
    """Selects the first `limit` facts of a slice after the position."""
    facts = AUDITED[query.dataset]
    columns = {**facts.columns, **(STORED if query.evidence else {})}
    select = Select(
        columns,
        Read(facts.table, AuditScope(query.tenant_id)),
        where=(
            *within(time_slice),
            *filters(query.verdict, query.rule_type),
            *(_after(position) if position else ()),
        ),
        order_by=(Sort("at", descending=False), Sort("key", descending=False)),
        limit=Bound(limit, "UInt64"),
    )
    sql, parameters = render(select)
    settings = SORTED if time_slice.to - time_slice.from_ <= SHORT else {}
    return Statement(sql, parameters, tuple(Printed(name, "text", "group") for name in columns), settings)


def any_fact(facts: AuditedFacts, tenant_id: str) -> Statement:
    """Selects one fact of the tenant."""
    read = Read(facts.table, AuditScope(tenant_id), final=False)
    sql, parameters = render(Select({"at": AT}, read, limit=Bound(1, "UInt64")))
    return Statement(sql, parameters, (Printed("at", "text", "group"),))


def within(time_slice: TimeSlice) -> tuple[Expression, ...]:
    """The conditions for event times in the slice."""
    return call("greaterOrEquals", AT, _instant(time_slice.from_)), call("less", AT, _instant(time_slice.to))


def filters(verdict: str | None, rule_type: str | None) -> Iterator[Expression]:
    """The conditions for a verdict and a type of finding; None: all."""
    if verdict is not None:
        yield equal(Column("verdict"), Bound(verdict, "String"))
    if rule_type is not None:
        yield call("has", Column("rule_types"), Bound(rule_type, "String"))


def _after(position: PageCursor) -> Iterator[Expression]:
    last = call("tuple", _instant(position.at), Bound(position.key, "UInt64"))
    yield call("greater", call("tuple", AT, KEY), last)


def _instant(time: datetime) -> Bound:
    return Bound(time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"), "DateTime64(6, 'UTC')")
