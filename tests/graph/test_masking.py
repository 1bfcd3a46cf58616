"""Answers to a tenant without an addendum depend on its pseudonyms only, never on the names behind them.

The same traffic over other networks, under the same pseudonyms, yields the same bytes: no answer, error, order, cursor
or explanation reveals the network.
"""

import json
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

import pytest

from infra.embedded.engine import Engine
from infra.postgres import Pool
from tests.graph.support.queries import (
    BY_CODE,
    BY_MNO,
    COMPARED,
    MNOS,
    MONEY,
    Json,
    QueryClient,
    Row,
    fill,
    open_query_client,
    records,
    reports,
    tenant,
    window,
)

pytestmark = pytest.mark.anyio

CALLER: Final = {**tenant("t-1"), "X-Request-Id": "same"}
# Other networks, which sort the other way round, with their operators and prefixes; one that nobody knows among them.
OTHERS: Final = {"AWCC": "ROSHAN", "ROSHAN": "AWCC", "MTN_AF": "A_NEW_ONE", "unknown": "unknown"}
PASSING: Final = re.compile(r'\\?"elapsedMs\\?": ?\d+')
INSIGHTS: Final = "/v1/insights/mno-quality?from=2026-10-01T00:00:00Z&to=2026-10-04T00:00:00Z"


def renamed(rows: Sequence[Row]) -> Sequence[Row]:
    return [
        {
            **row,
            "mno": OTHERS[row["mno"]],
            "operator_id": f"other-{9 - int(row['operator_id'][-1])}",
            "destination_prefix": "9379",
        }
        for row in rows
    ]


def queries_about(pseudonyms: Mapping[str, str]) -> Sequence[Json]:
    """Queries with conditions on a pseudonym, on texts before and after it, and on existing and unknown names."""
    letter = pseudonyms["AWCC"]
    by_mno = {**BY_MNO, "dimensions": ["mno"], "totals": True}
    conditions: list[Json] = [
        {"field": "mno", "op": op, "value": value}
        for op in ("eq", "ne", "gt", "gte", "lt", "lte", "prefix")
        for value in (letter, letter[:-1], "MNO-?", "unknown", "AWCC", "A_NEW_ONE", "A", "ROSHAN", "")
    ]
    conditions += [{"field": "mno", "op": "in", "value": [letter, pseudonyms["ROSHAN"]]}]
    conditions += [{"field": "mno", "op": "notIn", "value": [letter, "AWCC"]}]
    conditions += [{"field": name, "op": "prefix", "value": "9"} for name in ("destinationPrefix", "operatorId")]
    conditions += [{"field": "errorCode", "op": "isNull"}, {"not": {"field": "mno", "op": "eq", "value": letter}}]
    orders: Sequence[Json] = [{"field": "mno", "direction": "desc"}, {"field": "messages"}]
    return [
        by_mno,
        *({**by_mno, "filter": condition} for condition in conditions),
        *({**by_mno, "orderBy": [order], "limit": 2} for order in orders),
        *({**by_mno, "dimensions": ["mno", name]} for name in ("operatorId", "destinationPrefix", "errorCode", "lane")),
        {**by_mno, "having": {"field": "messages", "op": "gt", "value": 90}},
        {**by_mno, "having": {"field": "mno", "op": "eq", "value": letter}},
        {**by_mno, "time": window(granularity="day"), "orderBy": [{"field": "mno"}, {"field": "time"}]},
        {**by_mno, "orderBy": [{"field": "operatorId"}]},
        {**COMPARED, "dimensions": ["mno"]},
        {**MONEY, "dimensions": ["mno", "currency"]},
        BY_CODE,
    ]


# Headers that two equal answers need not share: clocks, what is left of limits, and versions of the stored facts.
OF_THE_MOMENT: Final = ("content-length", "etag", "ratelimit", "server-timing")


async def every_answer(query_client: QueryClient, pseudonyms: Mapping[str, str]) -> Mapping[str, str]:
    answers = {INSIGHTS: (await query_client.client.get(INSIGHTS, headers=CALLER)).text}
    for query in queries_about(pseudonyms):
        for more in ({}, {"explain": True}):
            whole = {**query, **more}
            for accept in ("application/json", "text/csv"):
                response = await query_client.post(whole, CALLER, accept)
                beside = dict(response.headers) | dict.fromkeys(OF_THE_MOMENT, "")
                answers[f"{accept} {json.dumps(whole)}"] = f"{response.status_code} {response.text} {beside}"
                cursor = response.json()["page"]["endCursor"] if "endCursor" in response.text else None
                if cursor:
                    page = await query_client.post({**whole, "after": cursor}, CALLER)
                    answers[f"after {json.dumps(whole)}"] = page.text
        fields = "data totals page { endCursor } explain { table reasons } meta { source dataAsOf }"
        answers[f"graphql {json.dumps(query)}"] = json.dumps(await query_client.graphql(query, CALLER, fields))
    return {key: PASSING.sub("", text) for key, text in answers.items()}


async def letters_of(pool: Pool) -> dict[str, str]:
    rows = await pool.fetch("select mno, pseudonym from anlyt.mno_pseudonyms where tenant_id = 't-1'")
    return {row["mno"]: row["pseudonym"] for row in rows}


async def test_answers_do_not_depend_on_names(pool: Pool, clickhouse: Engine) -> None:
    dlr: Sequence[Row] = [{**row, "tenant_id": "t-1"} for row in reports(Random(41), 400)]
    cdr: Sequence[Row] = [{**row, "tenant_id": "t-1"} for row in records(Random(42), 150)]
    await fill(clickhouse.dsn, facts_dlr=dlr, facts_cdr=cdr)
    async with open_query_client(pool, clickhouse.dsn) as query_client:
        await query_client.client.get(INSIGHTS, headers=CALLER)  # draws pseudonyms
        pseudonyms = await letters_of(pool)
        before = await every_answer(query_client, pseudonyms)
    moved: dict[str, Any] = {OTHERS.get(name, name): letter for name, letter in pseudonyms.items()}
    moved["MTN_AF"] = f"{pseudonyms['MTN_AF']}X"  # one that the tenant does not meet
    await pool.execute("delete from anlyt.mno_pseudonyms where tenant_id = 't-1'")
    await pool.executemany(
        "insert into anlyt.mno_pseudonyms (tenant_id, mno, pseudonym) values ('t-1', $1, $2)", moved.items()
    )
    await fill(clickhouse.dsn, facts_dlr=renamed(dlr), facts_cdr=renamed(cdr))
    async with open_query_client(pool, clickhouse.dsn) as query_client:
        after = await every_answer(query_client, pseudonyms)
    assert {key: (text, after[key]) for key, text in before.items() if text != after[key]} == {}
    shown = json.dumps([text for key, text in before.items() if not any(name in key for name in MNOS[:3])])
    assert not any(name in shown for name in (*MNOS[:3], "op-0", "op-1", "op-2", "9370"))
    assert any(letter in shown for letter in pseudonyms.values())
