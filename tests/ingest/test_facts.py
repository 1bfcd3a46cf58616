"""Facts in ClickHouse, without NATS: FINAL equals the reference, however events are repeated, reordered or batched."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from functions.cdr_facts import cdr_facts
from functions.compliance_facts import compliance_facts
from functions.dlr_facts import dlr_facts
from functions.function import AnyFunction
from infra.clickhouse import connect
from infra.clickhouse_errors import FAILURES
from infra.embedded.clickhouse import clickhouse_server
from ingest.facts import FactStore
from ingest.sink import Events
from tests.support import events, fact_events
from tests.support.fact_reference import expect
from tests.support.facts import MAKERS, fact_store
from tests.support.validity import Message
from tests.support.warehouse import empty_clickhouse, fact_differences
from tests.support.writes import decoded, decoded_at, split

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


async def commit(dsn: str, function: AnyFunction, batches: Iterable[Events]) -> None:
    async with fact_store(dsn) as opened:
        for batch in batches:
            assert await opened.commit(function, batch) == {"stored": len(batch)}


async def test_any_batches_of_redelivered_events_are_the_reference(warehouse: str) -> None:
    random = Random(1)
    messages = [events.messages(random, make, NOW, 800) for make in MAKERS.values()]
    for function, sent in zip(MAKERS, messages, strict=True):
        whole = decoded(function, sent, NOW)
        await commit(warehouse, function, split(random, whole))
        await commit(warehouse, function, split(random, random.sample(whole, len(whole))))
    assert await fact_differences(warehouse, expect(*messages, arrived=NOW)) == []


async def test_merges_change_nothing(warehouse: str) -> None:
    random = Random(2)
    sent = events.messages(random, fact_events.report, NOW, 300)
    await commit(warehouse, dlr_facts, split(random, decoded(dlr_facts, sent * 2, NOW)))
    async with connect(warehouse) as client:
        await client.command("optimize table facts_dlr final")
        plain = await client.query("select count() from facts_dlr")
        final = await client.query("select count() from facts_dlr final")
    assert plain.result_rows == final.result_rows
    assert await fact_differences(warehouse, expect(sent, arrived=NOW)) == []


@pytest.mark.parametrize("apart", [1, 1_000_000], ids=["a nanosecond apart", "a millisecond apart"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("together", [False, True])
async def test_of_differing_copies_the_one_stored_first_counts(
    warehouse: str, apart: int, backwards: bool, together: bool
) -> None:
    """The order of writing does not matter: a copy may come late from a slow worker or a backfill."""
    fields = fact_events.record(Random(3), NOW)
    copies = [events.message(Random(n), fields | {"chargeAmount": f"{n}.5"}) for n in range(3)]
    batch = [decoded_at(cdr_facts, message, NOW, number * apart) for number, message in enumerate(copies)]
    order = batch[::-1] if backwards else batch
    await commit(warehouse, cdr_facts, [order] if together else [[each] for each in order])
    assert await fact_differences(warehouse, expect(records=copies, arrived=NOW)) == []


async def test_one_batch_may_spread_over_more_days_than_an_insert_takes(warehouse: str) -> None:
    random = Random(4)
    sent = [
        events.message(random, fact_events.report(random, NOW) | {"receivedAt": f"{NOW - timedelta(days=n):%FT%TZ}"})
        for n in range(130)
    ]
    await commit(warehouse, dlr_facts, [decoded(dlr_facts, sent, NOW)])
    assert await fact_differences(warehouse, expect(sent, arrived=NOW)) == []


async def test_amounts_and_texts_are_kept_to_the_last_digit_and_character(warehouse: str) -> None:
    records = [
        events.message(Random(n), fact_events.record(Random(n), NOW) | {"chargeAmount": amount})
        for n, amount in enumerate(events.AMOUNTS)
    ]
    finding = {"ruleId": "r", "ruleName": "شب‌هنگام \\ ' \" 🌙", "ruleType": "T", "action": "A"}
    fields = fact_events.evaluation(Random(5), NOW) | {"findings": [finding] * 64}
    evaluations = [events.message(Random(0), fields)]
    await commit(warehouse, cdr_facts, [decoded(cdr_facts, records, NOW)])
    await commit(warehouse, compliance_facts, [decoded(compliance_facts, evaluations, NOW)])
    assert await fact_differences(warehouse, expect((), records, evaluations, arrived=NOW)) == []


async def test_nothing_but_named_fields_is_stored(warehouse: str) -> None:
    number = "+93701234567"
    fields = fact_events.evaluation(Random(6), NOW) | {"msisdn": number}
    fields["findings"] = [{"ruleId": "r", "ruleName": "n", "ruleType": "t", "action": "a", "matched": number}]
    await commit(warehouse, compliance_facts, [decoded(compliance_facts, [events.message(Random(0), fields)], NOW)])
    async with connect(warehouse) as client:
        decoded_at = await client.query("select toString(tuple(*)) from facts_compliance")
    assert len(decoded_at.result_rows) == 1
    assert number not in str(decoded_at.result_rows)


async def test_an_engine_that_comes_back_is_written_to_again(tmp_path: Path) -> None:
    """The pooled connection is stale then: one attempt fails immediately, and the next one succeeds."""
    random = Random(7)
    sent: list[Message] = []
    async with clickhouse_server(tmp_path / "clickhouse") as engine:
        await empty_clickhouse(engine.dsn)
        async with fact_store(engine.dsn) as facts:
            for restart in (engine.kill, engine.stop, engine.kill):
                batch = [events.message(random, fact_events.record(random, NOW)) for _ in range(40)]
                sent += batch
                await _until_committed(facts, decoded(cdr_facts, batch, NOW))
                await restart()
                with pytest.raises(FAILURES):
                    await facts.commit(cdr_facts, decoded(cdr_facts, batch, NOW))
                await engine.start()
        assert await fact_differences(engine.dsn, expect(records=sent, arrived=NOW)) == []


async def _until_committed(facts: FactStore, batch: Events) -> None:
    for _ in range(3):
        try:
            await facts.commit(cdr_facts, batch)
        except FAILURES:
            continue
        return
    raise AssertionError("three attempts failed")
