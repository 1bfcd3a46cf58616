"""What an audit is answered with: facts as their events told them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from graph.audit.evidence import Evidence
from graph.dsl.answers import Page, QueryWindow
from graph.reports.answers import Report
from schema.catalog.audit import AuditDataset
from schema.facts import stored_at
from schema.instants import instant, time_of
from schema.money import millionths, money

_LAST: Final = instant(datetime.max.replace(tzinfo=UTC))
ROW_CAP: Final = 1_000_000  # of all pages of one query together
FINDING: Final = {"ruleId": "ruleIds", "ruleName": "ruleNames", "ruleType": "ruleTypes", "action": "ruleActions"}
_ELSEWHERE: Final = frozenset({"at", "key", "ver", *FINDING.values()})  # columns that are answered as something else


class AuditMeta(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the rows are about, and how far they reach."""

    dataset: AuditDataset
    tenant_id: str
    tenant_known: Annotated[
        bool, Meta(description="Whether any fact of this tenant is stored, of either dataset and at any time.")
    ]
    window: QueryWindow
    data_as_of: Annotated[
        datetime | None, Meta(description="Newest event time whose effect is in the facts; null when there is none.")
    ]
    rows_before: Annotated[int, Meta(ge=0, description="Rows of the pages before this one.")]
    row_cap: Annotated[int, Meta(description="Most rows of a query, over all of its pages.")]
    truncated: Annotated[bool, Meta(description="Whether there are more rows, which `rowCap` cut off.")]
    access_id: Annotated[int, Meta(description="The number under which this access is recorded.")]
    elapsed_ms: Annotated[int, Meta(ge=0, description="Time from the query's arrival to its answer, ms.")]


class AuditAnswer(Report, frozen=True, kw_only=True):
    """Facts by event time, each once."""

    about = "One tenant's facts, page by page. The same names and numbers in REST and GraphQL."

    data: Sequence[Mapping[str, Any]]
    page: Page
    meta: AuditMeta
    evidence: Annotated[Evidence | None, Meta(description="Of a first page that asks for it; null of any other.")] = (
        None
    )


def printed(
    dataset: AuditDataset, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> Sequence[Mapping[str, Any]]:
    """Rows of the engine, whose columns have these names, under the names of their events."""
    if not rows:
        return []
    # Column by column: a page may have ten thousand rows.
    told = dict(_columns(dataset, dict(zip(names, zip(*rows, strict=True), strict=True))))
    return [dict(zip(told, values, strict=True)) for values in zip(*told.values(), strict=True)]


def _columns(dataset: AuditDataset, held: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Name and values of each field."""
    yield "at" if dataset == "compliance" else "occurredAt", held["at"]
    if "ver" in held:
        yield "storedAt", [_stored(ver) for ver in held["ver"]]
    for name, values in held.items():
        if name not in _ELSEWHERE:
            yield name, [money(millionths(amount)) for amount in values] if name == "chargeAmount" else values
    if dataset == "compliance":
        yield "findings", [_findings(lists) for lists in zip(*(held[name] for name in FINDING.values()), strict=True)]


def _findings(lists: Sequence[Sequence[str]]) -> Sequence[Mapping[str, str]]:
    """Of one fact: ids, names, types and actions of its rules."""
    return [dict(zip(FINDING, each, strict=True)) for each in zip(*lists, strict=True)]


def _stored(ver: int) -> datetime:
    """When the stream stored the event; of what never was in a stream, the nearest time that can be written."""
    return time_of(min(max(stored_at(ver), 0), _LAST))
