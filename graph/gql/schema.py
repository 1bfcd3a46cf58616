"""The GraphQL schema, and its text."""

from typing import Final

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from graph.gql.query import Query
from graph.gql.subscription import Subscription
from graph.gql.types import SCALARS

_SCHEMA: Final = strawberry.Schema(query=Query, subscription=Subscription, config=StrawberryConfig(scalar_map=SCALARS))

# Strawberry's own `execute` parses and validates each time unless extensions are stacked on it, and weighs
# documents in exponential time (graph/gql/documents.py says how); hence its attribute, which its docs use too.
SCHEMA: Final[GraphQLSchema] = _SCHEMA._schema


def sdl() -> str:
    """The schema definition, as schema/graph.graphql has it."""
    return _SCHEMA.as_str() + "\n"
