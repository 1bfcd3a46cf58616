"""The root type Query: one field per report."""

import strawberry

from graph import access
from graph.access import checked_id
from graph.dsl.answers import QueryAnswer
from graph.dsl.catalog import CATALOG, Catalog
from graph.errors import InvalidQueryError
from graph.gql.arguments import (
    AccountId,
    AccountOf,
    AsOf,
    Granularity,
    GranularityOf,
    Limit,
    OperatorId,
    OperatorOf,
    Resolution,
    ResolutionOf,
    TrendBy,
    TrendPoints,
    read_granularity,
    read_long_window,
    read_resolution,
    read_trend_granularity,
    read_window,
    windowed,
)
from graph.gql.connections import accounts_field, operators_field
from graph.gql.context import RequestInfo
from graph.gql.cost import DAYS, LEDGER, QUERY, REPORT, SERIES, THROUGHPUT, TOP_OPERATORS, TREND
from graph.gql.fields import report_field
from graph.gql.inputs import QueryArgument, as_json
from graph.gql.insights import cost_quality_field, mno_quality_field
from graph.gql.reconciliation import explanation_field, reconciliation_field
from graph.gql.restatements import restatements_field
from graph.reports import answers
from graph.reports.answers import Trend
from graph.reports.breakdown import delivery_breakdown
from graph.reports.freshness import freshness
from graph.reports.ledger import ledger
from graph.reports.ledger_answer import Ledger
from graph.reports.operators import DEFAULT_OPERATORS, MAX_OPERATORS, top_operators
from graph.reports.parameters import read_as_of
from graph.reports.summary import summary
from graph.reports.throughput import throughput
from graph.reports.trend import trend
from graph.reports.windows import WindowRequest


@windowed
async def _summary(
    info: RequestInfo,
    window_request: WindowRequest,
    granularity: GranularityOf = Granularity.HOURLY,
    as_of: AsOf = None,
) -> answers.Summary:
    window, by = read_window(window_request, info.context.now), info.context.granularity(read_granularity(granularity))
    return await summary(info.context.reader.at(read_as_of(as_of)), info.context.scope, window, by)


@windowed
async def _operator(
    info: RequestInfo,
    operator_id: OperatorOf,
    window_request: WindowRequest,
    granularity: GranularityOf = Granularity.HOURLY,
    as_of: AsOf = None,
) -> answers.OperatorPerformance:
    access.operator(info.context.scope, checked_id("id", operator_id))
    window, by = read_window(window_request, info.context.now), info.context.granularity(read_granularity(granularity))
    return await info.context.operator(operator_id, window, by, read_as_of(as_of))


@windowed
async def _account(
    info: RequestInfo, account_id: AccountOf, window_request: WindowRequest, as_of: AsOf = None
) -> answers.AccountUsage:
    access.account(info.context.scope, checked_id("id", account_id))
    window = read_window(window_request, info.context.now)
    return await info.context.account(account_id, window, read_as_of(as_of))


def _checked(name: str, id_: str | None) -> str | None:
    """An id that may be absent. Raises InvalidQueryError if it is malformed."""
    return None if id_ is None else checked_id(name, id_)


@windowed
async def _throughput(
    info: RequestInfo,
    window_request: WindowRequest,
    resolution: ResolutionOf = Resolution.ONE_HOUR,
    operator_id: OperatorId = None,
    account_id: AccountId = None,
) -> answers.Throughput:
    window, point = read_window(window_request, info.context.now), read_resolution(resolution)
    return await throughput(
        info.context.reader,
        info.context.scope,
        window,
        point,
        operator_id=_checked("operatorId", operator_id),
        account_id=_checked("accountId", account_id),
    )


@windowed
async def _delivery_breakdown(
    info: RequestInfo, window_request: WindowRequest, as_of: AsOf = None
) -> answers.DeliveryBreakdown:
    window = read_window(window_request, info.context.now)
    return await delivery_breakdown(info.context.reader.at(read_as_of(as_of)), info.context.scope, window)


@windowed
async def _top_operators(
    info: RequestInfo,
    window_request: WindowRequest,
    limit: Limit = DEFAULT_OPERATORS,
    granularity: GranularityOf = Granularity.HOURLY,
    as_of: AsOf = None,
) -> answers.TopOperators:
    if not 1 <= limit <= MAX_OPERATORS:
        raise InvalidQueryError(f"limit must be an integer from 1 to {MAX_OPERATORS}.")
    window, by = read_window(window_request, info.context.now), info.context.granularity(read_granularity(granularity))
    return await top_operators(info.context.reader.at(read_as_of(as_of)), info.context.scope, window, by, limit)


@windowed
async def _trend(
    info: RequestInfo,
    window_request: WindowRequest,
    granularity: TrendPoints = TrendBy.DAILY,
    operator_id: OperatorId = None,
    account_id: AccountId = None,
) -> Trend:
    return await trend(
        info.context.reader,
        info.context.scope,
        read_long_window(window_request, info.context.now),
        read_trend_granularity(granularity),
        operator_id=_checked("operatorId", operator_id),
        account_id=_checked("accountId", account_id),
    )


@windowed
async def _ledger(info: RequestInfo, window_request: WindowRequest) -> Ledger:
    return await ledger(info.context.reader, info.context.scope, read_window(window_request, info.context.now))


async def _query(info: RequestInfo, query: QueryArgument) -> QueryAnswer:
    async with info.context.query_slots:
        context = info.context
        return (
            await context.sources.queries.answer(context.scope, as_json(query), context.request_id, context.now)
        ).answer


async def _catalog(_: RequestInfo) -> Catalog:
    return CATALOG


async def _freshness(info: RequestInfo) -> answers.Freshness:
    return await freshness(info.context.reader, info.context.progress)


@strawberry.type(description="Reports of messages, deliveries and costs: the same names and numbers as REST.")
class Query:
    """The root of queries. Each field has a price (graph/gql/cost.py)."""

    summary = report_field(_summary, answers.Summary, SERIES)
    operator = report_field(_operator, answers.OperatorPerformance, SERIES)
    account = report_field(_account, answers.AccountUsage, DAYS)
    throughput = report_field(_throughput, answers.Throughput, THROUGHPUT)
    delivery_breakdown = report_field(_delivery_breakdown, answers.DeliveryBreakdown, DAYS)
    top_operators = report_field(_top_operators, answers.TopOperators, TOP_OPERATORS)
    trend = report_field(_trend, Trend, TREND)
    operators = operators_field
    accounts = accounts_field
    freshness = report_field(_freshness, answers.Freshness, REPORT)
    query = report_field(_query, QueryAnswer, QUERY)
    mno_quality = mno_quality_field
    cost_quality = cost_quality_field
    catalog = report_field(_catalog, Catalog, REPORT)
    reconciliation = reconciliation_field
    reconciliation_explanation = explanation_field
    ledger = report_field(_ledger, Ledger, LEDGER)
    restatements = restatements_field
