"""The ledger on real engines: its API equals a brute-force reading of the streams, and says what is missing."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from functions import METRICS
from functions.function import AnyFunction
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.endpoints import Engines
from infra.postgres import open_pool
from ingest import backfill, service
from ingest.rebuild.history import History
from ingest.rebuild.rebuild import Rebuild
from ingest.stream_hours import HourRecorder
from schema.streams import BILLING_EVENTS, SMS_DLR, Stream
from tests.graph.support.api import ADMIN, Api, open_api
from tests.support import events, faults, ledger
from tests.support.chaos import accidents, flood, make_short_ack_consumers
from tests.support.database import connected, fresh_database
from tests.support.ledger import Stored
from tests.support.platform import BILLING, PATIENCE, Platform, open_platform, unlimited_guards, with_batch
from tests.support.validity import Message
from tests.support.worker import worker_pool

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
FIELDS = "stored counted { messages amounts } copies { messages amounts } refused { messages } waiting missing holds"


@pytest.fixture
async def scene(tmp_path: Path, template: Engine) -> AsyncIterator[Platform]:
    """A platform with its own NATS and database."""
    async with (
        nats_server(tmp_path / "nats") as server,
        fresh_database(template) as dsn,
        open_platform(server.url, dsn) as platform,
    ):
        yield platform


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MEASURE_EVERY", 0.05)


def _sent(random: Random, make: events.Make, bad: Sequence[faults.Fault], count: int) -> list[Message]:
    """Events with copies that differ or not, and bad messages between them."""
    made = [make(random, NOW) for _ in range(count)]
    made += [events.differing(random, make, fields) for fields in random.sample(made, count // 4)]
    made += [events.again(random, fields) for fields in random.sample(made, count // 4)]
    sent = [events.message(random, fields | ({"tpsSnapshot": 7} if "tpsSnapshot" in fields else {})) for fields in made]
    few = [fault.message for fault in random.sample(bad, 40) if len(fault.message.data) < 10_000]
    return events.reordered(random, [*sent, *few], reach=40)


def _streams(random: Random, count: int) -> Mapping[Stream, list[Message]]:
    reports, charges = events.report(random, NOW), events.billing(random, NOW)
    return {
        BILLING_EVENTS: _sent(random, events.billing, list(faults.billing(charges, NOW)), count),
        SMS_DLR: _sent(random, events.report, list(faults.reports(reports, NOW)), count),
    }


async def _stored(platform: Platform, stream: Stream) -> list[Stored]:
    """The messages of a stream, with the nanosecond in which it stored each."""
    found = []
    for number, message in sorted((await platform.stored_messages(stream)).items()):
        raw = await platform.client.request(
            f"$JS.API.STREAM.MSG.GET.{stream.name}", b'{"seq": %d}' % number, timeout=PATIENCE
        )
        found.append(Stored(_nanoseconds(raw.data.decode().split('"time":"')[1].split('"')[0]), message))
    return found


def _nanoseconds(text: str) -> int:
    whole, _, fraction = text.rstrip("Z").partition(".")
    return int(datetime.fromisoformat(f"{whole}+00:00").timestamp()) * 10**9 + int(fraction.ljust(9, "0"))


async def _differences(platform: Platform, api: Api) -> list[str]:
    """The differences between the ledger, stored and answered, and a brute-force reading of the streams."""
    lines: list[str] = []
    window = {"from": f"{NOW - timedelta(hours=3):%FT%TZ}", "to": f"{datetime.now(UTC) + timedelta(hours=1):%FT%TZ}"}
    response = await api.client.get("/v1/ledger", params=window, headers=dict(ADMIN))
    assert response.status_code == 200, response.text
    for function in METRICS:
        stream = await _stored(platform, function.stream)
        expected = ledger.expected(function.name, stream)
        async with connected(platform.dsn) as connection:
            lines += ledger.differing(expected, await ledger.rows(connection, function.name))
        hours = [hour for hour in response.json()["hours"] if hour["function"] == function.name]
        lines += _answered(expected, stream, hours)
        reasons = Counter(each.reason for each in await platform.dead_letters() if each.function == function.name)
        (total,) = [each for each in response.json()["totals"] if each["function"] == function.name]
        refused = {each["reason"]: each["messages"] for each in total["refused"]}
        lines += [] if refused == reasons else [f"refused {refused}, dead letters {reasons}"]
    lines += [] if response.json()["holds"] else ["it does not hold"]
    return lines


def _answered(expected: Mapping[ledger.Key, ledger.Sums], stream: Sequence[Stored], hours: Any) -> list[str]:
    """The differences between the answer's hours and the reference."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    amounts: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for key, (messages, net, _, _) in expected.items():
        hour = f"{key.stored_hour:%FT%TZ}"
        counts[hour, key.outcome] += messages
        if key.currency:
            amounts[hour, key.outcome, key.currency] += net
    stored = Counter(f"{datetime.fromtimestamp(each.stored // 10**9, UTC):%FT%H:00:00Z}" for each in stream)
    found: dict[tuple[str, str], int] = {}
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for hour in hours:
        parts = [("counted", hour["counted"]), ("copy", hour["copies"]), *(("refused", x) for x in hour["refused"])]
        for outcome, part in parts:
            key_ = hour["hour"], outcome
            found[key_] = found.get(key_, 0) + part["messages"]
            for currency, amount in part["amounts"].items():
                sums[hour["hour"], outcome, currency] += Decimal(amount)
    answered = {hour["hour"]: hour["stored"] for hour in hours}
    lines = [] if answered == stored else [f"stored: {answered}, not {dict(stored)}"]
    lines += [] if {k: v for k, v in found.items() if v} == counts else [f"messages: {found}, not {dict(counts)}"]
    lines += [] if dict(sums) == dict(amounts) else [f"amounts: {dict(sums)}, not {dict(amounts)}"]
    return lines + [f"{hour['hour']}: {hour}" for hour in hours if hour["waiting"] or not hour["holds"]]


