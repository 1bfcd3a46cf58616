"""The insights' routes, in the shape of every report's."""

from typing import Final

from graph.errors import ForbiddenError, InvalidQueryError, InvalidWindowError, QueryTooExpensiveError
from graph.http.parameters import read_choice, read_id
from graph.insights import answers
from graph.insights.cost_quality import cost_quality
from graph.insights.mno_quality import Traffic, mno_quality
from graph.insights.parameters import DIRECTION, LANE, TENANT
from graph.insights.queries import InsightQueries
from graph.reports import parameters as p
from graph.rest.endpoints import Ask, Endpoint

_BAD: Final = (InvalidWindowError, InvalidQueryError, ForbiddenError, QueryTooExpensiveError)


async def _mno_quality(ask: Ask) -> answers.MnoQuality:
    direction = read_choice(DIRECTION, ask.query)
    traffic = Traffic(read_id(LANE, ask.query), direction, read_id(TENANT, ask.query))
    return await mno_quality(_asking(ask), ask.window, traffic)


async def _cost_quality(ask: Ask) -> answers.CostQuality:
    return await cost_quality(_asking(ask), ask.window)


def _asking(ask: Ask) -> InsightQueries:
    return InsightQueries(ask.queries, ask.scope, ask.request_id)


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
