"""What all requests share: ids, parameters, unknown paths, methods, long URLs, masked errors."""

import json
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest

from graph.reports import parameters as p
from graph.rest.endpoints import ENDPOINTS
from infra.postgres import Pool
from tests.graph.support.api import ADMIN, REPORTS, Api
from tests.graph.support.problems import check_problem
from tests.graph.support.store import BREAK, REPAIR, Row, Store, iso

pytestmark = pytest.mark.anyio

WITH_WINDOW = [endpoint for endpoint in ENDPOINTS if p.FROM in endpoint.parameters]
PATHS = [endpoint.path.format(id="some-id") for endpoint in WITH_WINDOW]
PLAIN_PATHS = [
    "/v1/reconciliation/2026-10-01/explanation",
    "/health/live",
    "/health/ready",
    "/openapi.json",
    "/asyncapi.json",
]


@pytest.mark.parametrize("path", [*PATHS, *PLAIN_PATHS])
async def test_an_unknown_parameter_is_refused_with_a_list_of_the_known_ones(api: Api, path: str) -> None:
    response = await api.client.get(path, params={"form": "2026-10-01T00:00:00Z", "a": "b"}, headers=dict(ADMIN))
    detail = check_problem(response, 400, "INVALID_QUERY")
    assert "Unknown query parameter: a, form." in detail
    assert ("None is allowed here." in detail) is (path in PLAIN_PATHS)
    assert ("from, to" in detail) is (path in PATHS)


@pytest.mark.parametrize("path", PATHS)
async def test_a_repeated_parameter_is_refused(api: Api, path: str) -> None:
    time = iso(datetime.now(UTC))
    response = await api.client.get(path, params=[("to", time), ("to", time)], headers=dict(ADMIN))
    assert "Repeated query parameter: to." in check_problem(response, 400, "INVALID_QUERY")


@pytest.mark.parametrize(
    ("path", "parameters", "code", "words"),
    [
        ("summary", {"from": "yesterday"}, "INVALID_WINDOW", "RFC 3339"),
        ("summary", {"to": ""}, "INVALID_WINDOW", "RFC 3339"),
        ("summary", {"granularity": "weekly"}, "INVALID_QUERY", "hourly, daily"),
        ("summary", {"granularity": ""}, "INVALID_QUERY", "hourly, daily"),
        ("accounts/a/usage", {"granularity": "HOURLY"}, "INVALID_QUERY", "hourly, daily"),
        ("throughput", {"resolution": "2m"}, "INVALID_QUERY", "1m, 5m, 1h"),
        ("throughput", {"operatorId": "a", "accountId": "b"}, "INVALID_QUERY", "exclude each other"),
        ("throughput", {"operatorId": ""}, "INVALID_QUERY", "operatorId must be 1-64 characters"),
        ("throughput", {"accountId": "x" * 65}, "INVALID_QUERY", "accountId must be 1-64 characters"),
        ("top-operators", {"limit": "0"}, "INVALID_QUERY", "from 1 to 100"),
        ("top-operators", {"limit": "101"}, "INVALID_QUERY", "from 1 to 100"),
        ("top-operators", {"limit": "five"}, "INVALID_QUERY", "from 1 to 100"),
        ("top-operators", {"limit": "+5"}, "INVALID_QUERY", "from 1 to 100"),
        ("top-operators", {"limit": "\u0665"}, "INVALID_QUERY", "from 1 to 100"),
        ("top-operators", {"limit": "1e1"}, "INVALID_QUERY", "from 1 to 100"),
        ("operators/%20/performance", {}, "INVALID_QUERY", "id must be 1-64 characters"),
        ("operators/a%00b/performance", {}, "INVALID_QUERY", "id must be 1-64 characters"),
        ("accounts/%F0%9F%92%A9/usage", {}, "INVALID_QUERY", "id must be 1-64 characters"),
        (f"accounts/{'x' * 65}/usage", {}, "INVALID_QUERY", "id must be 1-64 characters"),
    ],
)
async def test_a_bad_value_is_explained(api: Api, path: str, parameters: dict[str, str], code: str, words: str) -> None:
    response = await api.get(path, ADMIN, **parameters)
    assert words in check_problem(response, 400, code)


