"""AuditQuery -> statements: facts in the order of (event time, key), a slice of time each."""

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
GROWTH: Final = 4  # of a slice, over the one before
# What is read in the order of the key stops at the limit, but compares copies row by row (FINAL): a short slice takes a
# fraction of the time if all of it is read, and sorted.
SHORT: Final = timedelta(days=1)
SORTED: Final = {"optimize_read_in_order": 0}
AT, KEY = Column("event_time"), Column("event_key")
STORED: Final = {"ver": Column("ver")}  # tells when the stream stored the event


class Slice(NamedTuple):
    """Half-open."""

    from_: datetime
    to: datetime


@dataclass(frozen=True, slots=True)
class PageCursor:
    """A page's last row, and how many rows there are up to it."""

    seen: int
    at: datetime
    key: int


def slices(from_: datetime, to: datetime) -> Iterator[Slice]:
    """The window in order, each slice longer than the last.

    A page of a busy tenant then costs the same in a window of five years as in one of an hour, and an empty window ten
    statements.
    """
    length = FIRST_SLICE
    while from_ < to:
        end = min(from_ + length, to)
        yield Slice(from_, end)
        from_, length = end, GROWTH * length


def statement(asked: AuditQuery, part: Slice, position: PageCursor | None, limit: int) -> Statement:
    """The first `limit` facts of a slice, after the position."""
    facts = AUDITED[asked.dataset]
    columns = {**facts.columns, **(STORED if asked.evidence else {})}
    select = Select(
        columns,
        Read(facts.table, AuditScope(asked.tenant_id)),
        where=(
            *within(part),
            *filters(asked.verdict, asked.rule_type),
            *(_beyond(position) if position else ()),
        ),
        order_by=(Sort("at", descending=False), Sort("key", descending=False)),
        limit=Bound(limit, "UInt64"),
    )
    sql, parameters = render(select)
    settings = SORTED if part.to - part.from_ <= SHORT else {}
    return Statement(sql, parameters, tuple(Printed(name, "text", "group") for name in columns), settings)


def any_fact(facts: AuditedFacts, tenant_id: str) -> Statement:
    """One fact of the tenant, if there is one."""
    read = Read(facts.table, AuditScope(tenant_id), final=False)
    sql, parameters = render(Select({"at": AT}, read, limit=Bound(1, "UInt64")))
    return Statement(sql, parameters, (Printed("at", "text", "group"),))


def within(part: Slice) -> tuple[Expression, ...]:
    """Event times of the slice."""
    return call("greaterOrEquals", AT, _instant(part.from_)), call("less", AT, _instant(part.to))


def filters(verdict: str | None, rule_type: str | None) -> Iterator[Expression]:
    """None: all."""
    if verdict is not None:
        yield equal(Column("verdict"), Bound(verdict, "String"))
    if rule_type is not None:
        yield call("has", Column("rule_types"), Bound(rule_type, "String"))


def _beyond(position: PageCursor) -> Iterator[Expression]:
    last = call("tuple", _instant(position.at), Bound(position.key, "UInt64"))
    yield call("greater", call("tuple", AT, KEY), last)


def _instant(time: datetime) -> Bound:
    return Bound(time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"), "DateTime64(6, 'UTC')")
