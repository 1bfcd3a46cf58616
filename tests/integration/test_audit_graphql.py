"""US-ANLYT-15: GraphQL `audit` is on the audit API only, with the answers, scope, access log and limits of REST."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from cryptography import x509

from graph.audit.graphql import SCHEMA
from graph.gql import schema
from infra.clickhouse import connect
from infra.embedded.certificates import issue
from infra.endpoints import Engines
from tests.graph.support.problems import check_problem
from tests.support import audit_facts
from tests.support.audit_facts import BEGIN, END, Fact
from tests.support.database import connected
from tests.support.regulator import QUERY, audit_listener, make_certificates

pytestmark = pytest.mark.anyio

GRAPHQL = "/graphql"
WINDOW = {"from": BEGIN.isoformat(), "to": END.isoformat()}
PAGE = "data page { endCursor hasNextPage } meta { dataset tenantId rowsBefore rowCap truncated accessId }"


@dataclass(frozen=True, slots=True)
class AuditApi:
    """Clients of the audit API, and its database and facts."""

    client: httpx.AsyncClient
    stranger: httpx.AsyncClient
    database: str
    facts: list[Fact]

    async def ask(self, query: str, **variables: Any) -> Any:
        response = await self.client.post(GRAPHQL, json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        return response.json()

    async def page(self, **members: Any) -> Any:
        query = f"query Page($input: AuditInput!) {{ audit(input: $input) {{ {PAGE} }} }}"
        answer = await self.ask(query, input={"tenantId": "t-1", **WINDOW, **members})
        assert "errors" not in answer, answer
        return answer["data"]["audit"]

    async def recorded(self) -> list[int]:
        async with connected(self.database) as connection:
            rows = await connection.fetch("select row_count from anlyt.audit_access_log order by access_id")
        return [row["row_count"] for row in rows]


@pytest.fixture
async def audit_api(database: str, warehouse: str, tmp_path: Path) -> AsyncIterator[AuditApi]:
    certificates, random = make_certificates(tmp_path), Random(3021)
    facts = [audit_facts.evaluation(random, at) for at in audit_facts.moments(random, 60)]
    other = certificates.client(issue(certificates.authority, "portal", [x509.DNSName("customer-portal")]))
    async with (
        connect(warehouse) as client,
        audit_listener(certificates.files, Engines("nats://127.0.0.1:1", database, warehouse)) as url,
        httpx.AsyncClient(base_url=url, verify=certificates.regulator(), timeout=30) as portal,
        httpx.AsyncClient(base_url=url, verify=other, timeout=30) as stranger,
    ):
        await audit_facts.write(client, "compliance", facts)
        await audit_facts.write(client, "cdr", [audit_facts.record(random, BEGIN)])
        yield AuditApi(portal, stranger, database, facts)


def test_it_is_the_only_field_here_and_nowhere_else() -> None:
    assert SCHEMA.query_type is not None
    assert list(SCHEMA.query_type.fields) == ["audit"]
    assert (SCHEMA.mutation_type, SCHEMA.subscription_type) == (None, None)
    roots = [schema.SCHEMA.query_type, schema.SCHEMA.mutation_type, schema.SCHEMA.subscription_type]
    assert not any("audit" in root.fields for root in roots if root)


async def test_a_walk_equals_rests_and_is_recorded(audit_api: AuditApi) -> None:
    """REST and GraphQL accept each other's cursors."""
    pages = [await audit_api.page(limit=9)]
    while cursor := pages[-1]["page"]["endCursor"]:
        if len(pages) % 2:
            body = {"tenantId": "t-1", **WINDOW, "limit": 9, "after": cursor}
            pages.append((await audit_api.client.post(QUERY, json=body)).json())
        else:
            pages.append(await audit_api.page(limit=9, after=cursor))
    expected = audit_facts.expected("compliance", audit_api.facts, {"tenantId": "t-1", **WINDOW})
    assert [row for page in pages for row in page["data"]] == expected
    assert await audit_api.recorded() == [len(page["data"]) for page in pages]
    assert (await audit_api.page(dataset="cdr", limit=5))["meta"]["dataset"] == "cdr"


async def test_every_field_is_recorded_as_an_access(audit_api: AuditApi) -> None:
    fields = " ".join(
        f'{name}: audit(input: {{tenantId: "{tenant}", from: "{BEGIN.isoformat()}", to: "{END.isoformat()}"}}) '
        "{ data meta { tenantId accessId } }"
        for name, tenant in (("a", "t-1"), ("b", "t-2"), ("c", "t:3"))
    )
    answer = (await audit_api.ask(f"{{ {fields} }}"))["data"]
    assert sorted(each["meta"]["accessId"] for each in answer.values()) == [1, 2, 3]
    assert sorted(await audit_api.recorded()) == sorted(len(each["data"]) for each in answer.values())
    assert all({row["tenantId"]} == {each["meta"]["tenantId"]} for each in answer.values() for row in each["data"])


async def test_what_is_not_recorded_is_not_answered(audit_api: AuditApi) -> None:
    async with connected(audit_api.database) as connection:
        await connection.execute("alter table anlyt.audit_access_log rename to renamed_log")
        query = "query Page($input: AuditInput!) { audit(input: $input) { data } }"
        answer = await audit_api.ask(query, input={"tenantId": "t-1", **WINDOW})
        await connection.execute("alter table anlyt.renamed_log rename to audit_access_log")
    assert answer["data"] == {"audit": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["DEPENDENCY_UNAVAILABLE"]


async def test_limits_and_refusals(audit_api: AuditApi) -> None:
    """Refused queries read nothing and are not recorded."""
    field = f'audit(input: {{tenantId: "t-1", from: "{BEGIN.isoformat()}", to: "{END.isoformat()}"}}) {{ data }}'

    async def code(query: str) -> str:
        answer = await audit_api.ask(query)
        assert answer["data"] in (None, {"audit": None})
        return str(answer["errors"][0]["extensions"]["code"])

    many = " ".join(f"a{number}: {field}" for number in range(16))
    assert await code(f"{{ {many} }}") == "QUERY_TOO_EXPENSIVE"
    assert await code(f"{{ {' '.join(f'x{number}: __typename' for number in range(201))} }}") == "INVALID_QUERY"
    assert await code("{ __schema { types { name } } }") == "INVALID_QUERY"
    assert await code("{ summary { totalCost } }") == "INVALID_QUERY"
    wrong = await audit_api.ask(
        '{ audit(input: {tenantId: "*", from: "x", to: "y", evidence: true, dataset: "cdr"}) { data } }'
    )
    problems = wrong["errors"][0]["extensions"]["problems"]
    assert [each["path"] for each in problems] == ["$.tenantId", "$.from", "$.to", "$.evidence"]
    assert check_problem(await audit_api.stranger.post(GRAPHQL, json={"query": f"{{ {field} }}"}), 403, "FORBIDDEN")
    check_problem(await audit_api.client.get(GRAPHQL), 405, "METHOD_NOT_ALLOWED")
    assert await audit_api.recorded() == []
    answer = await audit_api.ask(f"{{ {field} }}")
    assert answer["extensions"] == {"cost": {"requested": 10_000, "limit": 150_000}}
    assert json.dumps(answer["data"]["audit"]["data"]).count('"t-1"') == len(answer["data"]["audit"]["data"])
