"""JSON Schema of a window's members, as spans.py reads them."""

from typing import Any, Final

from graph.reports.relative import LAST_PATTERN, PERIODS

Json = dict[str, Any]

INSTANT: Final[Json] = {"type": "string", "format": "date-time", "description": "RFC 3339, with an offset."}
SPAN: Final[Json] = {
    "from": INSTANT,
    "to": {**INSTANT, "description": "RFC 3339, with an offset; excluded."},
    "window": {
        "enum": list(PERIODS),
        "description": "In place of `from` and `to`: a day or month of `timezone`; today and thisMonth last until now.",
    },
    "last": {
        "type": "string",
        "pattern": f"^{LAST_PATTERN}$",
        "description": "In place of `from` and `to`: so many hours or days (of 24 hours) until now: 24h, 7d.",
    },
}
# Either both times, or one of the others.
ONE_SPAN: Final[Json] = {
    "oneOf": [{"required": ["from", "to"]}, {"required": ["window"]}, {"required": ["last"]}],
    "dependentRequired": {"from": ["to"], "to": ["from"]},
}