@pytest.mark.parametrize("day", ["2026-13-01", "2026-02-30", "today", "2026", "9999-12-31", "1969-12-31", "%00"])
async def test_a_bad_day_is_explained(api: Api, day: str) -> None:
    response = await api.client.get(f"/v1/reconciliation/{day}/explanation", headers=dict(ADMIN))
    assert "day must be a UTC day" in check_problem(response, 400, "INVALID_QUERY")
    body = {"query": "query ($day: Date!) { reconciliationExplanation(day: $day) { day } }", "variables": {"day": day}}
    (error,) = (await api.client.post("/graphql", json=body, headers=dict(ADMIN))).json()["errors"]
    assert (error["extensions"]["code"], "day must be a UTC day" in error["message"]) == ("INVALID_QUERY", True)


@pytest.mark.parametrize("plus", ["+", "%2B", "%20"])
async def test_the_plus_of_an_offset_need_not_be_escaped(api: Api, plus: str) -> None:
    query = f"from=2026-10-01T06:30:00{plus}04:30&to=2026-10-01T03:00:00{plus}00:00"
    response = await api.client.get(f"{REPORTS}/summary?{query}", headers=dict(ADMIN))
    assert response.json()["window"] == {"from": "2026-10-01T02:00:00Z", "to": "2026-10-01T03:00:00Z"}


@pytest.mark.parametrize("id_", ["x" * 64, "A.b_c:d-9", "platform", "-", "0"])
async def test_every_valid_id_is_accepted(api: Api, store: Store, id_: str) -> None:
    hour = datetime(2026, 10, 1, tzinfo=UTC)
    await store.put([Row(hour, "OPERATOR", id_, messages=3), Row(hour, "ACCOUNT", id_, messages=4)])
    window = {"from_": "2026-10-01T00:00:00Z", "to": "2026-10-01T01:00:00Z"}
    assert (await api.report(f"operators/{id_}/performance", **window))["totalMessages"] == 3
    assert (await api.report(f"accounts/{id_}/usage", **window))["messagesSent"] == 4


@pytest.mark.parametrize("path", ["/nothing", "/v1", f"{REPORTS}/summary/", f"{REPORTS}/operators//performance"])
async def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    assert "/openapi.json" in check_problem(await api.client.get(path, headers=dict(ADMIN)), 404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", [PATHS[0], *PLAIN_PATHS])
async def test_a_refused_method_lists_the_allowed_ones(api: Api, path: str, method: str) -> None:
    response = await api.client.request(method, path, headers=dict(ADMIN))
    check_problem(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_a_url_that_is_too_long_is_refused(api: Api) -> None:
    response = await api.client.get(PATHS[0], params={"from": "x" * 9000}, headers=dict(ADMIN))
    check_problem(response, 414, "URI_TOO_LONG")


@pytest.mark.parametrize("given", ["abc", "a" * 128, "with space", "~!@#$%^&*()"])
async def test_a_request_id_is_echoed(api: Api, given: str) -> None:
    for path in (PATHS[0], "/health/live", "/nothing", "/graphql"):
        response = await api.client.get(path, headers={"X-Request-Id": given})
        assert response.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize("given", [None, "", "a" * 129, " leading", "tab\tbed", "\x7f", "bell\x07"])
async def test_a_missing_or_unfit_request_id_is_replaced(api: Api, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    made = (await api.client.get(PATHS[0], headers=headers)).headers["x-request-id"]
    assert made != given
    assert uuid.UUID(made)


@pytest.mark.parametrize(
    ("path", "policy"), [(PATHS[0], "private, max-age=0, must-revalidate"), ("/nothing", "no-store")]
)
async def test_only_the_callers_own_cache_may_store_answers(api: Api, path: str, policy: str) -> None:
    response = await api.client.get(path, headers=dict(ADMIN))
    assert response.headers["cache-control"] == policy


async def test_an_internal_error_is_masked(
    api: Api, pool: Pool, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    await store.connection.execute(BREAK)
    try:
        response = await api.client.get(PATHS[0], headers={**ADMIN, "X-Request-Id": "find-me"})
    finally:
        await store.connection.execute(REPAIR)
    detail = check_problem(response, 500, "INTERNAL")
    assert "requestId" in detail
    assert "division" not in json.dumps(response.json())
    assert asyncpg.DivisionByZeroError.__name__ in (logged := capsys.readouterr().out)
    assert "find-me" in logged
