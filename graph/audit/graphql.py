"""GraphQL on the audit listener: one root field with the answers of `POST /v1/audit/query`."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

import strawberry
from graphql import GraphQLSchema
from starlette.requests import Request
from strawberry import Info
from strawberry.schema.config import StrawberryConfig

from graph.audit.answers import AuditAnswer
from graph.audit.audits import Audits
from graph.audit.regulator import REGULATOR, Regulator
from graph.audit.request import SHAPE
from graph.gql.context import MAX_QUERIES_AT_ONCE
from graph.gql.cost import QUERY
from graph.gql.documents import Document, documents
from graph.gql.endpoint import GraphQL
from graph.gql.fields import report_field
from graph.gql.inputs import as_json, input_type
from graph.gql.persisted import Persisted
from graph.gql.types import SCALARS
from graph.http.telemetry import Observer


class AuditContext:
    """The context of one request, which arrived at `now`."""

    def __init__(
        self, audits: Audits, regulator: Regulator, document: Document, request_id: str, now: datetime
    ) -> None:
        self.audits, self.regulator, self.document, self.request_id = audits, regulator, document, request_id
        self.now = now
        self.slots = asyncio.Semaphore(MAX_QUERIES_AT_ONCE)


AuditInput: Any = input_type(SHAPE)


async def _audit(
    info: Info[AuditContext, None],
    query: Annotated[Any, strawberry.argument(name="input", description="The query.", graphql_type=AuditInput)],
) -> AuditAnswer:
    context = info.context
    async with context.slots:
        return await context.audits.answer(context.regulator, context.request_id, as_json(query), context.now)


@strawberry.type(description="What the regulator may read. Each requested field is logged as an access.")
class Query:
    """The root field."""

    audit = report_field(_audit, AuditAnswer, QUERY)


_SCHEMA: Final = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
SCHEMA: Final[GraphQLSchema] = _SCHEMA._schema


def sdl() -> str:
    """The schema definition, as in schema/audit.graphql."""
    return _SCHEMA.as_str() + "\n"


def graphql_endpoint(audits: Audits, *, development: bool) -> GraphQL[Regulator]:
    """The GraphQL endpoint, behind RegulatorOnly and with the API's limits. `development` adds introspection."""
    return GraphQL(
        SCHEMA,
        documents(SCHEMA, introspection=development),
        Persisted({}),
        admit=_regulator,
        context=partial(AuditContext, audits),
        observer=Observer("anlyt.api.audit", "audit"),
    )


async def _regulator(request: Request) -> Regulator:
    regulator: Regulator = request.scope[REGULATOR]
    return regulator
