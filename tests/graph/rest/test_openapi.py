import json
from pathlib import Path

import jsonschema_rs
import pytest

from graph.http.openapi import IF_NONE_MATCH
from graph.rest.endpoints import ENDPOINTS
from graph.rest.exports.routes import KEYS_PATH, PATH
from graph.rest.insights import INSIGHTS
from graph.rest.openapi import document
from graph.rest.query import CATALOG_PATH, QUERY_PATH
from tests.graph.support.api import Api
from tests.support.npm import command, run_node
from tools.export import ROOT

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
async def test_the_served_document_equals_the_file(api: Api, name: str) -> None:
    served = (await api.client.get(f"/{name}")).json()
    assert served == json.loads((ROOT / "schema" / name).read_text())


def test_every_endpoint_is_described() -> None:
    paths = document()["paths"]
    assert set(paths) == {
        *(endpoint.path for endpoint in (*ENDPOINTS, *INSIGHTS)),
        *(QUERY_PATH, CATALOG_PATH, PATH, f"{PATH}/{{id}}", KEYS_PATH, "/health/live", "/health/ready"),
    }
    for endpoint in ENDPOINTS:
        operation = paths[endpoint.path]["get"]
        *parameters, condition = operation["parameters"]
        assert condition == IF_NONE_MATCH
        assert [each["name"] for each in parameters] == [each.name for each in endpoint.parameters]
        assert all(each["description"] for each in parameters)
        assert {"200", "304", "400", "401", "403", "414", "503"} <= set(operation["responses"])


@pytest.mark.parametrize("name", ["openapi.json", "audit.openapi.json"])
async def test_linters_have_no_complaint(name: str, tmp_path: Path) -> None:
    """Runs Spectral with all rules for OpenAPI, and Redocly with its recommended rules."""
    (tmp_path / "ruleset.yaml").write_text("extends: ['spectral:oas']\n")
    document = ROOT / "schema" / name
    await run_node(command("spectral"), "lint", "-F", "hint", "-r", tmp_path / "ruleset.yaml", document)
    await run_node(command("redocly"), "lint", "--max-problems", "1", document)


def test_every_schema_is_valid_and_described() -> None:
    schemas = document()["components"]["schemas"]
    for name, schema in schemas.items():
        jsonschema_rs.meta.validate(schema)
        assert schema.get("description") or schema.get("type") != "object", name
