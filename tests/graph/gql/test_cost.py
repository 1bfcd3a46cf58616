"""The cost of operations, which is computed before anything is read."""

from datetime import UTC, datetime

import pytest
from graphql import parse

from graph.audit.graphql import SCHEMA as AUDIT
from graph.gql.cost import MOST_COST, price_of
from graph.gql.executor import ProjectingExecutor
from graph.gql.schema import SCHEMA
from graph.gql.weights import weigh
from infra.postgres import Pool
from tests.graph.support.api import Api, open_api

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 10, 8, 12, 30, tzinfo=UTC)
DAY = 'from: "2026-10-01T00:00:00Z", to: "2026-10-02T00:00:00Z"'
WEEK = 'window: "2026-10-01T00:00:00Z/2026-10-08T00:00:00Z"'
INPUT = f'{{dataset: "dlr", measures: ["messages"], time: {{{DAY}}}}}'
LONGEST = 'from: "2026-07-01T00:00:00Z", to: "2026-09-29T00:00:00Z"'


def weighed(text: str, name: str | None = None, **variables: object) -> int:
    executor = ProjectingExecutor.build(SCHEMA, parse(text), raw_variable_values=variables, operation_name=name)
    assert not isinstance(executor, list), executor
    return weigh(executor, NOW).cost


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ __schema { types { name fields { name } } } }", 0),
        (f"{{ summary({DAY}) {{ totalMessages }} }}", 34),
        (f"{{ summary({DAY}, granularity: DAILY) {{ totalMessages series {{ time }} }} }}", 11),
        (f"{{ a: summary({DAY}) {{ dataAsOf }} b: summary({DAY}) {{ dataAsOf }} }}", 68),
        (f'{{ operator(id: "a", {DAY}) {{ lowSample }} }}', 34),
        (f'{{ account(id: "a", {DAY}) {{ segments }} }}', 11),
        (f"{{ deliveryBreakdown({DAY}) {{ dataAsOf }} }}", 11),
        (f"{{ throughput({DAY}) {{ dataAsOf }} }}", 34),
        (f"{{ throughput({DAY}, resolution: FIVE_MINUTES) {{ dataAsOf }} }}", 10 + 24 * 12),
        (f"{{ throughput({LONGEST}, resolution: ONE_MINUTE) {{ dataAsOf }} }}", 129_610),
        (f"{{ topOperators({DAY}) {{ dataAsOf }} }}", 5 * 34),
        (f"{{ topOperators({DAY}, limit: 100) {{ dataAsOf }} }}", 3400),
        ("{ operators(first: 100) { totalCount pageInfo { endCursor } } }", 10),
        (
            f"{{ operators(first: 100) {{ edges {{ node {{ performance({WEEK}) {{ lowSample }} }} }} }} }}",
            10 + 100 * 18,
        ),
        (f"{{ accounts {{ edges {{ node {{ usage({WEEK}) {{ segments }} }} }} }} }}", 10 + 50 * 18),
        ("{ freshness { dataAsOf } }", 10),
        ("{ catalog { granularities } }", 10),
        (f"{{ mnoQuality({WEEK}) {{ dataAsOf }} costQuality({WEEK}) {{ dataAsOf }} }}", 20_000),
        (f"{{ a: query(input: {INPUT}) {{ data }} b: query(input: {INPUT}) {{ data }} }}", 20_000),
        ('{ summary(from: "nonsense") { dataAsOf } }', 10),
        ('{ summary(last: "24h") { dataAsOf } }', 35),  # at half past twelve: 24 hours touch 25
        ('{ summary(window: "yesterday") { dataAsOf } }', 34),
        ('{ summary(window: "lastMonth", granularity: DAILY) { dataAsOf } }', 40),
        ('{ summary(window: "today", timezone: "Asia/Kabul") { dataAsOf } }', 10 + 18),
        ('{ throughput(window: "today", resolution: ONE_MINUTE) { dataAsOf } }', 10 + 13 * 60),
        ('{ trend(last: "3000d") { dataAsOf } }', 10 + 3001),
        ('{ summary(last: "91d") { dataAsOf } }', 10),
        ('{ summary(last: "7d", window: "today") { dataAsOf } }', 10),
        ("{ operators(first: 999999999) { edges { cursor } } }", 1010),
        ("{ operators(first: -5) { edges { cursor } } }", 10),
        (f"{{ ...a ...a }} fragment a on Query {{ summary({DAY}) {{ dataAsOf }} }}", 34),
        (f"{{ summary({DAY}) {{ dataAsOf }} summary({DAY}) {{ totalCost }} }}", 34),
        (f"{{ summary({DAY}) @skip(if: true) {{ dataAsOf }} freshness {{ dataAsOf }} }}", 10),
        ("{ accounts(first: 7) @include(if: false) { totalCount } }", 0),
        (f"{{ ... on Query {{ summary({DAY}) {{ dataAsOf }} }} }}", 34),
    ],
)
def test_the_formula(text: str, expected: int) -> None:
    assert weighed(text) == expected


def test_arguments_may_be_variables() -> None:
    text = "query($f: DateTime, $t: DateTime, $n: Int = 7) { topOperators(from: $f, to: $t, limit: $n) { dataAsOf } }"
    times = {"f": "2026-10-01T00:00:00Z", "t": "2026-10-02T00:00:00Z"}
    assert weighed(text, **times) == 7 * 34
    assert weighed(text, **times, n=3) == 3 * 34


def test_the_executed_operation_is_weighed() -> None:
    text = f"query A {{ summary({DAY}) {{ dataAsOf }} }} query B {{ __typename }}"
    assert (weighed(text, "A"), weighed(text, "B")) == (34, 0)


def test_a_fragment_is_weighed_once_where_it_is_spread_twice() -> None:
    """2^60 spreads of one field, which the executor merges into one, are weighed quickly."""
    bomb = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60))
    assert weighed(f"{{ ...f0 }} {bomb} fragment f60 on Query {{ freshness {{ dataAsOf }} }}") == 10


def test_every_root_field_has_a_price() -> None:
    roots = [root for root in (SCHEMA.query_type, SCHEMA.subscription_type, AUDIT.query_type) if root]
    assert [name for root in roots for name, field in root.fields.items() if price_of(field) is None] == []


async def test_the_answer_has_the_cost(api: Api) -> None:
    answer = await api.ask(f"{{ summary({DAY}) {{ dataAsOf }} }}")
    assert answer["extensions"] == {"cost": {"requested": 34, "limit": MOST_COST}}


async def test_nothing_is_read_for_too_expensive_an_operation(logged: tuple[Pool, list[str]]) -> None:
    pool, statements = logged
    long = 'performance(window: "2026-07-01T00:00:00Z/2026-09-29T00:00:00Z", granularity: HOURLY) { lowSample }'
    async with open_api(pool) as api:
        answer = await api.ask(f"{{ operators(first: 100) {{ edges {{ node {{ {long} }} }} }} }}")
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_EXPENSIVE"
    assert answer["extensions"]["cost"]["requested"] == 10 + 100 * (1 + 10 + 2160)
    assert [each for each in statements if "anlyt." in each] == []
