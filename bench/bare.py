"""The statements of `reports` behind a bare Starlette and a bare Strawberry: the least that HTTP and GraphQL cost.

`python -m bench.bare` serves them at the API's paths, with its field names, and without its scopes, limits, snapshots
and late events. ANLYT_POSTGRES_DSN names the database.
"""

import os
import socket
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final

import asyncpg
import msgspec
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from bench.reports import SUMMARY, USAGE
from infra.postgres import Pool

CONNECTIONS: Final = 8
CACHES: Final = [ParserCache, ValidationCache]


@strawberry.type
class Summary:
    """Six figures of a window. The latency's samples stand for the peak rate, which is no sum."""

    total_messages: int
    delivered_messages: int
    failed_messages: int
    pending_messages: int
    total_cost: str
    peak_tps: int


@strawberry.type
class Day:
    """Four sums of one day."""

    date: date
    sent: int
    delivered: int
    failed: int
    cost: str


@strawberry.type
class Account:
    """The days of an account."""

    daily_breakdown: list[Day]


Start = Annotated[datetime, strawberry.argument(name="from")]
End = Annotated[datetime, strawberry.argument(name="to")]


class Bare:
    """The endpoints over one pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def summary(self, start: datetime, end: datetime) -> Summary:
        row = await self._pool.fetchrow(SUMMARY, start, end)
        assert row is not None
        total, delivered, failed, cost, _, samples = row
        return Summary(
            total_messages=total,
            delivered_messages=delivered,
            failed_messages=failed,
            pending_messages=total - delivered - failed,
            total_cost=_money(cost),
            peak_tps=samples,
        )

    async def days(self, account: str, start: datetime, end: datetime) -> list[Day]:
        rows = await self._pool.fetch(USAGE, account, start, end)
        return [
            Day(date=day, sent=sent, delivered=delivered, failed=failed, cost=_money(cost))
            for day, sent, delivered, failed, cost in rows
        ]

    async def get_summary(self, request: Request) -> Response:
        return _json(await self.summary(*_window(request)))

    async def get_usage(self, request: Request) -> Response:
        return _json(await self.days(request.path_params["account"], *_window(request)))


def app(bare: Bare) -> Starlette:
    @strawberry.type
    class Query:
        @strawberry.field
        async def summary(self, start: Start, end: End) -> Summary:
            return await bare.summary(start, end)

        @strawberry.field
        async def account(self, id: strawberry.ID, start: Start, end: End) -> Account:  # noqa: A002  # the API's name
            return Account(daily_breakdown=await bare.days(id, start, end))

    return Starlette(
        routes=[
            Route("/v1/internal/analytics/summary", bare.get_summary),
            Route("/v1/internal/analytics/accounts/{account}/usage", bare.get_usage),
            Route("/graphql", GraphQL(strawberry.Schema(Query, extensions=CACHES))),
        ]
    )


def _window(request: Request) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(request.query_params["from"]), datetime.fromisoformat(request.query_params["to"])


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _money(amount: Decimal) -> str:
    return f"{amount:.6f}"


async def serve(dsn: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    async with asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        print(f"Serving http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            app(Bare(pool)),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=600,  # the connections wait for their turn
        )
        await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(os.environ["ANLYT_POSTGRES_DSN"]))
