"""Answers of all daily reports, for comparisons with what they said at another instant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tests.graph.support.api import Api
from tests.graph.support.rows import ACCOUNTS, OPERATORS
from tests.graph.support.store import Store

NOT_KEPT: Final = frozenset({"dataAsOf", "completeUntil", "quality"})
DAILY: Final[Mapping[str, Mapping[str, str]]] = {
    "summary": {"granularity": "daily"},
    **{f"operators/{each}/performance": {"granularity": "daily"} for each in OPERATORS},
    **{f"accounts/{each}/usage": {} for each in ACCOUNTS},
    "delivery-breakdown": {},
    "top-operators": {"granularity": "daily"},
}
"""The paths of daily reports, with their parameters."""


def figures(answer: Any) -> Any:
    """An answer without how far events were counted, which is not kept."""
    match answer:
        case dict():
            return {key: figures(value) for key, value in answer.items() if key not in NOT_KEPT}
        case list():
            return [figures(each) for each in answer]
        case _:
            return answer


async def answers(api: Api, begin: datetime, end: datetime, **more: str) -> Mapping[str, Any]:
    """Every daily report of a window by its path: its figures, or the detail of its refusal."""
    found = {}
    for path, parameters in DAILY.items():
        response = await api.get(path, from_=begin.isoformat(), to=end.isoformat(), **parameters, **more)
        assert response.status_code in {200, 400, 404}, response.text
        body = response.json()
        found[path] = figures(body) if response.status_code == 200 else body["detail"]
    return found


async def instant_now(store: Store) -> str:
    """The time of PostgreSQL."""
    instant: datetime = await store.connection.fetchval("select clock_timestamp()")
    return instant.isoformat()
