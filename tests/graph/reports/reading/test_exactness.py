"""The cache never changes an answer: each answer is that of one snapshot, taken after the request arrived."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from graph.reports.reading import cache
from infra.postgres import Pool
from tests.graph.support.api import Api, open_api
from tests.graph.support.rows import ACCOUNTS, OPERATORS, SUBJECTS, random_row
from tests.graph.support.store import HOUR, Row, Store, iso

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 28, tzinfo=UTC)
HOURS = 8 * 24
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


SCARCE = 30_000  # bytes: so few that most values are evicted immediately


def random_request(random: Random) -> tuple[str, dict[str, str]]:
    """Any report, on any hours near those that are written."""
    first = random.randrange(-24, HOURS)
    window = {
        "from_": iso(START + first * HOUR),
        "to": iso(START + (first + random.choice([1, 5, 24, 30, 48, 100])) * HOUR),
    }
    granularity = {"granularity": random.choice(["hourly", "daily"])}
    subject = random.choice([{}, {"operatorId": random.choice(OPERATORS)}, {"accountId": random.choice(ACCOUNTS)}])
    return random.choice(
        [
            ("summary", window | granularity),
            (f"operators/{random.choice(OPERATORS)}/performance", window | granularity),
            (f"accounts/{random.choice(ACCOUNTS)}/usage", window),
            ("throughput", window | subject | {"resolution": random.choice(["5m", "1h"])}),
            ("delivery-breakdown", window),
            ("top-operators", window | granularity | {"limit": "2"}),
        ]
    )


async def write(random: Random, store: Store, number: int) -> None:
    """Changes some hours of some subjects in one transaction. Some of the subjects had no row before."""
    hours = [START + random.randrange(HOURS) * HOUR for _ in range(random.choice([1, 1, 3]))]
    subjects = random.sample(SUBJECTS, 3)
    rows = {(hour, subject): random_row(random, hour, *subject) for hour in hours for subject in subjects}
    await store.put(rows.values(), AS_OF + number * timedelta(seconds=1) if random.random() < 0.7 else None)


@pytest.mark.parametrize("capacity", ["ample", "scarce"])
async def test_cached_answers_equal_fresh_ones_after_every_write(
    pool: Pool, store: Store, capacity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if capacity == "scarce":
        monkeypatch.setattr(cache, "CAPACITY", SCARCE)
    random = Random(20261101)
    async with open_api(pool) as api:
        for number in range(60):
            await write(random, store, number)
            async with open_api(pool) as fresh:
                await check_some_answers(random, api, fresh)


async def check_some_answers(random: Random, api: Api, fresh: Api) -> None:
    for _ in range(4):
        path, query = random_request(random)
        found, expected = [await each.get(path, **query) for each in (api, fresh)]
        assert found.status_code in {200, 404}, found.text
        assert without_id(found.json()) == without_id(expected.json()), (path, query)


def without_id(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "requestId"}


async def test_every_answer_is_one_snapshot_while_others_write(pool: Pool, store: Store, api: Api) -> None:
    """Write n counts the n-th message and moves dataAsOf to second n. No answer may show two different numbers."""
    await store.put(Row(START + n * HOUR, *subject) for n in range(HOURS) for subject in SUBJECTS)
    done = asyncio.Event()
    written = 0

    async def writer() -> None:
        nonlocal written
        random = Random(1)
        for number in range(1, 400):
            await count_one(store, START + random.randrange(HOURS) * HOUR, AS_OF + number * timedelta(seconds=1))
            written = number
        done.set()

    async def reader(seed: int) -> int:
        random, answers = Random(seed), 0
        while not done.is_set():
            path, numbers = random.choice(NUMBERS)
            known = written
            start = START - random.choice([0, 5, 24]) * HOUR
            query = {"from_": iso(start), "to": iso(START + (HOURS + random.choice([0, 3])) * HOUR)}
            answer = await api.report(path, **query)
            number = second(answer["dataAsOf"])
            assert known <= number
            assert numbers(answer) == [number] * len(numbers(answer))
            answers += 1
        return answers

    readers = asyncio.gather(*(reader(seed) for seed in range(6)))
    await writer()
    assert min(await readers) > 3


def second(as_of: str | None) -> int:
    return (datetime.fromisoformat(as_of) - AS_OF) // timedelta(seconds=1) if as_of else 0


def in_summary(answer: Any) -> list[int]:
    return [answer["totalMessages"], sum(point["totalMessages"] for point in answer["series"])]


def in_operator(answer: Any) -> list[int]:
    return [answer["totalMessages"], sum(point["totalMessages"] for point in answer["series"])]


def in_usage(answer: Any) -> list[int]:
    return [answer["messagesSent"], sum(day["sent"] for day in answer["dailyBreakdown"])]


def in_throughput(answer: Any) -> list[int]:
    return [sum(point["messages"] for point in answer["series"])]


def in_breakdown(answer: Any) -> list[int]:
    return [share["total"] for share in answer["byOperator"]]


def in_top(answer: Any) -> list[int]:
    return [operator["totalMessages"] for operator in answer["operators"]]


NUMBERS: Sequence[tuple[str, Callable[[Any], list[int]]]] = [
    ("summary", in_summary),
    (f"operators/{OPERATORS[0]}/performance", in_operator),
    (f"accounts/{ACCOUNTS[0]}/usage", in_usage),
    ("throughput", in_throughput),
    ("delivery-breakdown", in_breakdown),
    ("top-operators", in_top),
]


async def count_one(store: Store, hour: datetime, as_of: datetime) -> None:
    """Counts one more message for every subject in one transaction, and increments the day's version as ingest does."""
    async with store.connection.transaction():
        await store.connection.execute(
            "update anlyt.metrics_hourly set total_messages = total_messages + 1 where hour_bucket = $1", hour
        )
        await store.connection.execute(
            "update anlyt.event_days set version = version + 1, newest_claim_at = now() where day = $1", hour.date()
        )
        await store.connection.execute(
            "insert into anlyt.data_as_of values ('delivery_metrics', $1) on conflict (projection) "
            "do update set newest_event_at = excluded.newest_event_at",
            as_of,
        )
