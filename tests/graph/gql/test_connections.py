"""Pages of lists: complete, stable, read by few statements, and with cursors for one caller."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from graph.lists import id_lists
from infra.errors import DependencyUnavailableError
from infra.postgres import Pool
from tests.graph.support.api import ADMIN, Api, open_api, portal
from tests.graph.support.store import DAY, HOUR, Row, Store, iso
from tests.graph.support.tokens import bearer, settings_with_keys, token

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 1, tzinfo=UTC)
WINDOW = f'window: "{iso(START)}/{iso(START + 7 * DAY)}"'
TWO_DAYS = f'window: "{iso(START)}/{iso(START + 2 * DAY)}"'
PAGE = """query($first: Int!, $after: String, $by: ListOrder!) {
    page: %s(first: $first, after: $after, orderBy: $by) {
        edges { cursor node { id: %s } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        totalCount
    }
}"""
QUERIES = {"operators": PAGE % ("operators", "operatorId"), "accounts": PAGE % ("accounts", "accountId")}
IDS = sorted(f"id-{number:03}" for number in range(103))


async def add(store: Store, ids: Sequence[str], messages: int = 1) -> None:
    await store.put(
        Row(START + hour * HOUR, scope, each, messages=messages)
        for each in ids
        for scope in ("OPERATOR", "ACCOUNT")
        for hour in (0, 47)
    )
    await store.connection.execute(
        "insert into anlyt.accounts select unnest($1::text[]) on conflict do nothing", list(ids)
    )


async def page(api: Api, name: str, first: int, after: str | None = None, by: str = "ID_ASC") -> Any:
    return (await api.fields(QUERIES[name], first=first, after=after, by=by))["page"]


def ids(found: Any) -> list[str]:
    return [edge["node"]["id"] for edge in found["edges"]]


async def walk(api: Api, name: str, first: int, by: str) -> list[str]:
    """The ids of all pages, in order."""
    seen, after = [], None
    while True:
        found = await page(api, name, first, after, by)
        place = found["pageInfo"]
        assert place["hasPreviousPage"] is (after is not None)
        cursors = [edge["cursor"] for edge in found["edges"]]
        assert (place["startCursor"], place["endCursor"]) == ((cursors[0], cursors[-1]) if cursors else (None, None))
        seen += ids(found)
        if not place["hasNextPage"]:
            return seen
        assert len(cursors) == first
        after = place["endCursor"]


@pytest.mark.parametrize("name", QUERIES)
async def test_pages_of_any_size_have_everything_once_in_order(api: Api, store: Store, name: str) -> None:
    empty = await page(api, name, 5)
    assert (empty["edges"], empty["totalCount"]) == ([], 0)
    assert empty["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    await add(store, IDS)
    for first in (7, 103, 1000):
        assert await walk(api, name, first, "ID_ASC") == IDS
        assert await walk(api, name, first, "ID_DESC") == IDS[::-1]
    assert (await page(api, name, 1))["totalCount"] == len(IDS)


@pytest.mark.parametrize("name", QUERIES)
async def test_new_ids_between_pages_neither_repeat_nor_hide_others(api: Api, store: Store, name: str) -> None:
    random = Random(5)
    await add(store, IDS)
    seen: list[str] = []
    after = None
    while True:
        found = await page(api, name, 10, after)
        seen += ids(found)
        await add(store, [f"id-{random.randrange(103):03}x" for _ in range(5)], messages=random.randrange(1000))
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = found["pageInfo"]["endCursor"]
    assert seen == sorted(set(seen))
    assert set(IDS) <= set(seen)


async def codes(api: Api, query: str, caller: Mapping[str, str] = ADMIN, **variables: object) -> list[str]:
    return [error["extensions"]["code"] for error in (await api.ask(query, caller, **variables)).get("errors", [])]


async def test_cursors_are_valid_for_their_own_field_only(api: Api, store: Store) -> None:
    await add(store, IDS)
    cursor = (await page(api, "operators", 3))["pageInfo"]["endCursor"]
    query = QUERIES["operators"]
    assert await codes(api, query, first=3, after=cursor, by="ID_ASC") == []
    foreign = [("accounts", "ID_ASC"), ("operators", "ID_DESC")]
    for name, by in foreign:
        assert await codes(api, QUERIES[name], first=3, after=cursor, by=by) == ["INVALID_QUERY"]
    for position in range(0, len(cursor), 5):
        tampered = cursor[:position] + ("A" if cursor[position] != "A" else "B") + cursor[position + 1 :]
        assert await codes(api, query, first=3, after=tampered, by="ID_ASC") == ["INVALID_QUERY"], position
    for odd in ("", "x", cursor + "=", cursor[:-1], " " + cursor, "\0", "é", "A" * 20_000):
        assert await codes(api, query, first=3, after=odd, by="ID_ASC") == ["INVALID_QUERY"], odd[:20]


async def test_cursors_are_valid_for_one_caller_and_in_every_process(pool: Pool, store: Store, tmp_path: Path) -> None:
    await add(store, IDS)
    settings = settings_with_keys(tmp_path, "headers,jwt")
    query = QUERIES["operators"]
    async with open_api(pool, settings=settings) as api, open_api(pool) as another:
        cursor = (await page(api, "operators", 3))["pageInfo"]["endCursor"]
        assert ids(await page(another, "operators", 2, cursor)) == IDS[3:5]
        other = bearer(token())
        assert await codes(api, query, other, first=3, after=None, by="ID_ASC") == []
        assert await codes(api, query, other, first=3, after=cursor, by="ID_ASC") == ["INVALID_QUERY"]


@pytest.mark.parametrize("first", [0, -1, 1001])
async def test_a_page_has_one_to_a_thousand_nodes(api: Api, first: int) -> None:
    assert await codes(api, QUERIES["accounts"], first=first, by="ID_ASC") == ["INVALID_QUERY"]


@pytest.mark.parametrize("name", QUERIES)
async def test_lists_are_for_the_platforms_own_callers(api: Api, store: Store, name: str) -> None:
    await add(store, IDS[:2])
    answer = await api.ask(QUERIES[name], portal(IDS[0]), first=5, by="ID_ASC")
    assert answer["data"] == {"page": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("name", "nested"),
    [
        ("operators", f"operatorId performance({TWO_DAYS}) {{ totalMessages series {{ time }} }}"),
        ("accounts", f"accountId usage({TWO_DAYS}) {{ messagesSent dailyBreakdown {{ date }} }}"),
    ],
)
async def test_a_page_takes_as_many_statements_as_one_node(
    logged: tuple[Pool, list[str]], store: Store, name: str, nested: str
) -> None:
    pool, statements = logged
    await add(store, IDS, messages=3)
    runs = []
    for first in (1, 100):
        async with open_api(pool) as api:
            await api.fields("{ operators(first: 1) { totalCount } }")  # reads the key of cursors, once
            for _ in range(2):  # first read, then cached
                statements.clear()
                found = await api.fields(f"{{ {name}(first: {first}) {{ edges {{ node {{ {nested} }} }} }} }}")
                assert len(found[name]["edges"]) == first
                for edge in found[name]["edges"]:
                    report = next(value for value in edge["node"].values() if isinstance(value, dict))
                    assert 6 in report.values()
                runs.append([each for each in statements if "anlyt." in each])
    assert [len(each) for each in runs[:2]] == [len(each) for each in runs[2:]]
    # The list, and one statement with the day versions and all rows.
    assert len(runs[1]) == 2


async def test_nested_figures_are_those_of_the_root(api: Api, store: Store) -> None:
    await add(store, IDS[:9], messages=7)
    times = f'from: "{iso(START)}", to: "{iso(START + 7 * DAY)}"'
    figures = "totalMessages deliveryRate p95LatencyMs series { time totalMessages quality }"
    roots = [f'r{n}: operator(id: "id-00{n}", {times}, granularity: DAILY) {{ {figures} }}' for n in range(9)]
    listed = f"operators {{ edges {{ node {{ operatorId performance({WINDOW}) {{ {figures} }} }} }} }}"
    found = await api.fields(f"{{ {listed} {' '.join(roots)} }}")
    nested = [edge["node"]["performance"] for edge in found.pop("operators")["edges"]]
    assert nested == list(found.values())


@pytest.mark.parametrize(
    "window", ["x", "2026-10-01T00:00:00Z", "2026-10-01/2026-10-02", "a/b", "/", 5, {"from": iso(START)}]
)
async def test_an_interval_is_two_times(api: Api, store: Store, window: object) -> None:
    await add(store, IDS[:1])
    query = "query($w: Interval) { operators { edges { node { performance(window: $w) { lowSample } } } } }"
    expected = "INVALID_WINDOW" if isinstance(window, str) else "INVALID_QUERY"
    assert await codes(api, query, w=window) == [expected]


async def test_an_interval_may_have_the_form_of_answers(api: Api, store: Store) -> None:
    await add(store, IDS[:1], messages=7)
    query = """query($w: Interval, $to: DateTime) { operators { edges { node {
        a: performance(window: $w) { window { from to } totalMessages }
        b: performance(window: {from: "%s", to: $to}) { window { from to } totalMessages } } } } }"""
    interval = {"from": iso(START), "to": iso(START + 7 * DAY)}
    (edge,) = (await api.fields(query % interval["from"], w=interval, to=interval["to"]))["operators"]["edges"]
    assert edge["node"]["a"] == edge["node"]["b"] == {"window": interval, "totalMessages": 14}


async def test_an_error_of_a_nodes_field_is_reported_for_each_node(api: Api, store: Store) -> None:
    await add(store, IDS[:3])
    nested = 'good: performance { totalMessages } bad: performance(window: "x") { totalMessages }'
    answer = await api.ask(f"{{ operators {{ edges {{ node {{ operatorId {nested} }} }} }} }}")
    nodes = [edge["node"] for edge in answer["data"]["operators"]["edges"]]
    assert [(node["operatorId"], node["good"], node["bad"]) for node in nodes] == [
        (each, {"totalMessages": 0}, None) for each in IDS[:3]
    ]
    found = [(error["path"], error["extensions"]["code"]) for error in answer["errors"]]
    assert found == [(["operators", "edges", n, "node", "bad"], "INVALID_WINDOW") for n in range(3)]


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_selection_may_depend_on_variables(api: Api, store: Store, wanted: bool) -> None:
    await add(store, IDS[:2])
    query = """query($wanted: Boolean!) { operators { __typename edges { __typename ...Named } } }
        fragment Named on OperatorEdge { cursor @include(if: $wanted) node {
            __typename id: operatorId performance @skip(if: $wanted) { __typename window { from } }
        } }"""
    for value in (wanted, not wanted):
        found = (await api.fields(query, wanted=value))["operators"]
        assert found["__typename"] == "OperatorConnection"
        assert [edge["node"]["id"] for edge in found["edges"]] == IDS[:2]
        for edge in found["edges"]:
            assert list(edge) == ["__typename", *(["cursor"] if value else []), "node"]
            assert list(edge["node"]) == ["__typename", "id", *([] if value else ["performance"])]


async def test_a_list_that_cannot_be_counted_is_null(api: Api, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """totalCount is never null, so its error removes the list."""
    await add(store, IDS[:2])

    async def unavailable(*_: object) -> int:
        raise DependencyUnavailableError("PostgreSQL is away.")

    monkeypatch.setattr(id_lists, "size", unavailable)
    answer = await api.ask("{ operators { totalCount edges { cursor } } }")
    assert answer["data"] == {"operators": None}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["operators", "totalCount"], "DEPENDENCY_UNAVAILABLE")
