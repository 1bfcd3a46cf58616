"""ExportQuery -> statements for ClickHouse: how many rows there are, and the rows of one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from graph.audit.answers import FINDING
from graph.audit.exports.request import ExportQuery
from graph.audit.statements import AT, KEY, Slice, filters, within
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


def counting(asked: ExportQuery, part: Slice) -> Statement:
    """Rows by hour, of the hours that have any."""
    select = Select(
        {"hour": call("toStartOfHour", AT, Constant("UTC")), "rows": call("count")},
        _facts(asked),
        where=(*within(part), *filters(asked.verdict, asked.rule_type)),
        group_by=("hour",),
        order_by=(Sort("hour", descending=False),),
    )
    return Statement(*render(select), COUNTED)


def writing(asked: ExportQuery, part: Slice, file: str) -> Statement:
    """The rows of a slice become the object `file`, in the order of (event time, key)."""
    time = TIME[asked.dataset]
    select = Select(
        _columns(asked.dataset),
        _facts(asked),
        where=(*within(part), *filters(asked.verdict, asked.rule_type)),
        order_by=(Sort(time, descending=False), Sort("eventKey", descending=False)),
    )
    text, parameters = render(select)
    return Statement(_INSERT + text, {**parameters, "file": file})


def measuring(dataset: AuditDataset, file: str) -> Statement:
    """What the object `file` holds, read back from it."""
    return Statement(_MEASURE[dataset], {"file": file})


def _facts(asked: ExportQuery) -> Read:
    return Read(AUDITED[asked.dataset].table, AuditScope(asked.tenant_id))


def _columns(dataset: AuditDataset) -> Mapping[str, Expression]:
    """As pages have them, and the event's key, which tells facts of one instant apart."""
    columns = AUDITED[dataset].columns
    left_out = {"at", "key", *FINDING.values()}
    named = {name: column for name, column in columns.items() if name not in left_out}
    first = {TIME[dataset]: AT, "eventKey": KEY}
    if dataset == "cdr":
        return {**first, **named}
    arrays = call("arrayZip", *(columns[name] for name in FINDING.values()))
    type_ = f"Array(Tuple({', '.join(f'{name} String' for name in FINDING)}))"
    return {**first, **named, "findings": call("CAST", arrays, Constant(type_))}
