"""Directives that state prices in the SDL, so that a client knows the cost of a document before it sends it.

`@cost` and `@listSize` are those of the GraphQL Cost Directives Specification (ibm.github.io/graphql-specs). It has no
sizes that follow from a window of time: `@pointCost` and `@points` add these.
"""

import strawberry
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[
        Location.ARGUMENT_DEFINITION,
        Location.ENUM,
        Location.FIELD_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.OBJECT,
        Location.SCALAR,
    ],
    description="What a field costs, or a field of this type. The cost of an operation is the sum over its fields.",
)
class Cost:
    """A weight."""

    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="The field's `sizedFields` cost as much as one element, times the slicing argument.",
)
class ListSize:
    """The size of a list. We set no `assumed_size`: a slicing argument has a default."""

    assumed_size: int | None = strawberry.UNSET
    slicing_arguments: list[str] | None = strawberry.UNSET
    sized_fields: list[str] | None = strawberry.UNSET
    require_one_slicing_argument: bool | None = True


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="The field also costs 1 per point of its series, selected or not: a point per hour or UTC day that its "
    "window touches, as `@points` says of the value of `argument`, or else of the field. `least` is added, and the "
    "whole is multiplied by the argument `times`. An invalid window has no points.",
)
class PointCost:
    """The cost of a series."""

    argument: str | None = strawberry.UNSET
    least: int | None = strawberry.UNSET
    times: str | None = strawberry.UNSET


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.ENUM_VALUE],
    description="The points of a series per hour, or per UTC day, that its window touches.",
)
class Points:
    """The density of a series."""

    per_hour: int | None = strawberry.UNSET
    per_day: int | None = strawberry.UNSET


def weight(number: int) -> Cost:
    """The directive of a weight."""
    return Cost(weight=str(number))


FREE = weight(0)
ELEMENT = weight(1)  # of a page
