"""GraphQL over HTTP: POST of JSON, limits, and GraphiQL in development only."""

from collections.abc import AsyncIterator

import pytest

from infra.postgres import Pool
from tests.graph.support.api import ADMIN, Api, open_api
from tests.graph.support.problems import check_problem

pytestmark = pytest.mark.anyio

JSON = {**ADMIN, "Content-Type": "application/json"}


@pytest.fixture
async def production(pool: Pool) -> AsyncIterator[Api]:
    async with open_api(pool, development=False) as opened:
        yield opened


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"query": null}',
        b'{"query": 5}',
        b'[{"query": "{ __typename }"}]',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "\xff"}',
        b"[" * 100_000,
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
)
async def test_a_body_without_an_operation_is_rejected(api: Api, body: bytes) -> None:
    response = await api.client.post("/graphql", content=body, headers=JSON)
    assert response.status_code == 400
    assert response.json()["data"] is None
    assert response.json()["errors"][0]["extensions"]["code"] == "INVALID_QUERY"


async def test_optional_members_may_be_null_and_unknown_ones_are_ignored(api: Api) -> None:
    body = {"query": "query A { __typename }", "variables": None, "operationName": "A", "extensions": {"x": 1}}
    response = await api.client.post("/graphql", json=body, headers=dict(ADMIN))
    assert response.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_only_json_is_read(api: Api, media_type: str) -> None:
    headers = {**ADMIN, "Content-Type": media_type}
    response = await api.client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "APPLICATION/JSON"])
async def test_media_types_of_json_may_have_parameters(api: Api, media_type: str) -> None:
    headers = {**ADMIN, "Content-Type": media_type}
    response = await api.client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert response.status_code == 200


async def test_too_long_a_body_is_rejected(api: Api) -> None:
    response = await api.client.post("/graphql", content=b" " * 300_000, headers=JSON)
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_graphiql_is_for_development(api: Api, production: Api) -> None:
    page = await api.client.get("/graphql")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "admin-dashboard" in page.text
    response = await production.client.get("/graphql")
    check_problem(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'])
async def test_introspection_is_for_development(api: Api, production: Api, query: str) -> None:
    await api.fields(query)
    answer = await production.ask(query)
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_QUERY"
    assert answer["data"] is None
    assert await production.fields("{ __typename }") == {"__typename": "Query"}
