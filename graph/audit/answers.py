"""What an audit is answered with: facts as their events told them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from graph.audit.evidence import Evidence
from graph.dsl.answers import Page, QueryWindow
from schema.catalog.audit import AuditDataset
from schema.facts import NEVER
from schema.instants import instant, time_of

_LAST: Final = instant(datetime.max.replace(tzinfo=UTC))
ROW_CAP: Final = 1_000_000  # of all pages of one query together
FINDING: Final = {"ruleId": "ruleIds", "ruleName": "ruleNames", "ruleType": "ruleTypes", "action": "ruleActions"}
_ELSEWHERE: Final = frozenset({"at", "key", "ver", *FINDING.values()})  # columns that are answered as something else


class AuditMeta(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the rows are about, and how far they reach."""

    dataset: AuditDataset
    tenant_id: str
    window: QueryWindow
    data_as_of: Annotated[
        datetime | None, Meta(description="Newest event time whose effect is in the facts; null when there is none.")
    ]
    rows_before: Annotated[int, Meta(ge=0, description="Rows of the pages before this one.")]
    row_cap: Annotated[int, Meta(description="Most rows of a query, over all of its pages.")]
    truncated: Annotated[bool, Meta(description="Whether there are more rows, which `rowCap` cut off.")]
    access_id: Annotated[int, Meta(description="The number under which this access is recorded.")]
    elapsed_ms: Annotated[int, Meta(ge=0, description="Time from the query's arrival to its answer, ms.")]


class AuditAnswer(Struct, frozen=True, kw_only=True):
    """Facts by event time, each once."""

    data: Sequence[Mapping[str, Any]]
    page: Page
    meta: AuditMeta
    evidence: Annotated[Evidence | None, Meta(description="Of a first page that asks for it; null of any other.")] = (
        None
    )


def printed(dataset: AuditDataset, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of the engine under the names of its event."""
    plain = {name: value for name, value in row.items() if name not in _ELSEWHERE}
    time = {"at" if dataset == "compliance" else "occurredAt": row["at"]}
    if "ver" in row:
        time["storedAt"] = _stored(row["ver"])
    if dataset == "cdr":
        return {**time, **plain, "chargeAmount": _money(row["chargeAmount"])}
    findings = zip(*(row[name] for name in FINDING.values()), strict=True)
    return {**time, **plain, "findings": [dict(zip(FINDING, each, strict=True)) for each in findings]}


def _stored(ver: int) -> datetime:
    """When the stream stored the event; of what never was in a stream, the nearest time that can be written."""
    return time_of(min(max(NEVER - ver, 0), _LAST))


def _money(amount: Decimal) -> str:
    return f"{amount:.6f}"
