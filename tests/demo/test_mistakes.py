"""Bad events: all kinds that the product must refuse, a few per day, never with a good event's id."""

import json
from collections import Counter

import numpy as np
import pytest

from demo.mistakes import PER_DAY, spoiled
from demo.rhythm import DAY
from demo.wire import Message


def what_is_wrong(message: Message) -> str:
    try:
        event = json.loads(message.data)
    except ValueError:
        return "not JSON"
    wrongs = {
        "accountId": "accountId" not in event,
        "schemaVersion": event["schemaVersion"] != "1",
        "totalCost": event.get("totalCost", "").startswith("-"),
        "latencyMs": event.get("latencyMs", 0) < 0,
        "receivedAt": event.get("receivedAt", "").startswith("1970"),
        "deliveryStatus": event.get("deliveryStatus") == "ENROUTE",
        "chargeAmount": event.get("chargeAmount") == "0.0184001",
        "verdict": event.get("verdict") == "MAYBE",
    }
    (wrong,) = (field for field, is_wrong in wrongs.items() if is_wrong)
    return wrong


@pytest.fixture(scope="module")
def bad(week: list[Message]) -> list[Message]:
    return spoiled(np.random.default_rng(1), week, 100 * DAY)


def test_every_kind_of_mistake_is_made(bad: list[Message]) -> None:
    kinds = Counter(what_is_wrong(message) for message in bad)
    assert kinds.keys() == {
        "not JSON",
        "accountId",
        "schemaVersion",
        "totalCost",
        "latencyMs",
        "receivedAt",
        "deliveryStatus",
        "chargeAmount",
        "verdict",
    }
    assert min(kinds.values()) > 30
    assert kinds.total() == pytest.approx(100 * PER_DAY, rel=0.1)


def test_a_bad_event_has_an_id_of_its_own(bad: list[Message], week: list[Message]) -> None:
    assert all(b'.bad"' in message.data for message in bad)
    good = {message.data for message in week if b'.bad"' not in message.data}
    assert not {message.data for message in bad} & good


def test_a_week_has_a_handful_each_day(week: list[Message]) -> None:
    assert 3 * 7 < sum(b'.bad"' in message.data for message in week) < 15 * 7


def test_where_nothing_is_sent_nothing_is_spoiled() -> None:
    assert spoiled(np.random.default_rng(1), [], 100 * DAY) == []
