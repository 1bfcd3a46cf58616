"""The parameters of insights besides their window, for REST and GraphQL."""

from typing import Final, get_args

from graph.access import ID_PATTERN
from graph.http.parameters import Parameter
from schema.facts import UNKNOWN
from schema.values import Direction

LANE: Final = Parameter("lane", {"type": "string", "pattern": ID_PATTERN}, "Only messages of this lane.")
DIRECTION: Final = Parameter(
    "direction", {"enum": [*get_args(Direction), UNKNOWN]}, "Only messages to a handset (`MT`), or from one (`MO`)."
)
TENANT: Final = Parameter(
    "tenantId",
    {"type": "string", "pattern": ID_PATTERN},
    "Only messages of this tenant; a tenant sees only its own.",
)
