"""JSON Schema of a query's body, for OpenAPI. It cannot express which names belong to which dataset."""

from typing import Any, Final

from graph.dsl import conditions, parse

Json = dict[str, Any]

SCHEMAS: Final[Json] = {"Query": parse.SHAPE.schema, "QueryCondition": conditions.SCHEMA}
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
