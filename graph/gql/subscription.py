"""The root type Subscription."""

from collections.abc import AsyncIterator
from typing import Annotated, TypeAlias

import strawberry

from graph.access import administration
from graph.errors import InvalidQueryError, ServerStoppingError
from graph.gql.context import RequestInfo
from graph.gql.cost import PRICE, REPORT
from graph.gql.types import object_type
from graph.reports import answers
from graph.reports.live import MAX_INTERVAL, MIN_INTERVAL, live_throughput

Every: TypeAlias = Annotated[
    int, strawberry.argument(description=f"Seconds between two events, from {MIN_INTERVAL} to {MAX_INTERVAL}.")
]


async def _live_throughput(info: RequestInfo, every: Every = 5) -> AsyncIterator[answers.LiveThroughput]:
    context = info.context
    administration(context.scope)
    if not MIN_INTERVAL <= every <= MAX_INTERVAL:
        raise InvalidQueryError(f"every must be an integer from {MIN_INTERVAL} to {MAX_INTERVAL}.")
    with context.sources.streams.slot(context.scope.caller):
        async for event in live_throughput(context.reader, context.scope, every, context.sources.closing):
            yield event
    if context.sources.closing.is_set():
        raise ServerStoppingError("This server is stopping; subscribe again.")


@strawberry.type(description="Streams of answers, as server-sent events.")
class Subscription:
    """The root of subscriptions. Each field is a stream."""

    live_throughput = strawberry.subscription(
        _live_throughput,
        graphql_type=object_type(answers.LiveThroughput),
        description=answers.LiveThroughput.about,
        metadata={PRICE: REPORT},
        directives=REPORT.directives,
    )
