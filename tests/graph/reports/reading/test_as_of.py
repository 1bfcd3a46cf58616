"""When the state of closed days is known, without engines."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from graph.reports.reading.as_of import nearest, refusal
from graph.reports.windows import day_number

DAY = datetime(2026, 10, 7, tzinfo=UTC)
CLOSED = datetime(2026, 10, 8, 1, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEPT = {"closed_at": CLOSED, "changing_since": None, "archived_at": None}


@pytest.mark.parametrize(
    ("known", "as_of", "problem"),
    [
        (None, DAY + timedelta(hours=25), None),
        (None, DAY + timedelta(hours=25) - SECOND, "2026-10-07 was not closed at asOf (2026-10-08T00:59:59Z)."),
        (KEPT, CLOSED, None),
        (
            KEPT,
            CLOSED - SECOND,
            "2026-10-07 was not closed at asOf (2026-10-08T01:04:59Z): "
            "its states are kept from 2026-10-08T01:05:00Z on.",
        ),
        ({**KEPT, "closed_at": None}, CLOSED, "2026-10-07 is not closed yet, so no earlier state of it is kept."),
        ({**KEPT, "changing_since": CLOSED + SECOND}, CLOSED, None),
        (
            {**KEPT, "changing_since": CLOSED + SECOND},
            CLOSED + SECOND,
            "2026-10-07 has been changing since 2026-10-08T01:05:01Z: use an instant before, or wait until the rollup "
            "has added the day up.",
        ),
        (
            {**KEPT, "archived_at": CLOSED + SECOND},
            CLOSED,
            "2026-10-07 has changed in the archive since asOf: use an instant from 2026-10-08T01:05:01Z on.",
        ),
    ],
)
def test_why_a_state_is_not_known(
    known: dict[str, datetime | None] | None, as_of: datetime, problem: str | None
) -> None:
    assert refusal(day_number(DAY.date()), known, as_of) == problem


def test_the_nearest_instants_without_a_change() -> None:
    """Compared with every second around."""
    random = Random(20261130)
    for _ in range(300):
        starts = [random.randrange(60) for _ in range(random.randrange(1, 12))]
        changes = [(start, start + random.randrange(1, 12)) for start in starts]
        busy = {second for start, end in changes for second in range(start, end)}
        instant = random.choice(sorted(busy))
        before, after = instant, instant
        while before - 1 in busy:
            before -= 1
        while after in busy:
            after += 1
        found = nearest([(DAY + start * SECOND, DAY + end * SECOND) for start, end in changes], DAY + instant * SECOND)
        assert found == (DAY + before * SECOND, DAY + after * SECOND)
