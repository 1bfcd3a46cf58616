"""Costs and names of MNOs: each role reads each such field as the rule says, in REST, GraphQL and all formats.

A new field of that kind is found by its type or name, and a request in REQUESTS must reach it.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import httpx
import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type, print_type
from msgspec.inspect import type_info
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graph.access.disclosure import READABLE, disclosing_fields, rule_in_words
from graph.app import create_app
from graph.gql.schema import SCHEMA, sdl
from graph.gql.types import Discloses
from graph.rest.endpoints import ENDPOINTS
from graph.rest.insights import INSIGHTS
from graph.rest.openapi import document
from infra.clickhouse import open_clickhouse
from infra.embedded.engine import Engine
from infra.postgres import Pool
from infra.settings import Settings
from schema.catalog import DATASETS
from tests.graph.support.queries import MNOS, RECORDS, REPORTS, fill
from tests.graph.support.queries import QUERY as QUERY_PATH
from tests.graph.support.store import HOUR, Row, Store
from tests.graph.support.tokens import bearer, settings_with_keys, token

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 1, tzinfo=UTC)
TIMES: Final = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-04T00:00:00Z"}
WHEN: Final = f'from: "{TIMES["from"]}", to: "{TIMES["to"]}"'
WINDOW: Final = f'window: "{TIMES["from"]}/{TIMES["to"]}"'
COSTS: Final = {"platform": Decimal("70.5"), "op-1": Decimal("40.25"), "a": Decimal("1.125"), "b": Decimal("2.75")}
NAMES: Final = {*MNOS} - {"unknown"}
OPERATORS: Final = {"op-0", "op-1", "op-2"}
REPORTS_URL: Final = "/v1/internal/analytics"
ALL: Final = ("admin", "finance", "A", "B")
REFUSED: Final = dict.fromkeys(("A", "B"), "FORBIDDEN")


class RestrictedRequest(NamedTuple):
    """A request for such fields: a root field with its arguments, REST's path, and role -> error code."""

    root: str
    arguments: str
    path: str | None
    refused: Mapping[str, str]


REQUESTS: Final = (
    RestrictedRequest("summary", WHEN, f"{REPORTS_URL}/summary", REFUSED),
    RestrictedRequest("operator", f'id: "op-1", {WHEN}', f"{REPORTS_URL}/operators/{{id}}/performance", REFUSED),
    RestrictedRequest(
        "account", f'id: "a", {WHEN}', f"{REPORTS_URL}/accounts/{{id}}/usage", {"B": "FORBIDDEN_ACCOUNT"}
    ),
    RestrictedRequest("topOperators", WHEN, f"{REPORTS_URL}/top-operators", REFUSED),
    RestrictedRequest("deliveryBreakdown", WHEN, f"{REPORTS_URL}/delivery-breakdown", REFUSED),
    RestrictedRequest("trend", WHEN, None, REFUSED),
    RestrictedRequest("trend", f'accountId: "a", {WHEN}', None, {"B": "FORBIDDEN_ACCOUNT"}),
    RestrictedRequest("trend", f'operatorId: "op-1", {WHEN}', None, REFUSED),
    RestrictedRequest("operators", "first: 5", None, REFUSED),
    RestrictedRequest("accounts", "first: 5", None, {**REFUSED, "finance": "FORBIDDEN"}),
    RestrictedRequest("reconciliation", "first: 5", None, REFUSED),
    RestrictedRequest("ledger", WHEN, "/v1/ledger", REFUSED),
    RestrictedRequest("restatements", WHEN, "/v1/restatements", {}),
    RestrictedRequest(
        "reconciliationExplanation", 'day: "2026-10-01"', "/v1/reconciliation/{day}/explanation", REFUSED
    ),
    RestrictedRequest("mnoQuality", WINDOW, "/v1/insights/mno-quality", {}),
    RestrictedRequest("costQuality", WINDOW, "/v1/insights/cost-quality", REFUSED),
)


def secret_of(field: GraphQLField) -> str | None:
    definition: Any = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    secrets = [each.what for each in definition.directives if isinstance(each, Discloses)]
    return secrets[0].name if secrets else None


def selection(type_: GraphQLObjectType) -> str:
    """A selection of all fields of a type that disclose a secret, at any depth; empty if there is none."""
    parts = []
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        below = selection(inner) if isinstance(inner, GraphQLObjectType) else ""
        arguments = f"({WINDOW})" if "window" in field.args else ""
        parts += [f"{name}{arguments} {{ {below} }}"] if below else [name] if secret_of(field) else []
    return " ".join(parts)


def fields_of(root: str) -> str:
    assert SCHEMA.query_type is not None
    type_ = get_named_type(SCHEMA.query_type.fields[root].type)
    assert isinstance(type_, GraphQLObjectType)
    return selection(type_)


