"""The quality of points, and the maturity of windows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.reports.metrics import Counts
from graph.reports.quality import mark_partial
from graph.reports.reading.cells import make_point
from graph.reports.windows import Granularity, Window, hour_start
from infra.postgres import Pool
from tests.graph.support.api import Api, open_api
from tests.graph.support.store import DAY, HOUR, Row, Store, hours, iso

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 1, tzinfo=UTC)


def qualities(window: Window, granularity: Granularity, horizon: datetime | None) -> str:
    """The first letter of the quality of each point."""
    starts = [each.starts for each in window.slices]
    if granularity == "hourly":
        starts = [hour_start(hour) for hour in range(window.first_hour, window.end_hour)]
    points = [make_point(start, Counts(), None) for start in starts]
    return "".join(point.quality[0] for point in mark_partial(points, window, granularity, horizon))


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [
        (START + 3 * HOUR, "AAA"),
        (START + 3 * HOUR - timedelta(microseconds=1), "AAP"),
        (START + 2 * HOUR, "AAP"),
        (START + HOUR - timedelta(microseconds=1), "PPP"),
        (START - DAY, "PPP"),
        (START + DAY, "AAA"),
        (None, "PPP"),
    ],
)
def test_hours_are_partial_until_they_are_complete(horizon: datetime | None, expected: str) -> None:
    assert qualities(Window(START, START + 3 * HOUR), "hourly", horizon) == expected


@pytest.mark.parametrize(
    ("first", "end", "horizon", "expected"),
    [
        (START, START + 3 * DAY, START + 3 * DAY, "AAA"),
        (START, START + 3 * DAY, START + 2 * DAY + 23 * HOUR, "AAP"),
        (START + HOUR, START + 3 * DAY, START + 9 * DAY, "PAA"),
        (START, START + 3 * DAY - HOUR, START + 9 * DAY, "AAP"),
        (START + HOUR, START + 3 * DAY - HOUR, START + 9 * DAY, "PAP"),
        (START + HOUR, START + 2 * HOUR, START + 9 * DAY, "P"),
        (START, START + 3 * DAY - HOUR, START, "PPP"),
        (START, START + DAY, None, "P"),
    ],
)
def test_days_that_the_window_cuts_are_partial(
    first: datetime, end: datetime, horizon: datetime | None, expected: str
) -> None:
    assert qualities(Window(first, end), "daily", horizon) == expected


def test_the_given_points_are_not_changed() -> None:
    window = Window(hour_start(20_000 * 24), hour_start(20_001 * 24))
    point = make_point(window.from_, Counts(), None)
    (found,) = mark_partial([point], window, "daily", None)
    assert (found.quality, point.quality) == ("PARTIAL", "ACTUAL")


@pytest.mark.parametrize(
    ("counts", "share", "provisional"),
    [
        (Counts(), None, False),
        (Counts(messages=100, delivered=99), 0.01, True),
        (Counts(messages=1000, delivered=900, failed=91), 0.009, False),
        (Counts(messages=100, delivered=80, failed=20), 0.0, False),
        (Counts(messages=5), 1.0, True),
        (Counts(messages=5, delivered=9), 0.0, False),
        (Counts(messages=-3), None, False),
    ],
)
def test_maturity(counts: Counts, share: float | None, provisional: bool) -> None:
    assert (counts.pending_share, counts.provisional) == (share, provisional)


@pytest.fixture(scope="module")
async def rows(opened: Store) -> None:
    made = [
        Row(hour, scope, id_, messages=5, delivered=4)
        for hour in hours(START, START + DAY)
        for scope, id_ in (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "acc-1"))
    ]
    await opened.put(made, START + DAY)


def series(answer: Any) -> Sequence[str]:
    return [point["quality"][0] for point in answer]


async def test_every_answer_has_complete_until(pool: Pool, rows: None) -> None:
    """It is the earlier time of both projections."""
    behind = START + 10 * HOUR + timedelta(minutes=30)
    window = {"from_": iso(START), "to": iso(START + 12 * HOUR)}
    projections: dict[str, datetime | None] = {"billing_metrics": START + DAY, "delivery_metrics": behind}

    async def ask(api: Api) -> list[Any]:
        paths = ("summary", "operators/op-1/performance", "accounts/acc-1/usage", "throughput", "top-operators")
        return [await api.report(path, **window) for path in (*paths, "delivery-breakdown")]

    async with open_api(pool, progress=lambda: projections) as api:
        for _ in range(2):  # first read, then cached
            for answer in await ask(api):
                assert datetime.fromisoformat(answer["completeUntil"]) == behind
                for one in answer.get("operators", [answer]):
                    if "series" in one:
                        assert series(one["series"]) == list("AAAAAAAAAAPP")
        projections["delivery_metrics"] = START + 12 * HOUR
        summary, performance, usage, *_ = await ask(api)
        assert series(summary["series"]) == series(performance["series"]) == ["A"] * 12
        assert series(usage["dailyBreakdown"]) == ["P"]  # half a day
        minutes = await api.report("throughput", **window, resolution="5m")
        assert series(minutes["series"]) == ["I"] * 144
        projections["delivery_metrics"] = None
        assert {answer["completeUntil"] for answer in await ask(api)} == {None}
