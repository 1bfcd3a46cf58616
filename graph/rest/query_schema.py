"""JSON Schema of a query's body, for OpenAPI. What it cannot say (which names go with which), problems tell."""

from collections.abc import Iterable
from typing import Any, Final, get_args

from graph.dsl.ast import CompareTo, Direction
from graph.dsl.conditions import MOST_CONDITIONS, MOST_VALUES
from graph.dsl.parse import FEW_ROWS, LONGEST_CURSOR, MOST_DIMENSIONS, MOST_MEASURES, MOST_ROWS
from graph.dsl.span_schema import ONE_SPAN, SPAN
from schema.catalog import DATASETS, Granularity, Operator

Json = dict[str, Any]

CONDITION: Final = {"$ref": "#/components/schemas/QueryCondition"}


def _object(properties: Json, required: Iterable[str], description: str) -> Json:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _enum(values: Iterable[str]) -> Json:
    return {"enum": list(dict.fromkeys(values))}


def _names(names: Iterable[str], least: int, most: int, description: str) -> Json:
    every = _enum(names)
    return {"type": "array", "items": every, "minItems": least, "maxItems": most, "description": description}


def _nullable(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


_MEASURES: Final = [measure.name for dataset in DATASETS.values() for measure in dataset.measures]
_DIMENSIONS: Final = [dimension.name for dataset in DATASETS.values() for dimension in dataset.dimensions]
_SCALAR: Final[Json] = {"type": ["string", "number", "boolean", "null"]}
_VALUES: Final[Json] = {"type": "array", "items": _SCALAR, "minItems": 1, "maxItems": MOST_VALUES}
_CONDITIONS: Final[Json] = {"type": "array", "items": CONDITION, "minItems": 1, "maxItems": MOST_CONDITIONS}

_COMPARISON: Final = _object(
    {
        "field": _enum([*_DIMENSIONS, *_MEASURES]),
        "op": _enum(get_args(Operator)),
        "value": {"anyOf": [_SCALAR, _VALUES], "description": "A list for `in` and `notIn`."},
    },
    ("field", "op", "value"),
    "A dimension compared with a value; in `having`, a measure.",
)
_TIME: Final = (
    _object(
        {
            **SPAN,
            "granularity": {**_enum(get_args(Granularity)), "default": "none", "description": "How long buckets are."},
            "timezone": {"type": "string", "default": "UTC", "description": "IANA zone of `window` and of buckets."},
        },
        (),
        "The window, half-open and exact. A cursor of a page keeps what a moving one became.",
    )
    | ONE_SPAN
)
_ORDER: Final = _object(
    {
        "field": {**_enum(["time", *_DIMENSIONS, *_MEASURES]), "description": "`time`, or a name asked for."},
        "direction": {**_enum(get_args(Direction)), "default": "asc"},
    },
    ("field",),
    "What rows are ordered by; ties are broken by the other dimensions.",
)
_QUERY: Final = _object(
    {
        "dataset": _enum(DATASETS),
        "measures": _names(_MEASURES, 1, MOST_MEASURES, "Numbers of each row; the catalog says what they mean."),
        "dimensions": _names(_DIMENSIONS, 0, MOST_DIMENSIONS, "Texts that rows are grouped by."),
        "time": _TIME,
        "filter": _nullable(CONDITION),
        "having": _nullable(CONDITION),
        "orderBy": {"type": "array", "items": _ORDER},
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": FEW_ROWS},
        "after": _nullable({"type": "string", "maxLength": LONGEST_CURSOR, "description": "A page's endCursor."}),
        "compareTo": _nullable(_enum(get_args(CompareTo))),
        "totals": {"type": "boolean", "default": False, "description": "Also the measures over all rows."},
        "explain": {"type": "boolean", "default": False, "description": "Only tell what the query would do."},
    },
    ("dataset", "measures", "time"),
    "Measures by dimensions and time.",
)

SCHEMAS: Final[Json] = {
    "Query": _QUERY,
    "QueryCondition": {
        "anyOf": [
            _COMPARISON,
            _object({"and": _CONDITIONS}, ["and"], "All of these."),
            _object({"or": _CONDITIONS}, ["or"], "Any of these."),
            _object({"not": CONDITION}, ["not"], "Not this."),
        ]
    },
}
EXAMPLE: Final[Json] = {
    "dataset": "dlr",
    "measures": ["messages", "deliveryRate", "p95LatencyMs"],
    "dimensions": ["mno", "lane"],
    "time": {
        "from": "2026-10-01T00:00:00Z",
        "to": "2026-11-01T00:00:00Z",
        "granularity": "day",
        "timezone": "Asia/Kabul",
    },
    "filter": {"field": "lane", "op": "in", "value": ["OTP", "TRANSACTIONAL"]},
    "orderBy": [{"field": "time", "direction": "asc"}, {"field": "messages", "direction": "desc"}],
    "totals": True,
}