def leaves(answer: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    match answer:
        case dict() if name != "costsByCurrency":
            for key, value in answer.items():
                yield from leaves(value, key)
        case list():
            for value in answer:
                yield from leaves(value, name)
        case _:
            yield name, answer


def test_every_restricted_field_has_a_request() -> None:
    assert SCHEMA.query_type is not None
    assert {name for name in SCHEMA.query_type.fields if fields_of(name)} == {each.root for each in REQUESTS}
    disclosing_paths = {
        each.path for each in (*ENDPOINTS, *INSIGHTS) if any(True for _ in disclosing_fields(type_info(each.answer)))
    }
    assert disclosing_paths == {each.path for each in REQUESTS if each.path is not None}
    assert SCHEMA.subscription_type is not None
    for field in SCHEMA.subscription_type.fields.values():
        type_ = get_named_type(field.type)
        assert isinstance(type_, GraphQLObjectType)
        assert selection(type_) == ""


def test_every_amount_and_every_name_is_marked() -> None:
    words = ("cost", "price", "charge", "amount", "ours", "theirs", "difference", "mno", "operatorid")
    for type_ in SCHEMA.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith(("__", "Query")):
            for name, field in type_.fields.items():
                leaf = get_named_type(field.type)
                if isinstance(leaf, GraphQLObjectType):
                    continue
                suspect = leaf.name in {"Decimal", "CostsByCurrency"} or any(word in name.lower() for word in words)
                assert bool(secret_of(field)) is suspect, f"{type_.name}.{name}: {print_type(type_)}"


def test_rest_and_graphql_document_the_same_rule() -> None:
    """At each field, and in their descriptions."""
    schemas = document()["components"]["schemas"]
    rest = {
        (name, key): value["x-discloses"]
        for name, schema in schemas.items()
        for key, value in schema.get("properties", {}).items()
        if "x-discloses" in value
    }
    graph = {
        (type_.name, name): secret
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for name, field in type_.fields.items()
        if (secret := secret_of(field))
    }
    assert rest == {key: secret for key, secret in graph.items() if key[0] in schemas}
    assert len(rest) > 15
    for secret in READABLE:
        assert rule_in_words(secret) in sdl()
        assert rule_in_words(secret) in document()["info"]["description"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_with_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
async def client(opened: Store, pool: Pool, clickhouse: Engine, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """An API over data in which every subject has a different cost, so that a cost identifies its subject."""
    await pool.execute("truncate anlyt.reconciliation_log")
    await opened.put(
        [
            Row(START + 5 * HOUR, kind, each, messages=3, cost=COSTS[each], costs={"AFN": COSTS[each] * 60})
            for kind, each in (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "a"), ("ACCOUNT", "b"))
        ],
        START + 6 * HOUR,
    )
    await opened.connection.execute("insert into anlyt.accounts values ('a'), ('b') on conflict do nothing")
    await pool.execute(
        "insert into anlyt.reconciliation_log (run_id, day, currency, ours, theirs, difference, divergence, status) "
        "values (1, '2026-10-01', 'USD', 1.5, 1, 0.5, 0.5, 'DIVERGED')"
    )
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    async with AsyncExitStack() as stack:
        facts = await stack.enter_async_context(open_clickhouse(clickhouse.dsn, statement_timeout=30))
        app = create_app(settings, pool, {}, clickhouse=facts, development=True)
        transport = httpx.ASGITransport(app)
        yield await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://api"))


def headers_of(caller: str) -> dict[str, str]:
    """A is account a of tenant t-1, B account b of tenant t-2."""
    if caller in READABLE["COST"]:
        return bearer(token(sub=caller, roles=[f"platform.{caller}"]))
    tenant = {"A": "t-1", "B": "t-2"}[caller]
    return bearer(token(sub=caller, roles=["customer"], tenant_id=tenant, account_id=caller.lower()))


def code_of(answer: Any) -> str:
    """The error code of an answer of REST or GraphQL, or "ok"."""
    errors = [error["extensions"] for error in answer.get("errors", [])] if "data" in answer else []
    return str({**answer, **(errors[0] if errors else {})}.get("code", "ok"))


def check_names(values: set[Any], caller: str, *, operators: bool) -> None:
    """Checks that the caller may read these names of MNOs, or these ids of operators, which identify MNOs."""
    extent = READABLE["MNO"]["customer" if caller in "AB" else caller]  # type: ignore[index]  # a role
    assert values
    if operators:
        assert (extent, values <= OPERATORS) == ("EVERYBODYS", True)
    elif extent == "EVERYBODYS":
        assert values <= NAMES | {"unknown"}
        assert values & NAMES
    else:
        assert all(value.startswith("MNO-") for value in values - {"unknown"})


@pytest.mark.parametrize("caller", ALL)
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: f"{each.root}({each.arguments})")
async def test_reports_follow_the_rule(client: httpx.AsyncClient, request_: RestrictedRequest, caller: str) -> None:
    expected = request_.refused.get(caller, "ok")
    query = f"{{ {request_.root}({request_.arguments}) {{ {fields_of(request_.root)} }} }}"
    response = await client.post("/graphql", json={"query": query}, headers=headers_of(caller))
    answers = [response.json()]
    if request_.path is not None:
        path = request_.path.format(id="a" if request_.root == "account" else "op-1", day="2026-10-01")
        parameters = {} if "{day}" in request_.path else TIMES
        answers.append((await client.get(path, params=parameters, headers=headers_of(caller))).json())
    assert [code_of(answer) for answer in answers] == [expected] * len(answers)
    for answer in answers:
        values = [(name, value) for name, value in leaves(answer) if value is not None]
        if expected == "ok":
            for name in ("mno", "operatorId"):
                if names := {value for key, value in values if key == name}:
                    check_names(names, caller, operators=name == "operatorId")
            if "totalCost" in query and caller in "AB":
                assert {value for key, value in values if key == "totalCost"} <= {"1.125000", "0.000000"}
        else:
            text = json.dumps(answer)
            assert not [secret for secret in (*NAMES, *map(str, COSTS.values())) if secret in text]


MONEY: Final = [measure.name for measure in DATASETS["cdr"].measures if measure.kind == "money"]
MNO_DIMENSIONS: Final = [
    (name, dimension.name)
    for name, dataset in DATASETS.items()
    if name != "compliance"
    for dimension in dataset.dimensions
    if dimension.reveals_mno
]
FORMATS: Final = ("application/json", "text/csv", "application/vnd.apache.arrow.stream")


@pytest.mark.parametrize("accept", FORMATS)
@pytest.mark.parametrize("caller", ALL)
async def test_queries_return_own_costs_and_readable_names(client: httpx.AsyncClient, caller: str, accept: str) -> None:
    query: dict[str, Any] = {"dataset": "cdr", "measures": MONEY, "dimensions": ["mno", "currency"], "time": TIMES}
    headers = {**headers_of(caller), "Accept": accept}
    for more in ({}, {"explain": True}, {"orderBy": [{"field": "mno"}], "limit": 1}):
        response = await client.post(QUERY_PATH, json={**query, **more}, headers=headers)
        assert response.status_code == 200, response.text
        if caller in "AB":
            heads = " ".join(response.headers.values()).encode()
            assert not [name for name in NAMES if name.encode() in response.content + heads]
    if accept == FORMATS[0]:
        rows = (await client.post(QUERY_PATH, json=query, headers=headers)).json()["data"]
        tenants = {"A": {"t-1"}, "B": {"t-2"}}.get(caller, {row["tenant_id"] for row in RECORDS})
        own = sum(row["charge_amount"] for row in RECORDS if row["tenant_id"] in tenants)
        assert sum(Decimal(row["cost"]) for row in rows) == own
        check_names({row["mno"] for row in rows}, caller, operators=False)


@pytest.mark.parametrize(("dataset", "dimension"), MNO_DIMENSIONS)
@pytest.mark.parametrize("caller", ALL)
async def test_dimensions_that_identify_the_mno_need_the_right_to_its_name(
    client: httpx.AsyncClient, caller: str, dataset: str, dimension: str
) -> None:
    """Covers grouping, filters and `explain`; the refusal discloses nothing."""
    measure = DATASETS[dataset].measures[0].name
    plain = {"dataset": dataset, "measures": [measure], "time": TIMES}
    condition = {"field": dimension, "op": "prefix", "value": "op"}
    for more in ({"dimensions": [dimension]}, {"filter": condition}, {"filter": {"not": condition}}):
        for query in ({**plain, **more}, {**plain, **more, "explain": True}):
            rest = await client.post(QUERY_PATH, json=query, headers=headers_of(caller))
            document = "query ($input: QueryInput!) { query(input: $input) { data explain { reasons } } }"
            body = {"query": document, "variables": {"input": query}}
            graph = await client.post("/graphql", json=body, headers=headers_of(caller))
            codes = {code_of(rest.json()) if rest.status_code != 200 else "ok", code_of(graph.json())}
            assert codes == ({"INVALID_QUERY"} if caller in "AB" else {"ok"})
            if caller in "AB":
                assert not [name for name in (*NAMES, *OPERATORS) if name in rest.text + graph.text]
