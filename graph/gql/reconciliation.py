"""The list of reconciliation's comparisons, as a connection."""

from enum import Enum
from typing import Annotated, Final, TypeAlias, cast

import strawberry

from graph.access import platform
from graph.errors import InvalidQueryError
from graph.gql.connections import CURSOR, After, PageInfo
from graph.gql.context import RequestInfo
from graph.gql.cost import LIST, PRICE, REPORT
from graph.gql.directives import ELEMENT, FREE
from graph.gql.fields import report_field
from graph.gql.types import Date, object_type
from graph.lists.explanation import explanation
from graph.lists.explanation_answer import DayExplanation
from graph.lists.reconciliation import (
    DEFAULT_PAGE,
    MAX_PAGE,
    Comparison,
    ComparisonFilter,
    ComparisonKey,
    comparisons,
    key_of,
)
from graph.reports.parameters import read_day
from schema.statuses import COMPARISON_STATUSES, ComparisonStatus

PURPOSE: Final = "graphql.reconciliation"

First: TypeAlias = Annotated[int, strawberry.argument(description=f"The most nodes to return, from 1 to {MAX_PAGE}.")]
Day: TypeAlias = Annotated[Date | None, strawberry.argument(description="Only comparisons of this UTC day.")]
RequiredDay: TypeAlias = Annotated[Date, strawberry.argument(description="The UTC day.")]
OfStatus: TypeAlias = Annotated[
    "ReconciliationStatus | None", strawberry.argument(description="Only comparisons with this status.")
]
Latest: TypeAlias = Annotated[
    bool, strawberry.argument(description="Only the last comparison of each day and currency, not the runs before it.")
]


@strawberry.enum(description="The status of a comparison.")
class ReconciliationStatus(Enum):
    """The members of `ComparisonStatus`."""

    OK = strawberry.enum_value("OK", description=COMPARISON_STATUSES["OK"])
    DIVERGED = strawberry.enum_value("DIVERGED", description=COMPARISON_STATUSES["DIVERGED"])
    MISSING_OURS = strawberry.enum_value("MISSING_OURS", description=COMPARISON_STATUSES["MISSING_OURS"])
    MISSING_THEIRS = strawberry.enum_value("MISSING_THEIRS", description=COMPARISON_STATUSES["MISSING_THEIRS"])
    INVALID = strawberry.enum_value("INVALID", description=COMPARISON_STATUSES["INVALID"])


@strawberry.type(description="A comparison in a page.", directives=[ELEMENT])
class ReconciliationEdge:
    """A node and its cursor."""

    node: Comparison = strawberry.field(graphql_type=object_type(Comparison), description="The comparison.")
    cursor: str = strawberry.field(description=f"Its position: opaque and signed. {CURSOR}")


@strawberry.type(description="A page of comparisons.", directives=[FREE])
class ReconciliationConnection:
    """A page of the list."""

    edges: list[ReconciliationEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="The position of the page in the list.")


async def _reconciliation(
    info: RequestInfo,
    first: First = DEFAULT_PAGE,
    after: After = None,
    day: Day = None,
    status: OfStatus = None,
    latest: Latest = False,
) -> ReconciliationConnection:
    """A page of comparisons. Raises ForbiddenError, InvalidQueryError, DependencyUnavailableError."""
    context = info.context
    platform(context.scope)
    if not 1 <= first <= MAX_PAGE:
        raise InvalidQueryError(f"first must be an integer from 1 to {MAX_PAGE}.")
    chosen = None if day is None else read_day(day)
    selected = ComparisonFilter(chosen, cast("ComparisonStatus | None", status and status.name), latest)
    cursors, owner = await context.cursors.cursors(), repr((context.scope, *selected))
    start = None if after is None else cursors.open(PURPOSE, owner, after, ComparisonKey, path="after")
    page = await comparisons(context.reader, context.scope, selected, first, start)
    signed = [cursors.sign(PURPOSE, owner, key_of(each)) for each in page.comparisons]
    return ReconciliationConnection(
        edges=[
            ReconciliationEdge(node=each, cursor=cursor) for each, cursor in zip(page.comparisons, signed, strict=True)
        ],
        page_info=PageInfo(
            has_next_page=page.has_more,
            has_previous_page=after is not None,
            start_cursor=signed[0] if signed else None,
            end_cursor=signed[-1] if signed else None,
        ),
    )


async def _explanation(info: RequestInfo, day: RequiredDay) -> DayExplanation:
    return await explanation(info.context.reader.fetch_value, info.context.scope, read_day(day))


explanation_field: Final = report_field(_explanation, DayExplanation, REPORT)
reconciliation_field: Final = strawberry.field(
    _reconciliation,
    graphql_type=ReconciliationConnection | None,
    description="Comparisons with billing by UTC day and currency, newest first. For administrators and finance.",
    metadata={PRICE: LIST},
    directives=LIST.directives,
)
