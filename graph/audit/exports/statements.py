"""Compiles an ExportQuery for ClickHouse: statements that count rows, write a file, and read it back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from graph.audit.answers import FINDING
from graph.audit.exports.request import ExportQuery
from graph.audit.statements import AT, KEY, TimeSlice, filters, within
from graph.dsl.columns import Column as Printed
from graph.dsl.render import render
from graph.dsl.resolve import Sort
from graph.dsl.scope import AuditScope
from graph.dsl.select import Read, Select, Statement
from infra.sql import statement as sql
from infra.tiers import COLLECTION
from schema.catalog.audit import AUDITED, AuditDataset
from schema.expressions import Constant, Expression, call

TIME: Final[Mapping[AuditDataset, str]] = {"compliance": "at", "cdr": "occurredAt"}
COUNTED: Final = (Printed("hour", "text", "group"), Printed("rows", "integer", "measure"))

_SQL: Final = Path(__file__).parent / "sql"
_INSERT: Final = sql(_SQL, "insert_file")
_MEASURE: Final = {dataset: sql(_SQL, f"measure_{dataset}") for dataset in AUDITED}
assert COLLECTION in _INSERT


def counting(query: ExportQuery, time_slice: TimeSlice) -> Statement:
    """Counts rows by hour. Hours without rows are absent."""
    select = Select(
        {"hour": call("toStartOfHour", AT, Constant("UTC")), "rows": call("count")},
        _facts(query),
        where=(*within(time_slice), *filters(query.verdict, query.rule_type)),
        group_by=("hour",),
        order_by=(Sort("hour", descending=False),),
    )
    return Statement(*render(select), COUNTED)


def writing(query: ExportQuery, time_slice: TimeSlice, file: str) -> Statement:
    """Writes the rows of a slice to the object `file`, by (event time, key)."""
    time = TIME[query.dataset]
    select = Select(
        _columns(query.dataset),
        _facts(query),
        where=(*within(time_slice), *filters(query.verdict, query.rule_type)),
        order_by=(Sort(time, descending=False), Sort("eventKey", descending=False)),
    )
    text, parameters = render(select)
    return Statement(_INSERT + text, {**parameters, "file": file})


def measuring(dataset: AuditDataset, file: str) -> Statement:
    """Reads the totals of the object `file`."""
    return Statement(_MEASURE[dataset], {"file": file})


def _facts(query: ExportQuery) -> Read:
    return Read(AUDITED[query.dataset].table, AuditScope(query.tenant_id))


def _columns(dataset: AuditDataset) -> Mapping[str, Expression]:
    """The columns of pages and the event's key, which distinguishes facts of one instant."""
    columns = AUDITED[dataset].columns
    omitted = {"at", "key", *FINDING.values()}
    named = {name: column for name, column in columns.items() if name not in omitted}
    first = {TIME[dataset]: AT, "eventKey": KEY}
    if dataset == "cdr":
        return {**first, **named}
    arrays = call("arrayZip", *(columns[name] for name in FINDING.values()))
    type_ = f"Array(Tuple({', '.join(f'{name} String' for name in FINDING)}))"
    return {**first, **named, "findings": call("CAST", arrays, Constant(type_))}
