"""The list of the REST endpoints of insights, in the same form as those of reports."""

from typing import Final

from graph.errors import ForbiddenError, InvalidQueryError, InvalidWindowError, QueryTooExpensiveError
from graph.http.parameters import read_choice, read_id
from graph.insights import answers
from graph.insights.cost_quality import cost_quality
from graph.insights.mno_quality import Traffic, mno_quality
from graph.insights.parameters import DIRECTION, LANE, TENANT
from graph.insights.queries import InsightQueries
from graph.reports import parameters as p
from graph.rest.endpoints import Endpoint, ReportRequest

_BAD: Final = (InvalidWindowError, InvalidQueryError, ForbiddenError, QueryTooExpensiveError)


async def _mno_quality(request: ReportRequest) -> answers.MnoQuality:
    direction = read_choice(DIRECTION, request.query)
    traffic = Traffic(read_id(LANE, request.query), direction, read_id(TENANT, request.query))
    return await mno_quality(_insight_queries(request), request.window, traffic)


async def _cost_quality(request: ReportRequest) -> answers.CostQuality:
    return await cost_quality(_insight_queries(request), request.window)


def _insight_queries(request: ReportRequest) -> InsightQueries:
    return InsightQueries(request.queries, request.scope, request.request_id)


INSIGHTS: Final = (
    Endpoint(
        "/v1/insights/mno-quality",
        "mnoQuality",
        "anlyt.api.mnoQuality",
        (*p.WINDOW, LANE, DIRECTION, TENANT),
        answers.MnoQuality,
        _BAD,
        _mno_quality,
    ),
    Endpoint(
        "/v1/insights/cost-quality",
        "costQuality",
        "anlyt.api.costQuality",
        p.WINDOW,
        answers.CostQuality,
        _BAD,
        _cost_quality,
    ),
)
