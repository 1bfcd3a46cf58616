"""For all queries and scopes: the tenant predicate is first and bound, no text of the request is SQL, and it runs."""

import re
from collections.abc import AsyncIterator, Iterator
from random import Random

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.dsl.compile import Compiled, compile_query, fingerprint
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants, OneTenant, QueryScope
from graph.dsl.select import Statement
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from schema.catalog import DATASETS, Dataset
from tests.graph.support import engine_rows
from tests.graph.support.random_queries import Query, random_query
from tests.graph.support.warehouse_facts import fill

TENANT = "t'1--\\"
SCOPES: list[QueryScope] = [
    AllTenants(),
    OneTenant(TENANT, None),
    OneTenant(TENANT, (("AWCC", "MNO-B"), ("ROSHAN", "MNO-A"))),
]
READ = re.compile(r"\b(?:from|join)\s+(anlyt\.\w+)")
# A read of a table, up to the end of its first condition.
GUARDED = re.compile(
    r"from anlyt\.(\w+) as rows final\n(?: *array join .*\n)? *where (rows\.tenant_id = \{tenant:String\}|"
    r"\{tenant:String\} = '\*')(?=\n|$)"
)
# All words that a statement may contain; no text of a user consists of them.
TOKEN = re.compile(
    r"[A-Za-z_][A-Za-z0-9_.]*|\d+(?:\.\d+)?|'[A-Za-z0-9_*]+'|\{\w+:[A-Za-z0-9(), ']+\}|<=>|[<>!]=|->|[-+*%=<>(),]|\s+"
)


def statements(compiled: Compiled) -> Iterator[Statement]:
    yield from filter(None, (compiled.rows, compiled.totals, compiled.currencies, compiled.estimate))


def compiled_of(query: Query, scope: QueryScope, random: Random) -> Compiled:
    """A random page of the query, the first or a later one."""
    first = compile_query(parse(query), scope, None)
    if random.random() < 0.5:
        return first
    row = [
        random.choice(["5", "x'\n\\"]) if column.kind == "text" else random.randrange(100)
        for column in first.rows.columns
    ]
    return compile_query(parse(query), scope, first.end(row))


@settings(max_examples=80, deadline=None)
@given(random=st.randoms(use_true_random=False), scope=st.sampled_from(SCOPES))
def test_the_tenant_is_first_and_bound(random: Random, scope: QueryScope) -> None:
    masked = isinstance(scope, OneTenant) and scope.pseudonyms is not None
    compiled = compiled_of(random_query(random, masked=masked), scope, random)
    for statement in statements(compiled):
        tables, guards = READ.findall(statement.sql), GUARDED.findall(statement.sql)
        assert len(tables) == len(guards) > 0
        wanted = "{tenant:String} = '*'" if isinstance(scope, AllTenants) else "rows.tenant_id = {tenant:String}"
        assert {guard for _, guard in guards} == {wanted}
        assert statement.parameters["tenant"] == ("*" if isinstance(scope, AllTenants) else TENANT)


@settings(max_examples=80, deadline=None)
@given(random=st.randoms(use_true_random=False), scope=st.sampled_from(SCOPES))
def test_no_text_of_the_request_is_sql(random: Random, scope: QueryScope) -> None:
    masked = isinstance(scope, OneTenant) and scope.pseudonyms is not None
    compiled = compiled_of(random_query(random, masked=masked), scope, random)
    for statement in statements(compiled):
        assert TOKEN.sub("", statement.sql) == ""
        assert words(statement.sql) - VOCABULARY[compiled.plan.query.dataset.name] == set()
        assert set(re.findall(r"\{(\w+):", statement.sql)) == set(statement.parameters)


def words(sql: str) -> set[str]:
    """The names and literals of a statement, without parameters."""
    return set(re.findall(r"'[^']*'|[A-Za-z_]\w*", re.sub(r"\{[^}]*\}", " ", sql)))


def vocabulary(dataset: Dataset) -> set[str]:
    """The words of the simplest statements of a dataset, over each of its tables."""
    known = {f"by_{name}" for name in ("time", *(dimension.name for dimension in dataset.dimensions))}
    known |= {f"{prefix}{measure.name}" for measure in dataset.measures for prefix in ("", "previous_")}
    known |= {"time", *(dimension.name for dimension in dataset.dimensions)}
    for table in dataset.tables:
        known |= {table.name} | {f"part_{name}" for name in table.parts}
        known |= {
            word
            for part in (
                *table.parts.values(),
                *table.dimensions.values(),
                *(each.array for each in table.unnested.values()),
                *table.nothing.values(),
            )
            for word in words_of(part)
        }
    known |= {word for measure in dataset.measures for word in words_of(measure.formula)}
    return known | SYNTAX


def words_of(expression: object) -> set[str]:
    """The names and constants of the catalogue."""
    text = repr(expression)
    return set(re.findall(r"(?:name|function|parameter)='(\w+)'", text)) | {
        f"'{word}'" for word in re.findall(r"Constant\(value='([^']*)'\)", text)
    }


SYNTAX = {
    *("select", "explain", "estimate", "as", "from", "anlyt", "rows", "final", "array", "join", "left", "cross", "on"),
    *("where", "and", "or", "not", "in", "group", "order", "by", "asc", "desc", "nulls", "last", "limit", "null"),
    *(
        "page",
        "previous",
        "is_match",
        "'*'",
        "event_time",
        "hour",
        "day",
        "tenant_id",
        "transform",
        "startsWith",
        "ifNull",
    ),
    *("isNull", "arrayExists", "toUnixTimestamp", "timeZoneOffset", "toTimeZone", "toDate", "toDateTime", "toMonday"),
    *("toStartOfMonth", "addDays", "addMonths"),
    *("cells", "cell", "start", "second", "nan", "'UTC'", "toInt64", "groupArray", "tupleElement", "range"),
    *("arrayJoin", "arrayExcept", "arrayMap", "arrayConcat", "arrayDistinct"),
}


VOCABULARY = {name: vocabulary(dataset) for name, dataset in DATASETS.items()}


@settings(max_examples=40, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_a_cursor_belongs_to_a_query_and_a_tenant(random: Random) -> None:
    query = random_query(random)
    parsed, scopes = parse(query), [*SCOPES, OneTenant("t-2", None)]
    assert len({fingerprint(parsed, scope) for scope in scopes}) == len(scopes)
    later = parse(query | {"after": "x", "limit": 3, "explain": True})
    assert fingerprint(later, SCOPES[1]) == fingerprint(parsed, SCOPES[1])
    more_letters = OneTenant(TENANT, (("AWCC", "MNO-B"),))
    assert fingerprint(parsed, SCOPES[2]) == fingerprint(parsed, more_letters)
    other = parse(query | {"totals": not query["totals"]})
    assert fingerprint(other, SCOPES[1]) != fingerprint(parsed, SCOPES[1])


@pytest.fixture
async def client(clickhouse: Engine) -> AsyncIterator[AsyncClient]:
    await fill(clickhouse.dsn, {name: [] for name in DATASETS})
    async with connect(clickhouse.dsn) as client:
        yield client


@pytest.mark.anyio
async def test_every_statement_runs(client: AsyncClient, seed: int) -> None:
    random = Random(seed)
    for _ in range(60):
        scope = random.choice(SCOPES)
        masked = isinstance(scope, OneTenant) and scope.pseudonyms is not None
        compiled = compiled_of(random_query(random, masked=masked), scope, random)
        for statement in statements(compiled):
            rows = await engine_rows.raw_rows(client, statement)
            assert all(len(row) == len(statement.columns) for row in rows if statement.columns)
