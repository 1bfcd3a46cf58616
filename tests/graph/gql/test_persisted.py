"""Persisted operations, which clients send by their hash."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.errors import UsageError
from infra.postgres import Pool
from infra.settings import Settings, read_settings
from tests.graph.support.api import ADMIN, Api, open_api, portal
from tests.graph.support.problems import check_problem

pytestmark = pytest.mark.anyio

FRESHNESS = "query Fresh { freshness { dataAsOf } }"
USAGE = "query Usage($id: ID!) { account(id: $id) { accountId messagesSent } }"
OTHER = "{ summary { dataAsOf } }"


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def manifest(folder: Path, documents: Mapping[str, str] | None = None, **environment: str) -> Settings:
    file = folder / "operations.json"
    file.write_text(json.dumps(documents or {hash_of(FRESHNESS): FRESHNESS, f"sha256:{hash_of(USAGE)}": USAGE}))
    return read_settings({"ANLYT_PERSISTED_OPERATIONS": str(file), **environment})


async def post(api: Api, body: dict[str, Any], caller: Mapping[str, str] = ADMIN) -> httpx.Response:
    return await api.client.post("/graphql", json=body, headers=dict(caller))


async def get(api: Api, caller: Mapping[str, str] = ADMIN, /, **parameters: str) -> httpx.Response:
    return await api.client.get("/graphql", params=parameters, headers=dict(caller))


def code(response: httpx.Response) -> str:
    found: str = response.json()["errors"][0]["extensions"]["code"]
    return found


@pytest.mark.parametrize("development", [True, False])
async def test_persisted_operations_by_both_members_and_methods(pool: Pool, tmp_path: Path, development: bool) -> None:
    apollo = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(USAGE)}}
    async with open_api(pool, settings=manifest(tmp_path), development=development) as api:
        variables = {"id": "mine"}
        answers = [
            await post(api, {"documentId": hash_of(USAGE), "variables": variables}, portal("mine")),
            await post(api, {"documentId": f"sha256:{hash_of(USAGE)}", "variables": variables}, portal("mine")),
            await post(api, {"extensions": apollo, "variables": variables}, portal("mine")),
            await post(api, {"extensions": apollo, "variables": variables, "query": USAGE}, portal("mine")),
            await get(api, portal("mine"), documentId=hash_of(USAGE), variables=json.dumps(variables)),
            await get(
                api,
                portal("mine"),
                extensions=json.dumps(apollo),
                variables=json.dumps(variables),
                operationName="Usage",
            ),
        ]
        for answer in answers:
            assert answer.json()["data"] == {"account": {"accountId": "mine", "messagesSent": 0}}, answer.text
        others = await get(api, portal("mine"), documentId=hash_of(USAGE), variables='{"id": "other"}')
        assert code(others) == "FORBIDDEN_ACCOUNT"
        nobody = await get(api, {}, documentId=hash_of(USAGE), variables='{"id": "mine"}')
        assert (nobody.status_code, code(nobody)) == (401, "UNAUTHENTICATED")


async def test_other_documents_are_answered_unless_only_persisted_ones_are(pool: Pool, tmp_path: Path) -> None:
    async with open_api(pool, settings=manifest(tmp_path), development=False) as api:
        assert (await post(api, {"query": OTHER})).json()["data"]["summary"]
        named = {"query": OTHER, "documentId": hash_of(OTHER)}
        assert (await post(api, named)).json()["data"]["summary"]
    async with open_api(pool, settings=manifest(tmp_path, ANLYT_PERSISTED_ONLY="1"), development=False) as api:
        assert (await post(api, {"documentId": hash_of(FRESHNESS)})).json()["data"]["freshness"]
        for body in ({"query": OTHER}, {"query": FRESHNESS}):
            refused = await post(api, body)
            assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")
        assert code(await post(api, named)) == "INVALID_QUERY"


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": "0" * 64},
        {"documentId": "x" * 81},
        {"documentId": ""},
        {"documentId": 5},
        {"documentId": hash_of(FRESHNESS), "query": OTHER},
        {"documentId": hash_of(OTHER), "query": FRESHNESS},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": []},
        {"variables": {}},
    ],
)
async def test_unknown_hashes_are_rejected(pool: Pool, tmp_path: Path, body: dict[str, Any]) -> None:
    async with open_api(pool, settings=manifest(tmp_path)) as api:
        refused = await post(api, body)
        assert (refused.status_code, code(refused)) == (400, "INVALID_QUERY")


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": FRESHNESS},
        {"documentId": hash_of(FRESHNESS), "query": FRESHNESS},
        {"documentId": hash_of(FRESHNESS), "variables": "{"},
        {"documentId": hash_of(FRESHNESS), "variables": "[]"},
        {"documentId": hash_of(FRESHNESS), "extensions": "5"},
        {"variables": "{}"},
        {"documentId": hash_of(FRESHNESS), "x": "y"},
        {"documentId": hash_of(FRESHNESS), "variables": "[" * 1200},
    ],
)
async def test_get_is_for_persisted_operations(pool: Pool, tmp_path: Path, parameters: dict[str, str]) -> None:
    async with open_api(pool, settings=manifest(tmp_path), development=False) as api:
        refused = await get(api, **parameters)
        assert (refused.status_code, code(refused)) == (400, "INVALID_QUERY")


async def test_without_a_manifest_get_is_not_allowed(pool: Pool) -> None:
    async with open_api(pool, development=False) as api:
        check_problem(await get(api, documentId=hash_of(FRESHNESS)), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        ({"0" * 64: FRESHNESS}, "is not the SHA-256"),
        ({hash_of("{ nothing }"): "{ nothing }"}, "Cannot query field"),
        ({hash_of("{"): "{"}, "Syntax Error"),
    ],
)
async def test_a_manifest_is_checked_at_the_start(
    pool: Pool, tmp_path: Path, documents: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=f"ANLYT_PERSISTED_OPERATIONS.*{words}"):
        async with open_api(pool, settings=manifest(tmp_path, documents)):
            pass


async def test_an_unreadable_manifest_is_a_usage_error(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("[]")
    (tmp_path / "latin").write_bytes(b'{"\xe9": ""}')
    for place in (tmp_path / "list", tmp_path / "latin", tmp_path / "missing", tmp_path):
        with pytest.raises(UsageError, match="no JSON object"):
            async with open_api(pool, settings=read_settings({"ANLYT_PERSISTED_OPERATIONS": str(place)})):
                pass
    with pytest.raises(UsageError, match="ANLYT_PERSISTED_ONLY=1 needs"):
        read_settings({"ANLYT_PERSISTED_ONLY": "1"})
