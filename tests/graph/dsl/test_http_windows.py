"""Relative windows of queries and insights over HTTP: they are reported, and the same on all pages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.graph.support.api import ADMIN
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import BY_CODE, START, Json, QueryClient, tenant

pytestmark = pytest.mark.anyio


def whole() -> str:
    """A length that reaches back beyond all facts."""
    return f"{(datetime.now(UTC) - START).days + 2}d"


def moving(**more: Any) -> Json:
    return {**BY_CODE, "time": {"last": whole(), "granularity": "day", "timezone": "Asia/Kabul"}, **more}


def without_elapsed(answer: Json) -> Json:
    return {**answer, "meta": {**answer["meta"], "elapsedMs": 0}}


@pytest.mark.parametrize("caller", [ADMIN, tenant("t-3")])
async def test_a_relative_window_is_reported_and_equals_two_times(
    query_client: QueryClient, caller: Mapping[str, str]
) -> None:
    before = datetime.now(UTC)
    answer = await query_client.ask(moving(), caller)
    window = answer["meta"]["window"]
    start, end = (datetime.fromisoformat(window[name]) for name in ("from", "to"))
    assert before <= end <= datetime.now(UTC)
    assert end - start == timedelta(days=int(whole()[:-1]))
    assert len(answer["data"]) > 3
    again = await query_client.ask({**moving(), "time": {**moving()["time"], "last": None, **window}}, caller)
    assert without_elapsed(again) == without_elapsed(answer)


@pytest.mark.parametrize("time", [{"window": "lastMonth"}, {"window": "yesterday", "timezone": "Asia/Kabul"}])
async def test_a_period_equals_two_times(query_client: QueryClient, time: Json) -> None:
    answer = await query_client.ask({**BY_CODE, "time": time, "compareTo": "sameElapsed"}, ADMIN)
    window = answer["meta"]["window"]
    times = {**time, "window": None, **window}
    again = await query_client.ask({**BY_CODE, "time": times, "compareTo": "sameElapsed"}, ADMIN)
    assert without_elapsed(again) == without_elapsed(answer)


async def test_all_pages_share_the_window_of_the_first(query_client: QueryClient) -> None:
    first = await query_client.ask(moving(limit=7), ADMIN)
    rows, page, windows = [*first["data"]], first["page"], [first["meta"]["window"]]
    while page["hasNextPage"]:
        answer = await query_client.ask(moving(limit=7, after=page["endCursor"]), ADMIN)
        rows += answer["data"]
        windows.append(answer["meta"]["window"])
        page = answer["page"]
    assert len(windows) > 3
    assert windows == [windows[0]] * len(windows)
    times = {**moving()["time"], "last": None, **windows[0]}
    assert rows == (await query_client.ask({**BY_CODE, "time": times}, ADMIN))["data"]


async def test_the_instant_of_a_cursor_cannot_be_changed(query_client: QueryClient) -> None:
    cursor = (await query_client.ask(moving(limit=1), ADMIN))["page"]["endCursor"]
    at, dot, signed = cursor.partition(".")
    assert dot
    for changed in (f"{int(at) + 1}.{signed}", signed, f"{at}.", f"{at}.{signed}x", f"{at[:-1]}.{signed}"):
        response = await query_client.post(moving(limit=1, after=changed), ADMIN)
        assert "This cursor does not belong to this query" in check_problem(response, 400, "INVALID_QUERY")
    assert (await query_client.post(moving(limit=1, after=cursor), ADMIN)).status_code == 200


async def test_one_request_has_one_instant(query_client: QueryClient) -> None:
    field = 'query(input: {dataset: "dlr", measures: ["messages"], time: {last: "1h"}}) { meta { window { from to } } }'
    body = {"query": "{ " + " ".join(f"f{number}: {field}" for number in range(5)) + " }"}
    answer = (await query_client.client.post("/graphql", json=body, headers=dict(ADMIN))).json()
    windows = [each["meta"]["window"] for each in answer["data"].values()]
    assert windows == [windows[0]] * 5


@pytest.mark.parametrize("path", ["mno-quality", "cost-quality"])
@pytest.mark.parametrize("given", [{"last": "40d"}, {"window": "lastMonth", "timezone": "Asia/Kabul"}], ids=str)
async def test_insights(query_client: QueryClient, path: str, given: dict[str, str]) -> None:
    async def ask(**parameters: str) -> Any:
        url = f"/v1/insights/{path}"
        return (await query_client.client.get(url, params=parameters, headers=dict(ADMIN))).raise_for_status().json()

    answer = await ask(**given)
    assert answer["window"]["from"] < answer["window"]["to"]
    assert await ask(**answer["window"]) == answer
    field = "mnoQuality" if path == "mno-quality" else "costQuality"
    answers = [
        await graph(query_client, field, ", ".join(f'{name}: "{value}"' for name, value in each.items()))
        for each in (given, answer["window"], {"window": "{from}/{to}".format(**answer["window"])})
    ]
    assert answers == [{"window": answer["window"], "mnos": [{"mno": each["mno"]} for each in answer["mnos"]]}] * 3


async def graph(query_client: QueryClient, field: str, arguments: str) -> Any:
    body = {"query": f"{{ {field}({arguments}) {{ window {{ from to }} mnos {{ mno }} }} }}"}
    answer = (await query_client.client.post("/graphql", json=body, headers=dict(ADMIN))).json()
    assert "errors" not in answer, answer
    return answer["data"][field]
