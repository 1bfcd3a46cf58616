"""The answer of an audit query: facts with the names and values of their events."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from graph.answer import Report
from graph.audit.evidence import Evidence
from graph.dsl.answers import Page, QueryWindow
from schema.catalog.audit import AuditDataset
from schema.facts import stored_at
from schema.instants import AwareTime, instant, time_of
from schema.money import millionths, money

_LAST: Final = instant(datetime.max.replace(tzinfo=UTC))
ROW_CAP: Final = 1_000_000  # of all pages of one query together
FINDING: Final = {"ruleId": "ruleIds", "ruleName": "ruleNames", "ruleType": "ruleTypes", "action": "ruleActions"}
_OTHER_FIELDS: Final = frozenset({"at", "key", "ver", *FINDING.values()})  # columns that become other fields


class AuditMeta(Struct, frozen=True, kw_only=True, rename="camel"):
    """The scope of the rows, and how complete they are."""

    dataset: AuditDataset
    tenant_id: str
    tenant_known: Annotated[
        bool, Meta(description="Whether any fact of this tenant is stored, in either dataset and at any time.")
    ]
    window: QueryWindow
    data_as_of: Annotated[AwareTime | None, Meta(description="Newest event time in the facts; null without facts.")]
    rows_before: Annotated[int, Meta(ge=0, description="Rows on the pages before this one.")]
    row_cap: Annotated[int, Meta(description="Most rows of a query on all of its pages together.")]
    truncated: Annotated[bool, Meta(description="Whether there are more rows beyond `rowCap`.")]
    access_id: Annotated[int, Meta(description="The number of this access in the log.")]
    elapsed_ms: Annotated[int, Meta(ge=0, description="Time from the query's arrival to its answer, ms.")]


class AuditAnswer(Report, frozen=True, kw_only=True):
    """Facts by event time, each fact once."""

    about = "One tenant's facts, page by page. The same names and numbers in REST and GraphQL."

    data: Sequence[Mapping[str, Any]]
    page: Page
    meta: AuditMeta
    evidence: Annotated[Evidence | None, Meta(description="On the first page, if requested; null on all others.")] = (
        None
    )


def printed(
    dataset: AuditDataset, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> Sequence[Mapping[str, Any]]:
    """The engine's rows, whose columns are `names`, as objects with the names of their events."""
    if not rows:
        return []
    # Column by column, as a page may have ten thousand rows.
    fields = dict(_columns(dataset, dict(zip(names, zip(*rows, strict=True), strict=True))))
    return [dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True)]


def _columns(dataset: AuditDataset, columns: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The name and values of each field, from the engine's columns."""
    yield "at" if dataset == "compliance" else "occurredAt", columns["at"]
    if "ver" in columns:
        yield "storedAt", [_stored(ver) for ver in columns["ver"]]
    for name, values in columns.items():
        if name not in _OTHER_FIELDS:
            yield name, [money(millionths(amount)) for amount in values] if name == "chargeAmount" else values
    if dataset == "compliance":
        yield (
            "findings",
            [_findings(lists) for lists in zip(*(columns[name] for name in FINDING.values()), strict=True)],
        )


def _findings(lists: Sequence[Sequence[str]]) -> Sequence[Mapping[str, str]]:
    """The findings of one fact, from its rules' ids, names, types and actions."""
    return [dict(zip(FINDING, each, strict=True)) for each in zip(*lists, strict=True)]


def _stored(ver: int) -> datetime:
    """The time at which the stream stored the event; the nearest representable time if it never was in a stream."""
    return time_of(min(max(stored_at(ver), 0), _LAST))
