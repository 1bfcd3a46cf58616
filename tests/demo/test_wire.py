"""Disorder within seconds, delays of hours, early and late copies."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from demo.rhythm import DAY, HOUR, MINUTE, SECOND
from demo.wire import LONGEST_DELAY, Events, Message, send, timestamps

N = 50_000


@pytest.fixture(scope="module")
def sent() -> list[Message]:
    at = np.arange(N, dtype=np.int64) * 100
    data = [b"%d" % number for number in range(N)]
    headers = [{"X-Tenant-Id": f"{number}"} if number % 2 else None for number in range(N)]
    return send(np.random.default_rng(1), Events("s", at, data, headers))


def delay(message: Message) -> int:
    return message.due - int(message.data) * 100


def test_nothing_is_lost_and_one_percent_comes_twice(sent: list[Message]) -> None:
    copies = Counter(message.data for message in sent)
    assert len(copies) == N
    assert set(copies.values()) == {1, 2}
    assert 0.008 < sum(count == 2 for count in copies.values()) / N < 0.012


def test_copies_are_identical_near_or_far(sent: list[Message]) -> None:
    same = defaultdict(list)
    for message in sent:
        same[message.data].append(message)
    pairs = [pair for pair in same.values() if len(pair) == 2]
    assert all(one.headers == other.headers and one.subject == other.subject for one, other in pairs)
    gaps = [abs(other.due - one.due) for one, other in pairs]
    far = [gap for gap in gaps if gap >= HOUR]
    assert all(gap < 5 * SECOND for gap in gaps if gap < HOUR)
    assert 0.1 < len(far) / len(gaps) < 0.3


def test_most_events_are_slightly_out_of_order_and_some_late_by_hours_or_days(sent: list[Message]) -> None:
    delays = [delay(message) for message in {message.data: message for message in reversed(sent)}.values()]
    held_up = [late for late in delays if late > MINUTE]
    assert 0.001 < len(held_up) / N < 0.006
    assert DAY < max(held_up) < LONGEST_DELAY + 3 * SECOND
    assert all(0 <= late < 3 * SECOND for late in delays if late <= MINUTE)
    assert len({late for late in delays if late < 3 * SECOND}) > 2_000


def test_timestamps_are_utc_with_milliseconds() -> None:
    assert timestamps(np.array([0, 1_790_985_614_250])) == ["1970-01-01T00:00:00.000Z", "2026-10-03T00:00:14.250Z"]
