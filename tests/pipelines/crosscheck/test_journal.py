"""What is noted of readings equals a plain count of them, in PostgreSQL."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from pipelines.crosscheck.drawing import begin_of
from pipelines.crosscheck.journal import READINGS, note
from pipelines.crosscheck.questions import Question
from pipelines.crosscheck.reading import Reading
from pipelines.crosscheck.statements import Statement
from pipelines.stores import Stores
from tests.support.pipelines import stores_of

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAYS = [date(2026, 11, 29), date(2026, 11, 30)]
HOUR = 3600
LEFT = Statement("postgres", "select $1", {"n": 1})
RIGHT = Statement("clickhouse", "select %(n)s", {"n": 2})


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Stores]:
    """Stores without ClickHouse."""
    async with stores_of(database) as stores:
        yield stores


def reading(at: datetime, left: str = "1", right: str = "1") -> Reading:
    return Reading(at, LEFT, {"n": left}, RIGHT, {"n": right})


def hours(day: date, first: int, end: int, tenant: str = "*", dimension: str = "") -> Question:
    begin = begin_of(day)
    return Question("cubes_are_facts", begin + first * HOUR, begin + end * HOUR, "dlr", tenant, dimension=dimension)


async def test_a_day_is_verified_since_the_oldest_of_its_hours(opened: Stores, seed: int) -> None:
    """A day counts from the first reading of the round in which its last hour was read; a whole day at once."""
    random = Random(seed)
    rounds: dict[date, dict[int, datetime]] = {day: {} for day in DAYS}
    verified: dict[date, datetime] = {}
    for number in range(400):
        day, at, first = random.choice(DAYS), NOON + timedelta(minutes=number), random.randrange(24)
        end = 24 if first == 0 and random.random() < 0.2 else min(first + random.choice([1, 1, 2, 5]), 24)
        await note(opened, hours(day, first, end), reading(at), 1, 30)
        for hour in range(first, end):
            rounds[day].setdefault(hour, at)
        if (first, end) == (0, 24):
            verified[day], rounds[day] = at, {}
        elif len(rounds[day]) == 24:
            verified[day], rounds[day] = min(rounds[day].values()), {}
    rows = await opened.postgres.fetch("select * from anlyt.crosscheck_days")
    assert {row["day"]: row["checked_at"] for row in rows} == {day: verified.get(day) for day in DAYS}
    assert {row["day"]: row["hours"] for row in rows} == {day: sum(1 << hour for hour in rounds[day]) for day in DAYS}
    assert {row["day"]: row["since"] for row in rows} == {day: min(rounds[day].values(), default=None) for day in DAYS}


async def test_only_whole_cells_are_verified(opened: Stores) -> None:
    await note(opened, hours(DAYS[0], 0, 24, "t-1", dimension="mno"), reading(NOON), 1, 30)
    await note(opened, Question("operators_are_the_platform", 0, 24 * HOUR), reading(NOON), 1, 30)
    assert await opened.postgres.fetch("select * from anlyt.crosscheck_days") == []


async def test_readings_with_pauses_make_a_difference(opened: Stores) -> None:
    """Time is that of PostgreSQL, so readings begin before or after the pause by what they say."""
    question, now = hours(DAYS[0], 0, 24), await opened.postgres.fetchval("select clock_timestamp()")
    later = [now + timedelta(seconds=number * 31) for number in range(1, 9)]

    async def noted(at: datetime, left: str = "1") -> str:
        return await note(opened, question, reading(at, left, "2"), 7, 30)

    assert await noted(now) == "suspected"
    assert await noted(later[0]) == "suspected"
    assert await noted(now) == "suspected"  # within the pause: it does not count
    assert await noted(later[1], "3") == "suspected"  # other values begin anew
    assert await noted(later[2], "3") == "suspected"
    assert await noted(later[3], "3") == "different"
    assert await noted(later[4], "3") == "suspected"  # logged already
    (row,) = await opened.postgres.fetch("select * from anlyt.crosscheck_log")
    assert (row["left_statement"], row["right_statement"], row["seed"]) == ("select 1", "select 2", 7)
    assert (row["left_values"], row["right_values"], row["closed_at"]) == ('{"n": "3"}', '{"n": "2"}', None)
    assert await note(opened, question, reading(later[5]), 7, 30) == "equal"
    assert await opened.postgres.fetchval("select count(*) from anlyt.crosscheck_suspicions") == 0
    assert await opened.postgres.fetchval("select closed_at is not null from anlyt.crosscheck_log")


async def test_random_readings_log_each_difference_once(opened: Stores, seed: int) -> None:
    random, logged = Random(seed), Counter[str]()
    counts: dict[str, tuple[str, int, bool]] = {}
    questions = [hours(DAYS[0], hour, hour + 1) for hour in range(3)]
    now = await opened.postgres.fetchval("select clock_timestamp()")
    for number in range(200):
        question, left = random.choice(questions), random.choice(["1", "2", "2", "2"])
        await note(opened, question, reading(now + timedelta(hours=number + 1), left, "1"), 1, 30)
        before, readings, is_open = counts.pop(question.text, ("", 0, False))
        if left != "1":
            readings = readings + 1 if before == left else 1
            if readings >= READINGS and not is_open:
                logged[question.text], is_open = logged[question.text] + 1, True
            counts[question.text] = left, readings, is_open
    rows = await opened.postgres.fetch("select question, readings from anlyt.crosscheck_suspicions")
    assert {row["question"]: row["readings"] for row in rows} == {text: each[1] for text, each in counts.items()}
    assert await opened.postgres.fetchval("select count(*) from anlyt.crosscheck_log") == sum(logged.values()) > 3
    still_open = sum(is_open for _, _, is_open in counts.values())
    assert (
        await opened.postgres.fetchval("select count(*) from anlyt.crosscheck_log where closed_at is null")
        == still_open
    )
