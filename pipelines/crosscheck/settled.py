"""When a comparison means something: what both statements read is settled, and the same before and after.

Ingest writes facts, then marks, then acknowledges. So everything that a stream stored before the last `pause` seconds
is in facts and has its marks, or has been followed by the cubes, if its consumer is at most `pause` seconds behind.
What came later may be in one of two stores only. Such a difference changes, or is gone, after that time: so a
difference is believed after several readings with the same values, each at least `pause` seconds after the one before.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from nats.js import JetStreamContext

from infra.clickhouse import traced
from infra.postgres import Connection
from infra.progress import complete_until
from infra.sql import statement
from pipelines.crosscheck.laws import Law, Need
from pipelines.crosscheck.questions import Question
from pipelines.crosscheck.sums import TABLES
from pipelines.stores import Stores
from schema.streams import (
    CDR_EVENTS,
    CDR_FACTS_DURABLE,
    COMPLIANCE_AUDIT,
    COMPLIANCE_DURABLE,
    DLR_FACTS_DURABLE,
    DLR_METRICS_DURABLE,
    SMS_DLR,
    Consumer,
)

SQL: Final = Path(__file__).parent / "sql"
POSITION: Final = statement(SQL, "position")
OPEN_MARKS: Final = statement(SQL, "open_marks")
CONSUMERS: Final[Mapping[str, Sequence[Consumer]]] = {
    "dlr": (Consumer(SMS_DLR, DLR_FACTS_DURABLE), Consumer(SMS_DLR, DLR_METRICS_DURABLE)),
    "cdr": (Consumer(CDR_EVENTS, CDR_FACTS_DURABLE),),
    "compliance": (Consumer(COMPLIANCE_AUDIT, COMPLIANCE_DURABLE),),
}
"""The consumers that store the events of a dataset."""


class Position(NamedTuple):
    """The state of a question's window in PostgreSQL, read at the time `at` of its clock.

    `versions`: of the days. `batches`: of the archive, those that count. The others say which needs are met.
    """

    at: datetime
    versions: str
    added_up: bool
    uncontested: bool
    batches: Sequence[int]
    only_archived: bool

    def meets(self, needs: frozenset[Need]) -> bool:
        met: Mapping[Need, bool] = {
            "added_up": self.added_up,
            "uncontested": self.uncontested,
            "unarchived": not self.batches,
            "only_archived": self.only_archived,
        }
        return all(met[need] for need in needs if need != "unmarked")

    def is_like(self, other: "Position") -> bool:
        """Whether nothing has changed between two positions."""
        return self[1:] == other[1:]


async def read_position(connection: Connection, question: Question) -> Position:
    row = await connection.fetchrow(POSITION, question.first_day, question.last_day, question.first, question.end)
    assert row is not None
    return Position(**row)


async def are_consumers_close(jetstream: JetStreamContext, question: Question, pause: float) -> bool:
    """Whether all that the dataset's stream stored before the last `pause` seconds is stored here."""
    for consumer in CONSUMERS[question.dataset]:
        until = await complete_until(jetstream, consumer)
        if until is None or datetime.now(UTC) - until > timedelta(seconds=pause):
            return False
    return True


async def is_unmarked(stores: Stores, law: Law, question: Question) -> bool:
    """Whether no cell of the window has to follow its facts, and no copy is searched there; if the law needs that."""
    if "unmarked" not in law.needs:
        return True
    client = await stores.clickhouse.client()
    window = {"first": question.first, "end": question.end, "tenant": question.tenant}
    with traced(OPEN_MARKS):
        marks = await client.query(OPEN_MARKS, parameters={"names": TABLES[question.dataset].names, **window})
    return marks.result_rows == [(0,)]
