"""The limits of one request."""

from datetime import UTC, datetime

import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from graph.gql.documents import LONGEST as LONGEST_DOCUMENT
from infra.postgres import Pool
from tests.graph.support.api import Api, open_api
from tests.graph.support.store import HOUR, Row, Store

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 1, tzinfo=UTC)
WINDOW = 'from: "2026-10-01T00:00:00Z", to: "2026-10-02T00:00:00Z"'
LONGEST = 'from: "2026-07-01T00:00:00Z", to: "2026-09-29T00:00:00Z"'


async def codes(api: Api, query: str) -> list[str]:
    return [error["extensions"]["code"] for error in (await api.ask(query)).get("errors", [])]


async def test_at_most_two_hundred_aliases(api: Api, store: Store) -> None:
    fields = [f'a{number}: account(id: "a{number}", {WINDOW}) {{ messagesSent }}' for number in range(201)]
    assert await codes(api, f"{{ {' '.join(fields[:200])} }}") == []
    assert await codes(api, f"{{ {' '.join(fields)} }}") == ["INVALID_QUERY"]


async def test_aliases_of_fragments_are_counted_as_in_the_answer(api: Api) -> None:
    """3 x 80 in three fields are 240; the same 60 twice in one field are 60."""
    many = " ".join(f"b{n}: dataAsOf" for n in range(80))
    fields = " ".join(f"a{n}: summary({WINDOW}) {{ ...f }}" for n in range(3))
    answer = await api.ask(f"{{ {fields} }} fragment f on Summary {{ {many} }}")
    assert "aliases" in answer["errors"][0]["message"]
    bomb = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} x{n}: __typename ...f{n + 1} }}" for n in range(60))
    found = await api.fields(f"{{ ...f0 }} {bomb} fragment f60 on Query {{ y: __typename }}")
    assert found == dict.fromkeys([*(f"x{n}" for n in range(60)), "y"], "Query")


async def test_selected_fields_are_limited(api: Api) -> None:
    fields = " ".join(f"a{n}: summary({WINDOW}) {{ ...f }}" for n in range(150))
    answer = await api.ask(f"{{ {fields} }} fragment f on Summary {{ {'totalMessages ' * 80} }}")
    assert "selects more than" in answer["errors"][0]["message"]


async def test_the_length_of_documents_is_limited(api: Api) -> None:
    for text in (
        f"{{ catalog {{ granularities }} #{'-' * LONGEST_DOCUMENT}\n }}",
        f"{{ operators(first: {'9' * 5000}) }}",
    ):
        assert await codes(api, text) == ["INVALID_QUERY"]


async def test_depth_is_limited(api: Api) -> None:
    answer = await api.ask(
        f"{{ __schema {{ types {{ fields {{ type {'{ ofType ' * 13}{{ name }} {'}' * 13} }} }} }} }}"
    )
    assert "nests deeper" in answer["errors"][0]["message"]


async def test_tokens_are_limited(api: Api) -> None:
    answer = await api.ask(f"{{ {'__typename ' * 5000} }}")
    assert "tokens" in answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_QUERY"


async def test_extreme_nesting_is_rejected(api: Api) -> None:
    assert await codes(api, "{ a " * 1900) == ["INVALID_QUERY"]
    assert await codes(api, "{ a " * 1900 + "} " * 1900) == ["INVALID_QUERY"]


async def test_cycles_of_fragments_are_found(api: Api) -> None:
    answer = await api.ask("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }")
    assert "Cannot spread fragment" in answer["errors"][0]["message"]


async def test_the_points_of_all_series_are_counted_together(api: Api, store: Store) -> None:
    whole = f"throughput({LONGEST}, resolution: ONE_MINUTE) {{ dataAsOf }}"
    assert await codes(api, f"{{ a: {whole} }}") == []
    assert await codes(api, f"{{ a: {whole} b: {whole} }}") == ["QUERY_TOO_EXPENSIVE"]


async def test_introspection_by_tools_is_within_the_limits(api: Api) -> None:
    found = await api.fields(get_introspection_query())
    assert "type Query" in print_schema(build_client_schema(found))


@pytest.mark.parametrize("field", ["operator", "account"])
async def test_many_aliases_take_as_many_statements_as_one(
    logged: tuple[Pool, list[str]], store: Store, field: str
) -> None:
    pool, statements = logged
    await store.put(
        Row(START + n % 9 * HOUR, scope, f"id-{n}", messages=n) for n in range(100) for scope in ("OPERATOR", "ACCOUNT")
    )
    counts = []
    for count in (1, 20, 100):
        async with open_api(pool) as api:
            for _ in range(2):  # first read, then cached
                statements.clear()
                fields = [f'a{n}: {field}(id: "id-{n}", {WINDOW}) {{ {COUNTS[field]} }}' for n in range(count)]
                found = await api.fields(f"{{ {' '.join(fields)} }}")
                assert [each[COUNTS[field]] for each in found.values()] == list(range(count))
                counts.append(len([each for each in statements if "from anlyt." in each]))
    assert counts[:2] == counts[2:4] == counts[4:]
    assert counts[1] == 1  # day versions, and the rows of accounts with them


COUNTS = {"operator": "totalMessages", "account": "messagesSent"}
