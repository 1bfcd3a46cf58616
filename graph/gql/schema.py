"""The GraphQL schema and its SDL."""

from typing import Final

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from graph.gql.query import Query
from graph.gql.subscription import Subscription
from graph.gql.types import SCALARS

_SCHEMA: Final = strawberry.Schema(query=Query, subscription=Subscription, config=StrawberryConfig(scalar_map=SCALARS))

# The endpoint executes graphql-core's schema. Strawberry's own `execute` parses and validates each document again, and
# its limits on documents take exponential time. Strawberry's documentation uses this attribute, too.
SCHEMA: Final[GraphQLSchema] = _SCHEMA._schema


def sdl() -> str:
    """The schema definition, as in schema/graph.graphql."""
    return _SCHEMA.as_str() + "\n"
