"""US-ANLYT-15: the command in docs/audit.md proves that no fact was added, changed or dropped."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from graph.audit.audits import Audits
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from pipelines.integrity import datasets
from pipelines.stores import Stores
from tests.support import audit_facts
from tests.support.audit_facts import TENANTS
from tests.support.audit_portal import NotVerifiedError, Portal, portal
from tests.support.integrity_chain import DAY, DAYS, close_days, day_facts, differences, midnight, open_chain, write

pytestmark = pytest.mark.anyio

GRAPHQL = "/graphql"


async def test_closed_days_are_proved(
    database: str, warehouse: str, server: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "SETTLING", timedelta(0))
    random = Random(3001)
    first, until = midnight(DAYS + 2), midnight(2)
    facts = [fact for number in range(DAYS) for fact in day_facts(random, first + number * DAY, 150)]
    async with open_chain(database, warehouse, server.url) as stores, portal(stores, tmp_path) as regulator:
        await write(warehouse, facts)
        assert (await close_days(stores))["days_closed"] >= DAYS + 1  # the last day has no facts
        for tenant in TENANTS:
            await check_proof(regulator, tenant, first, until)
        await check_copies_change_nothing(stores, regulator, facts)
        check_tampered_answers(regulator, await regulator.walk("t-1", first, until))
        await check_late_facts(stores, regulator, random, first)
        await check_links_made_meanwhile(stores, regulator, random, first)
        await check_graphql(regulator, first, until)


async def check_proof(regulator: Portal, tenant: str, first: datetime, until: datetime) -> None:
    pages = await regulator.walk(tenant, first, until)
    assert regulator.verify(pages).startswith(f"{DAYS} days with facts, ")
    evidence = json.loads(pages[0])["evidence"]
    assert [json.loads(page)["evidence"] for page in pages[1:]] == [None] * (len(pages) - 1)
    assert sum(leaf["facts"] for leaf in evidence["leaves"]) == sum(len(json.loads(page)["data"]) for page in pages)
    assert [leaf["number"] for leaf in evidence["leaves"]] == list(range(1, len(evidence["leaves"]) + 1))
    assert evidence["closedUntil"] >= midnight(1).date().isoformat()
    shown = json.dumps(evidence)
    assert not any(other in shown for other in TENANTS)


async def check_copies_change_nothing(stores: Stores, regulator: Portal, facts: Sequence[audit_facts.Fact]) -> None:
    """Facts are written again, with the same and with a later stream time, before and after a merge."""
    await write(stores.engines.clickhouse, facts[::2])
    await write(stores.engines.clickhouse, [{**fact, "stored": datetime.now(UTC)} for fact in facts[::3]])
    assert await differences(stores) == []
    assert (await close_days(stores)).items() >= {"days_amended": 0, "facts": 0, "differences": 0}.items()
    async with connect(stores.engines.clickhouse) as client:
        await client.command("optimize table facts_compliance final")
    assert await differences(stores) == []


def check_tampered_answers(regulator: Portal, pages: Sequence[str]) -> None:
    """The verifier finds every change of an answer."""
    answers = [json.loads(page) for page in pages]
    row = next(row for row in answers[0]["data"] if row["findings"])
    replacements = [
        (json.dumps(row["messageId"]), '"m-0"'),
        (json.dumps(row["findings"][0]["ruleName"]), '"other"'),
        (f'"evaluationLatencyMs": {row["evaluationLatencyMs"]}', '"evaluationLatencyMs": 51'),
        (json.dumps(row["storedAt"]), '"2020-01-01T00:00:00Z"'),
    ]
    evidence = answers[0]["evidence"]
    replacements += [(json.dumps(evidence["links"][1]["root"]), json.dumps("0" * 64))]
    replacements += [(f'"leaves": {evidence["links"][0]["leaves"]}', '"leaves": 9')]
    replacements += [(f'"digest": "{evidence["leaves"][2]["digest"]}', f'"digest": "{"0" * 64}')]
    replacements += [(f'"number": {len(evidence["leaves"])}, "link"', '"number": 77, "link"')]
    whole = [json.dumps(answer) for answer in answers]
    regulator.verify(whole)
    for old, new in replacements:
        assert old in whole[0], old
        with pytest.raises(NotVerifiedError):
            regulator.verify([whole[0].replace(old, new, 1), *whole[1:]])
    dropped = [json.dumps({**answers[0], "data": answers[0]["data"][1:]}), *whole[1:]]
    swapped = [json.dumps({**answers[0], "data": answers[0]["data"][:2][::-1] + answers[0]["data"][2:]}), *whole[1:]]
    unlinked = json.dumps({**answers[0], "evidence": {**evidence, "links": evidence["links"][1:]}})
    bare = json.dumps({**answers[0], "evidence": {**evidence, "leaves": evidence["leaves"][1:]}})
    for wrong in (dropped, swapped, whole[:-1], [unlinked, *whole[1:]], [bare, *whole[1:]]):
        with pytest.raises(NotVerifiedError):
            regulator.verify(wrong)


async def check_late_facts(stores: Stores, regulator: Portal, random: Random, first: datetime) -> None:
    """After late facts, both leaves of the day are valid, and so are those of a day before the chain."""
    late = day_facts(random, first + DAY, 30, datetime.now(UTC)) + day_facts(random, first - DAY, 30, datetime.now(UTC))
    await write(stores.engines.clickhouse, late)
    assert await differences(stores) == []  # late facts are not in the chain yet, and are no tampering
    assert (await close_days(stores)).items() >= {"days_closed": 1, "days_amended": 1, "differences": 0}.items()
    assert await differences(stores) == []
    pages = await regulator.walk("t-1", first - DAY, midnight(0))
    assert regulator.verify(pages).startswith(f"{DAYS + 1} days with facts, ")
    evidence = json.loads(pages[0])["evidence"]
    day = (first + DAY).date().isoformat()
    before, after = [leaf for leaf in evidence["leaves"] if leaf["day"] == day]
    assert after["facts"] > before["facts"] > 0
    links = {link["number"]: link for link in evidence["links"]}
    assert (links[before["link"]]["amends"], links[after["link"]]["amends"]) == (None, before["link"])
    # The leaves of the whole history are numbered without a gap.
    numbers = sorted(leaf["number"] for leaf in evidence["leaves"])
    assert numbers == list(range(1, len(numbers) + 1))


async def check_links_made_meanwhile(stores: Stores, regulator: Portal, random: Random, first: datetime) -> None:
    """Late facts arrive and get their leaf between the read of a page and its answer."""
    read = Audits._read

    async def reading(audits: Audits, *arguments: Any) -> Any:
        page = await read(audits, *arguments)
        await write(stores.engines.clickhouse, day_facts(random, first + DAY, 30, datetime.now(UTC)))
        assert (await close_days(stores))["days_amended"] == 1
        return page

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Audits, "_read", reading)
        pages = await regulator.walk("t-1", first + DAY, first + 2 * DAY)
    assert regulator.verify(pages).startswith("1 days with facts, ")


async def check_graphql(regulator: Portal, first: datetime, until: datetime) -> None:
    """GraphQL returns the same answer as REST."""
    [rest] = [json.loads(page) for page in (await regulator.walk("t-2", first, until))[:1]]
    fields = (
        "data page { endCursor hasNextPage } meta { dataset tenantId tenantKnown window { from to } dataAsOf "
        "rowsBefore rowCap truncated } "
        "evidence { closedUntil leaves { day number link storedBefore facts digest path } "
        "links { number day amends storedBefore leaves facts root previous hash } "
        "log { checkpoint entry { number link loggedAt nonce } proof consistency } }"
    )
    query = f"query Slice($input: AuditInput!) {{ audit(input: $input) {{ {fields} }} }}"
    variables = {
        "input": {"tenantId": "t-2", "from": first.isoformat(), "to": until.isoformat(), "limit": 150, "evidence": True}
    }
    response = await regulator.client.post(GRAPHQL, json={"query": query, "variables": variables})
    answer = response.json()
    assert "errors" not in answer, answer
    del rest["meta"]["accessId"], rest["meta"]["elapsedMs"]
    assert answer["data"]["audit"] == rest
