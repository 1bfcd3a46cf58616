"""The datasets of the cross-check: what can be asked about, answers to questions, and open differences."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import randbits
from time import monotonic
from typing import Any, Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra import nats
from infra.clickhouse import traced
from infra.sql import statement
from infra.telemetry import logger
from pipelines.crosscheck.drawing import Contents, DatasetContents, begin_of
from pipelines.crosscheck.journal import note
from pipelines.crosscheck.laws import LAWS
from pipelines.crosscheck.nodes import Answer, OpenDifference, Plan, Start
from pipelines.crosscheck.params import Params
from pipelines.crosscheck.questions import Question, question_of
from pipelines.crosscheck.reading import Reader, TooExpensiveError
from pipelines.crosscheck.sums import FILTERS, TABLES, DatasetTables
from pipelines.datasets import StoreDataset
from pipelines.kedro_thread import current_params
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
DAYS: Final = statement(SQL, "days")
SUBJECTS: Final = statement(SQL, "subjects")
VERIFIED_HOURS: Final = statement(SQL, "verified_hours")
OLDEST_SUSPICIONS: Final = statement(SQL, "oldest_suspicions")
FORGET_DAYS: Final = statement(SQL, "forget_days")
DAYS_OF_FACTS: Final = statement(SQL, "days_of_facts")
CONTENTS_OF_DATASET: Final = statement(SQL, "contents_of_dataset")
MARK_MINUTES: Final = statement(SQL, "mark_minutes")
OPEN_DIFFERENCES: Final = statement(SQL, "open_differences")

# Days of facts that are compared. Older ones may be in S3, which is slow and may be away.
REACH: Final = timedelta(days=360)
MOST_DAYS: Final = 400
MOST_ACCOUNTS: Final = 100  # of a run
MOST_SUSPICIONS: Final = 50  # of a run


class RunStart(StoreDataset[None, Start]):
    """What a run begins with. Its budget begins when this is loaded."""

    async def read(self, stores: Stores) -> Start:
        params = current_params(Params)
        deadline = monotonic() + (stores.crosscheck_seconds if params.seconds is None else params.seconds)
        await stores.postgres.execute(FORGET_DAYS, _first_day())
        suspicions = await stores.postgres.fetch(OLDEST_SUSPICIONS, MOST_SUSPICIONS)
        questions = [question_of(row["question"]) for row in suspicions]
        known = [question for question in questions if question.law in LAWS]
        return Start(await _contents(stores), known, randbits(62), deadline)


class Answers(StoreDataset[Plan, Sequence[Answer]]):
    """Saving a plan asks its questions until the budget is spent. Loading gives the answers."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []

    async def write(self, stores: Stores, plan: Plan) -> None:
        pause = current_params(Params).pause
        async with nats.connect(stores.engines.nats) as client:
            reader = Reader(stores, client.jetstream(), plan.deadline, pause)
            for question in plan.questions:
                if reader.seconds_left <= 0:
                    break
                self._answers.append(await _answer(reader, question, plan.seed))

    async def read(self, stores: Stores) -> Sequence[Answer]:
        return self._answers


class OpenDifferences(StoreDataset[None, Sequence[OpenDifference]]):
    """The differences that were not found equal again, newest first."""

    async def read(self, stores: Stores) -> Sequence[OpenDifference]:
        rows = await stores.postgres.fetch(OPEN_DIFFERENCES)
        return [OpenDifference(row["difference_id"], question_of(row["question"])) for row in rows]


async def _answer(reader: Reader, question: Question, seed: int) -> Answer:
    """Reads a question and notes the reading."""
    try:
        reading = await reader.read(question)
    except TooExpensiveError:
        return "too_expensive"
    if reading is None:
        return "unsettled"
    if reading.differing and LAWS[question.law].kind == "copies":
        await _search_copies(reader.stores, question)
    noted = await note(reader.stores, question, reading, seed, reader.pause)
    if noted != "equal":
        columns = ", ".join(reading.differing)
        logger().warning("numbers differ", result=noted, question=question.text, columns=columns, seed=seed)
    return noted


async def _search_copies(stores: Stores, question: Question) -> None:
    """Lets the pipeline `copies` search the question's hour, which has facts of several tenants."""
    client = await stores.clickhouse.client()
    window = {"facts": TABLES[question.dataset].facts, "first": question.first, "end": question.end}
    with traced(MARK_MINUTES):
        await client.command(MARK_MINUTES, parameters=window)


async def _contents(stores: Stores) -> Contents:
    days = await stores.postgres.fetchrow(DAYS, MOST_DAYS)
    assert days is not None
    subjects: dict[str, list[str]] = {"PLATFORM": ["platform"], "OPERATOR": [], "ACCOUNT": []}
    for row in await stores.postgres.fetch(SUBJECTS, MOST_ACCOUNTS):
        subjects[row["scope"]].append(row["scope_id"])
    hours = {(row["dataset"], row["day"]): row["hours"] for row in await stores.postgres.fetch(VERIFIED_HOURS)}
    client = await stores.clickhouse.client()
    datasets = {name: await _dataset(client, tables) for name, tables in TABLES.items()}
    ordered = {scope: sorted(ids) for scope, ids in subjects.items()}
    return Contents(days["days"], days["archived"], ordered, datasets, hours)


async def _dataset(client: AsyncClient, tables: DatasetTables) -> DatasetContents:
    """What a dataset has: days of facts or cells, and the tenants and values of its smallest cube."""
    cube = tables.days or tables.hours
    sql = CONTENTS_OF_DATASET.format(cube=cube.name, time=cube.time)
    with traced(sql):
        cells = await client.query(sql, parameters={"since": begin_of(_first_day())})
    row: dict[str, Any] = next(iter(cells.named_results()))
    parts = (await client.query(DAYS_OF_FACTS, parameters={"facts": tables.facts})).result_rows
    days = {day for day in {*row["days"], *(day for (day,) in parts)} if _first_day() <= day <= _today()}
    values = {name: sorted(row[name]) for name in FILTERS}
    return DatasetContents(sorted(days, reverse=True), sorted(row["tenants"]), values)


def _today() -> date:
    return datetime.now(UTC).date()


def _first_day() -> date:
    return _today() - REACH
