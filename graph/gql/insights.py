"""The fields of insights."""

from enum import Enum
from typing import Annotated, Final, TypeAlias, cast

import strawberry

from graph.access import checked_id
from graph.gql.arguments import argument, read_window, windowed
from graph.gql.context import RequestInfo
from graph.gql.cost import QUERY
from graph.gql.fields import report_field
from graph.insights import answers
from graph.insights.cost_quality import cost_quality
from graph.insights.mno_quality import Traffic, mno_quality
from graph.insights.parameters import DIRECTION, LANE, TENANT
from graph.insights.queries import InsightQueries
from graph.reports.windows import WindowRequest
from schema.facts import UNKNOWN


@strawberry.enum(description="The direction of messages.")
class Direction(Enum):
    """The values are the names in events."""

    MT = strawberry.enum_value("MT", description="To a handset.")
    MO = strawberry.enum_value("MO", description="From a handset.")
    UNKNOWN = strawberry.enum_value(UNKNOWN, description="The events have no direction.")


Lane: TypeAlias = Annotated[str | None, argument(LANE)]
DirectionOf: TypeAlias = Annotated[Direction | None, argument(DIRECTION)]
TenantId: TypeAlias = Annotated[strawberry.ID | None, argument(TENANT)]


@windowed
async def _mno_quality(
    info: RequestInfo,
    window_request: WindowRequest,
    lane: Lane = None,
    direction: DirectionOf = None,
    tenant_id: TenantId = None,
) -> answers.MnoQuality:
    traffic = Traffic(
        None if lane is None else checked_id("lane", lane),
        None if direction is None else cast(str, direction.value),
        None if tenant_id is None else checked_id("tenantId", tenant_id),
    )
    async with info.context.query_slots:
        return await mno_quality(_insight_queries(info), read_window(window_request, info.context.now), traffic)


@windowed
async def _cost_quality(info: RequestInfo, window_request: WindowRequest) -> answers.CostQuality:
    async with info.context.query_slots:
        return await cost_quality(_insight_queries(info), read_window(window_request, info.context.now))


def _insight_queries(info: RequestInfo) -> InsightQueries:
    return InsightQueries(info.context.sources.queries, info.context.scope, info.context.request_id)


mno_quality_field: Final = report_field(_mno_quality, answers.MnoQuality, QUERY)
cost_quality_field: Final = report_field(_cost_quality, answers.CostQuality, QUERY)
