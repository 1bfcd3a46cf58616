"""The root of the GraphQL schema: each field is one report."""

from typing import TypeAlias

import strawberry
from strawberry import Info

from graph import access
from graph.access import checked_id
from graph.dsl.answers import QueryAnswer
from graph.dsl.catalog import CATALOG, Catalog
from graph.errors import InvalidQueryError
from graph.gql.arguments import (
    AccountId,
    By,
    From,
    Granularity,
    Id,
    Limit,
    Of,
    OperatorId,
    Resolution,
    To,
    TrendBy,
    TrendPoints,
    read_granularity,
    read_long_window,
    read_resolution,
    read_trend_granularity,
    read_window,
)
from graph.gql.connections import (
    ACCOUNTS_DESCRIPTION,
    OPERATORS_DESCRIPTION,
    Account,
    Connection,
    Operator,
    accounts,
    operators,
)
from graph.gql.context import Context
from graph.gql.insights import cost_quality_field, mno_quality_field
from graph.gql.queries import QueryArgument, as_json
from graph.gql.reconciliation import DESCRIPTION as RECONCILIATION_DESCRIPTION
from graph.gql.reconciliation import ReconciliationConnection, reconciliation
from graph.gql.types import object_type
from graph.reports import answers
from graph.reports.breakdown import delivery_breakdown
from graph.reports.freshness import freshness
from graph.reports.summary import summary
from graph.reports.throughput import throughput
from graph.reports.top_operators import FEW_OPERATORS, MOST_OPERATORS, top_operators
from graph.reports.trend import trend
from graph.reports.trend_answer import Trend

Asked: TypeAlias = Info[Context, None]


async def _summary(
    info: Asked, from_: From = None, to: To = None, granularity: By = Granularity.HOURLY
) -> answers.Summary:
    window, by = read_window(from_, to), info.context.granularity(read_granularity(granularity))
    return await summary(info.context.reader, info.context.scope, window, by)


async def _operator(
    info: Asked, operator_id: Id, from_: From = None, to: To = None, granularity: By = Granularity.HOURLY
) -> answers.OperatorPerformance:
    access.operator(info.context.scope, checked_id("id", operator_id))
    window, by = read_window(from_, to), info.context.granularity(read_granularity(granularity))
    return await info.context.operator(operator_id, window, by)


async def _account(info: Asked, account_id: Id, from_: From = None, to: To = None) -> answers.AccountUsage:
    access.account(info.context.scope, checked_id("id", account_id))
    return await info.context.account(account_id, read_window(from_, to))


async def _throughput(
    info: Asked,
    from_: From = None,
    to: To = None,
    resolution: Of = Resolution.ONE_HOUR,
    operator_id: OperatorId = None,
    account_id: AccountId = None,
) -> answers.Throughput:
    window, each = read_window(from_, to), read_resolution(resolution)
    return await throughput(
        info.context.reader,
        info.context.scope,
        window,
        each,
        operator_id=None if operator_id is None else checked_id("operatorId", operator_id),
        account_id=None if account_id is None else checked_id("accountId", account_id),
    )


async def _delivery_breakdown(info: Asked, from_: From = None, to: To = None) -> answers.DeliveryBreakdown:
    return await delivery_breakdown(info.context.reader, info.context.scope, read_window(from_, to))


async def _top_operators(
    info: Asked,
    limit: Limit = FEW_OPERATORS,
    from_: From = None,
    to: To = None,
    granularity: By = Granularity.HOURLY,
) -> answers.TopOperators:
    if not 1 <= limit <= MOST_OPERATORS:
        raise InvalidQueryError(f"limit must be an integer from 1 to {MOST_OPERATORS}.")
    window, by = read_window(from_, to), info.context.granularity(read_granularity(granularity))
    return await top_operators(info.context.reader, info.context.scope, window, by, limit)


async def _trend(
    info: Asked,
    from_: From = None,
    to: To = None,
    granularity: TrendPoints = TrendBy.DAILY,
    operator_id: OperatorId = None,
    account_id: AccountId = None,
) -> Trend:
    return await trend(
        info.context.reader,
        info.context.scope,
        read_long_window(from_, to),
        read_trend_granularity(granularity),
        operator_id=None if operator_id is None else checked_id("operatorId", operator_id),
        account_id=None if account_id is None else checked_id("accountId", account_id),
    )


async def _query(info: Asked, asked: QueryArgument) -> QueryAnswer:
    async with info.context.query_turns:
        context = info.context
        return (await context.sources.queries.answer(context.scope, as_json(asked), context.request_id)).answer


async def _catalog(_: Asked) -> Catalog:
    return CATALOG


async def _freshness(info: Asked) -> answers.Freshness:
    return await freshness(info.context.reader, info.context.progress)


@strawberry.type(description="Reports of messages, deliveries and costs: the same names and numbers as REST.")
class Query:
    """Every field is nullable, so that one that fails leaves the others their answers."""

    summary = strawberry.field(
        _summary, graphql_type=object_type(answers.Summary) | None, description="The platform at a glance."
    )
    operator = strawberry.field(
        _operator,
        graphql_type=object_type(answers.OperatorPerformance) | None,
        description="How one operator carried its messages; an error NOT_FOUND when nothing is known of it.",
    )
    account = strawberry.field(
        _account,
        graphql_type=object_type(answers.AccountUsage) | None,
        description="What one account sent, and what it cost.",
    )
    throughput = strawberry.field(
        _throughput, graphql_type=object_type(answers.Throughput) | None, description="Messages over time."
    )
    delivery_breakdown = strawberry.field(
        _delivery_breakdown,
        graphql_type=object_type(answers.DeliveryBreakdown) | None,
        description="What became of the messages, on the platform and by operator.",
    )
    top_operators = strawberry.field(
        _top_operators,
        graphql_type=object_type(answers.TopOperators) | None,
        description="The busiest operators.",
    )
    trend = strawberry.field(
        _trend,
        graphql_type=object_type(Trend) | None,
        description="Days or months over up to ten years, recent and archived alike.",
    )
    operators = strawberry.field(operators, graphql_type=Connection[Operator] | None, description=OPERATORS_DESCRIPTION)
    accounts = strawberry.field(accounts, graphql_type=Connection[Account] | None, description=ACCOUNTS_DESCRIPTION)
    freshness = strawberry.field(
        _freshness,
        graphql_type=object_type(answers.Freshness) | None,
        description="How fresh the answers are, in the data's own time, for each projection of the events.",
    )
    query = strawberry.field(
        _query,
        graphql_type=object_type(QueryAnswer) | None,
        description="The typed query language: measures by dimensions and time. The same shape as REST.",
    )
    mno_quality = mno_quality_field
    cost_quality = cost_quality_field
    catalog = strawberry.field(
        _catalog, graphql_type=object_type(Catalog) | None, description="What `query` can be asked, and what it means."
    )
    reconciliation = strawberry.field(
        reconciliation, graphql_type=ReconciliationConnection | None, description=RECONCILIATION_DESCRIPTION
    )