async def _until_equal(platform: Platform, api: Api) -> list[str]:
    """The differences that are left when everything was noted, which takes a moment."""
    found = ["nothing was compared"]
    for _ in range(40):
        if not (found := await _differences(platform, api)):
            break
        await asyncio.sleep(0.1)
    return found


async def _rebuild(platform: Platform, function: AnyFunction) -> None:
    guard = unlimited_guards([function])[function.name]
    async with open_pool(platform.dsn, size=2) as pool, pool.acquire() as connection:
        history = History(platform.client, function)
        await Rebuild(history, pool, connection, "USD", lambda *_: None, guard).run(NOW - timedelta(days=80))


async def test_workers_killed_replayed_and_rebuilt(scene: Platform, often: None, seed: int) -> None:
    """Workers are killed while messages arrive; then all is replayed, and counted again. The ledger stays exact."""
    random = Random(seed)
    await make_short_ack_consumers(scene, METRICS)
    streams = _streams(random, 250)
    async with open_api(scene.pool) as api, worker_pool(scene.url, scene.dsn, random, 2) as hired:
        floods = [flood(scene, stream, messages, 2) for stream, messages in streams.items()]
        await asyncio.gather(*floods, accidents(random, [hired.kill_one] * 5, 0.3))
        await scene.wait_until_drained(*METRICS)
        assert await _until_equal(scene, api) == []
        for function in METRICS:
            begun = await backfill.begin(scene.client, function, None)
            assert [each async for each in backfill.follow(scene.client, begun)]
        await scene.wait_until_drained(*METRICS)
        assert await _until_equal(scene, api) == []
        for function in METRICS:
            await _rebuild(scene, function)
        assert await _until_equal(scene, api) == []


async def test_messages_wait_and_are_lost(scene: Platform, often: None) -> None:
    """Messages without a worker wait. Those that the stream loses before they are counted are missing, by hour."""
    random = Random(7)
    sent = [events.message(random, events.billing(random, NOW)) for _ in range(60)]
    engines, size = Engines(scene.url, scene.dsn, ""), with_batch(BILLING, 10)
    async with open_api(scene.pool) as api:
        await scene.publish(BILLING_EVENTS, sent[:20])
        async with service.running(engines, [size], "USD", unlimited_guards([size])):
            await scene.wait_until_drained(BILLING)
            assert await _line(api, waiting=0) == (20, 20, 0, 0, True)
        await scene.publish(BILLING_EVENTS, sent[20:])
        async with connected(scene.dsn) as connection:  # as a worker that hangs: only the stream goes on
            await HourRecorder(scene.jetstream).note(scene.pool, BILLING_EVENTS)
            assert await connection.fetchval("select sum(stored) from anlyt.stream_hours") == 60
        assert await _line(api, waiting=40) == (60, 20, 40, 0, True)
        await scene.jetstream.purge_stream(BILLING_EVENTS.name, seq=51)
        async with service.running(engines, [size], "USD", unlimited_guards([size])):
            assert await _line(api, waiting=0) == (60, 30, 0, 30, False)


async def _line(api: Api, waiting: int) -> tuple[Any, ...]:
    """Stored, counted, waiting, missing and whether it holds, once so many messages wait."""
    query = f'{{ ledger(last: "3h") {{ holds totals {{ function {FIELDS} }} }} }}'
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = (await api.fields(query))["ledger"]
            (line,) = [each for each in answer["totals"] if each["function"] == BILLING.name]
            if line["waiting"] == waiting and line["stored"]:
                break
            await asyncio.sleep(0.05)
    assert answer["holds"] == line["holds"]
    return line["stored"], line["counted"]["messages"], line["waiting"], line["missing"], line["holds"]
