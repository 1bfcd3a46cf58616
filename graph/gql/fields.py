"""Fields whose value is a report. They are nullable, so a field that fails leaves the others their values."""

from typing import Any

import strawberry

from graph.answer import Report
from graph.gql.cost import PRICE, Price
from graph.gql.types import object_type


def report_field(resolver: Any, answer: type[Report], price: Price, description: str = "") -> Any:
    """A field whose value is this answer. By default, the answer's `about` describes it."""
    return strawberry.field(
        resolver,
        graphql_type=object_type(answer) | None,
        description=description or answer.about,
        metadata={PRICE: price},
        directives=price.directives,
    )
