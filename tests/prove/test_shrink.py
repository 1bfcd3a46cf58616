"""A question becomes as small as its difference allows."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from tests.graph.support.store import HOUR
from tests.prove.question import Question
from tests.prove.reports import ReportQuestion
from tests.prove.shrink import MOST, shrunk
from tests.prove.typed import SHORT, TypedQuestion

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 25, tzinfo=UTC)


async def test_the_smallest_question_with_the_difference_is_left() -> None:
    """The difference needs one measure and one moment; all else goes."""
    time = {
        "from": "2026-10-25T00:00:00Z",
        "to": "2026-10-26T00:00:00Z",
        "granularity": "hour",
        "timezone": "Asia/Kabul",
    }
    only = {"and": [{"field": "mno", "op": "eq", "value": "AWCC"}, {"field": "lane", "op": "eq", "value": "OTP"}]}
    question = TypedQuestion(
        "t-1",
        {
            "dataset": "dlr",
            "measures": ["messages", "deliveryRate"],
            "dimensions": ["mno", "lane"],
            "time": time,
            "filter": only,
            "orderBy": [{"field": "lane"}, {"field": "deliveryRate"}],
            "totals": True,
        },
    )

    async def differences(asked: Question) -> Sequence[str]:
        assert isinstance(asked, TypedQuestion)
        start, end = (datetime.fromisoformat(asked.query["time"][edge]) for edge in ("from", "to"))
        within = start <= START + 5 * HOUR < end
        return ["differs"] if within and "deliveryRate" in asked.query["measures"] and asked.query["filter"] else []

    smallest, lines = await shrunk(question, ["differs"], differences)
    assert lines == ["differs"]
    assert isinstance(smallest, TypedQuestion)
    assert smallest.caller == "admin"
    start, end = (datetime.fromisoformat(smallest.query["time"][edge]) for edge in ("from", "to"))
    assert end - start <= SHORT
    assert {name: value for name, value in smallest.query.items() if value and name != "time"} == {
        "dataset": "dlr",
        "measures": ["deliveryRate"],
        "filter": only["and"][0],
    }


async def test_no_more_questions_than_the_limit_are_asked() -> None:
    asked = 0

    async def differences(_: Question) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return ["always"]

    question = ReportQuestion("finance", "operator", "op-1", (START, START + 48 * HOUR), "hourly")
    smallest, _ = await shrunk(question, ["always"], differences)
    assert smallest == ReportQuestion("admin", "operator", "op-1", (START, START + HOUR), "daily")
    assert asked <= MOST
