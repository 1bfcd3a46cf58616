"""Trends: days and months over long windows equal the sums of their rows, with and without daily rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from infra.postgres import Pool
from tests.graph.support.api import Api, open_api, portal
from tests.graph.support.expected import Sum, of, rate
from tests.graph.support.rows import SUBJECTS, random_row
from tests.graph.support.store import DAY, HOUR, Row, Store, iso
from tests.support.bins import within_tolerance

pytestmark = pytest.mark.anyio

START = datetime(2024, 9, 20, tzinfo=UTC)
DAYS = 400
AS_OF = START + 390 * DAY
QUERY = """query($from: DateTime, $to: DateTime, $by: TrendGranularity!, $operator: ID, $account: ID) {
  trend(from: $from, to: $to, granularity: $by, operatorId: $operator, accountId: $account) {
    window { from to } granularity totalMessages deliveredMessages failedMessages deliveryRate errorRate totalCost
    costsByCurrency avgLatencyMs p95LatencyMs peakTps lowSample
    series { time quality totalMessages deliveredMessages failedMessages totalCost p95LatencyMs peakTps }
  } }"""


@pytest.fixture(scope="module")
async def rows(opened: Store) -> Sequence[Row]:
    """Rows of a few hours of each day."""
    random = Random(11)
    made = [
        random_row(random, START + day * DAY + random.randrange(24) * HOUR, *subject)
        for day in range(DAYS)
        for subject in SUBJECTS[:5]
    ]
    await opened.put(made, AS_OF)
    return made


def check(found: dict[str, Any], expected: Sum) -> None:
    """The expected figures of a trend, or of one of its points."""
    assert found["totalMessages"] == expected.messages
    assert (found["deliveredMessages"], found["failedMessages"]) == (expected.delivered, expected.failed)
    assert (found["totalCost"], found["peakTps"]) == (expected.figures()["totalCost"], expected.peak)
    if expected.exact_p95 is None:
        assert found["p95LatencyMs"] is None
    else:
        assert within_tolerance(found["p95LatencyMs"], expected.exact_p95)


def bucket(time: datetime, by: str) -> datetime:
    return time.replace(hour=0) if by == "DAILY" else time.replace(day=1, hour=0)


@pytest.mark.parametrize("subject", [SUBJECTS[0], SUBJECTS[1], SUBJECTS[4]], ids=lambda subject: subject[0])
@pytest.mark.parametrize("by", ["DAILY", "MONTHLY"])
async def test_days_and_months_are_the_sums_of_their_rows(
    api: Api, rows: Sequence[Row], subject: tuple[str, str], by: str
) -> None:
    names = {"OPERATOR": "operator", "ACCOUNT": "account"}
    window = START + 5 * HOUR, START + (DAYS - 1) * DAY + 3 * HOUR
    only = {names[subject[0]]: subject[1]} if subject[0] in names else {}
    found = (await api.fields(QUERY, **{"from": iso(window[0]), "to": iso(window[1]), "by": by}, **only))["trend"]
    whole = of(rows, *subject, window)
    check(found, whole)
    assert found["window"] == {"from": iso(window[0]), "to": iso(window[1])}
    assert (found["costsByCurrency"], found["granularity"]) == (whole.costs, by.lower())
    assert found["deliveryRate"] == rate(whole.delivered, whole.base)
    hours = [window[0] + number * HOUR for number in range((window[1] - window[0]) // HOUR)]
    starts = sorted({bucket(hour, by) for hour in hours})
    assert [point["time"] for point in found["series"]] == [iso(start) for start in starts]
    for point, start in zip(found["series"], starts, strict=True):
        end = start + DAY if by == "DAILY" else (start + 31 * DAY).replace(day=1)
        whole_and_over = window[0] <= start and end <= min(window[1], AS_OF)
        assert point["quality"] == ("ACTUAL" if whole_and_over else "PARTIAL")
        check(point, Sum(row for row in whole.rows if bucket(row.hour, by) == start))


async def test_wrong_parameters_are_rejected(api: Api) -> None:
    long = {"from": "2010-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z", "by": "MONTHLY"}
    for variables, code in (
        (long, "INVALID_WINDOW"),
        ({"by": "DAILY", "operator": "op-1", "account": "acc-1"}, "INVALID_QUERY"),
        ({"by": "DAILY", "account": "not an id"}, "INVALID_QUERY"),
    ):
        answer = await api.ask(QUERY, **variables)
        assert answer["errors"][0]["extensions"]["code"] == code


async def test_an_account_sees_only_its_own_trend(pool: Pool, rows: Sequence[Row]) -> None:
    async with open_api(pool) as api:
        for account, code in (("acc-1", "FORBIDDEN_ACCOUNT"), (None, "FORBIDDEN")):
            answer = await api.ask(QUERY, portal("acc-0"), by="DAILY", account=account)
            assert answer["errors"][0]["extensions"]["code"] == code
        assert "errors" not in await api.ask(QUERY, portal("acc-0"), by="DAILY", account="acc-0")
