"""Billing's daily totals, compared with the reference's count of the same events."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from demo import billing
from demo.totals import WRONG_AFTER, WRONG_FACTOR, DailyTotals, Total, misbooked
from demo.traffic import Outbox, history, live
from demo.wire import Message
from demo.world import make_world
from tests.support.reference import expect
from tests.support.validity import Message as Sent

UNTIL = datetime(2026, 10, 8, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    world, outbox = make_world(), Outbox()
    return [*history(world, UNTIL, 5, 8_000, outbox), *live(world, UNTIL, UNTIL + timedelta(hours=2), 0.1, outbox)]


@pytest.fixture(scope="module")
def booked(messages: list[Message]) -> list[Total]:
    totals = DailyTotals()
    for message in messages:
        totals.add(message)
    return totals.take()


def test_copies_and_mistakes_do_not_count(messages: list[Message], booked: list[Total]) -> None:
    bills = [Sent(message.data, message.headers) for message in messages if message.subject == billing.SUBJECT]
    expected = expect(bills, [], UNTIL)
    assert expected.dead_letters["billing_metrics"]  # there were bad events
    costs: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    message_counts: dict[date, int] = defaultdict(int)
    for (scope, _, hour), row in expected.metrics.items():
        if scope == "PLATFORM":
            costs[hour.date(), "USD"] += row.total_cost
            message_counts[hour.date()] += row.total_messages
    for (scope, _, hour, currency), cost in expected.costs.items():
        if scope == "PLATFORM":
            costs[hour.date(), currency] += cost
    assert {(total.day, total.currency): total.cost for total in booked} == costs
    counted: dict[date, int] = defaultdict(int)
    for total in booked:
        counted[total.day] += total.messages
    assert counted == message_counts


def test_returned_sums_are_added_again(messages: list[Message], booked: list[Total]) -> None:
    totals = DailyTotals()
    for message in messages[::2]:
        totals.add(message)
    totals.give_back(totals.take())
    for message in messages[1::2]:
        totals.add(message)
    assert totals.take() == booked
    assert totals.take() == []


def test_one_day_is_off(booked: list[Total]) -> None:
    wrong = booked[0].day + WRONG_AFTER
    for before, after in zip(booked, misbooked(booked), strict=True):
        off = abs(after.cost - before.cost) > abs(before.cost) * Decimal("0.0001")
        assert off == (before.day == wrong)
    assert WRONG_FACTOR != 1
    assert misbooked([]) == []
