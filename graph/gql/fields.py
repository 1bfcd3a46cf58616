"""Fields that answer with a report: nullable, so that one that fails leaves the others their answers."""

from typing import Any

import strawberry

from graph.gql.cost import PRICE, Price
from graph.gql.types import object_type
from graph.reports.answers import Report


def report_field(resolver: Any, answer: type[Report], price: Price, description: str = "") -> Any:
    """A field of this answer, which describes it unless there is a `description`; `price` is what it costs."""
    return strawberry.field(
        resolver,
        graphql_type=object_type(answer) | None,
        description=description or answer.about,
        metadata={PRICE: price},
    )
