"""The equation of the ledger, hour by hour, without engines."""

from datetime import UTC, datetime, timedelta

import pytest

from graph.reports.ledger import Entries, Outcomes, StreamHour, make_ledger
from graph.reports.windows import Window

HOUR = timedelta(hours=1)
FIRST = datetime(2026, 10, 1, tzinfo=UTC)
WINDOW = Window(from_=FIRST, to=FIRST + 24 * HOUR)
BILLING, DELIVERY = "billing_metrics", "delivery_metrics"


def entries(stored: list[StreamHour], outcomes: list[Outcomes], since: datetime | None = None) -> Entries:
    return Entries(since, None, stored, outcomes)


@pytest.mark.parametrize(
    ("stored", "closed", "unsettled", "processed", "line"),
    [
        (10, True, 0, 10, (10, 0, 0, True)),
        (10, True, 0, 9, (10, 0, 1, False)),  # lost
        (10, True, 5, 7, (10, 3, 0, True)),  # waiting, out of order
        (10, True, 2, 7, (10, 2, 1, False)),  # two wait, one is lost
        (10, True, 0, 11, (10, 0, -1, False)),  # counted without being stored
        (10, False, 0, 12, (12, 0, 0, True)),  # noted before the last two
        (10, False, 4, 8, (10, 2, 0, True)),
    ],
)
def test_the_equation(
    stored: int, closed: bool, unsettled: int, processed: int, line: tuple[int, int, int, bool]
) -> None:
    hour = StreamHour(BILLING, FIRST, stored, closed, unsettled)
    answer = make_ledger(WINDOW, entries([hour], [Outcomes(BILLING, FIRST, "counted", "USD", processed, "1.500000")]))
    (found,) = answer.hours
    assert (found.stored, found.waiting, found.missing, found.holds) == line
    assert answer.holds == line[-1]
    assert found.open != closed


def test_sums_by_function_and_reason() -> None:
    hours = [StreamHour(name, FIRST + n * HOUR, 4, True, 0) for name in (BILLING, DELIVERY) for n in range(2)]
    found = [
        *(Outcomes(BILLING, FIRST + n * HOUR, "counted", "USD", 1, "2.000000") for n in range(2)),
        *(Outcomes(BILLING, FIRST + n * HOUR, "copy", "AFN", 1, "-3.000000") for n in range(2)),
        *(Outcomes(BILLING, FIRST + n * HOUR, "not_json", "", 1, "0.000000") for n in range(2)),
        *(Outcomes(BILLING, FIRST + n * HOUR, "invalid_field", "USD", 1, "0.000001") for n in range(2)),
        *(Outcomes(DELIVERY, FIRST + n * HOUR, "counted", "", 4, "0.000000") for n in range(2)),
    ]
    answer = make_ledger(WINDOW, entries(hours, found))
    billing, delivery = answer.totals
    assert (billing.stored, billing.counted.messages, billing.copies.messages, billing.missing) == (8, 2, 2, 0)
    assert (billing.counted.amounts, billing.copies.amounts) == ({"USD": "4.000000"}, {"AFN": "-6.000000"})
    assert [(each.reason, each.messages, dict(each.amounts)) for each in billing.refused] == [
        ("invalid_field", 2, {"USD": "0.000002"}),
        ("not_json", 2, {}),
    ]
    assert (delivery.counted.messages, dict(delivery.counted.amounts), delivery.holds) == (8, {}, True)
    assert [(each.hour, each.function) for each in answer.hours] == [
        (FIRST + n * HOUR, name) for n in range(2) for name in (BILLING, DELIVERY)
    ]


def test_hours_that_nobody_noted_and_hours_before_the_ledger() -> None:
    found = [Outcomes(BILLING, FIRST + n * HOUR, "counted", "USD", 1, "1.000000") for n in range(3)]
    noted = [StreamHour(BILLING, FIRST + 2 * HOUR, 1, True, 0), StreamHour(BILLING, FIRST + 3 * HOUR, 0, False, 0)]
    answer = make_ledger(WINDOW, entries(noted, found, since=FIRST + HOUR))
    assert [(each.hour, each.stored, each.holds) for each in answer.hours] == [
        (FIRST + HOUR, None, None),
        (FIRST + 2 * HOUR, 1, True),
    ]
    billing, delivery = answer.totals
    assert (billing.stored, billing.holds, billing.counted.messages) == (None, None, 2)
    assert (delivery.stored, delivery.holds) == (0, True)
    assert answer.holds
