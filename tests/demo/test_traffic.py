"""History and live traffic as a whole: order, size, mix, and repeatability."""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from demo.rhythm import DEGRADED_OPERATOR
from demo.traffic import Outbox, history, live
from demo.wire import Message
from demo.world import World, make_world

Event = dict[str, Any]
KABUL = timezone(timedelta(hours=4, minutes=30))


def events(messages: list[Message], subject: str) -> list[Event]:
    """All good events of a subject, each once."""
    data = {message.data for message in messages if message.subject == subject and b'.bad"' not in message.data}
    return [json.loads(datum) for datum in data]


def milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


@pytest.fixture(scope="module")
def billed(week: list[Message]) -> list[Event]:
    return [event for event in events(week, "billing.events") if event["status"] == "BILLED"]


@pytest.fixture(scope="module")
def ends(week: list[Message]) -> list[Event]:
    return [event for event in events(week, "sms.dlr.inbound") if event["deliveryStatus"] != "PENDING"]


def test_the_same_seed_and_instant_give_the_same_history(world: World, until: datetime) -> None:
    published = list(history(world, until, days=1, messages=2_000))
    assert list(history(make_world(), until, days=1, messages=2_000)) == published
    assert list(history(make_world(7), until, days=1, messages=2_000)) != published


def test_history_is_in_order_and_of_the_past(week: list[Message], until: datetime) -> None:
    assert all(before.due <= after.due for before, after in pairwise(week))
    assert week[-1].due < milliseconds(until)
    assert week[0].due >= milliseconds(until - timedelta(days=7, minutes=15))


def test_history_has_about_as_many_messages_as_requested(billed: list[Event]) -> None:
    assert len(billed) == pytest.approx(50_000, rel=0.02)


def test_a_day_later_history_repeats_itself(world: World, week: list[Message], until: datetime) -> None:
    later = history(world, until + timedelta(days=1), messages=50_000)
    both = {message for message in _hashable(later) if message[0] < milliseconds(until)}
    assert len(both) > 60_000
    assert both <= set(_hashable(week))


def _hashable(messages: Any) -> list[tuple[int, str, bytes]]:
    return [message[:3] for message in messages]


def test_history_goes_on_after_a_pause(world: World, until: datetime) -> None:
    """Publishes what was sent in the quarters since the pause began: nothing twice, and nothing older."""
    whole = {message.data for message in history(world, until, 1, 20_000)}
    since = until - timedelta(hours=5, minutes=7)
    published = list(history(world, until, 1, 20_000, since=since))
    later = {message.data for message in published}
    assert later < whole
    assert len(later) > 1_000
    assert min(message.due for message in published) >= milliseconds(since)


def test_the_last_day_comes_first(world: World, until: datetime) -> None:
    """Publishes the events of the history, and leaves the same in the outbox."""
    outbox, other = Outbox(), Outbox()
    expected = list(history(world, until, days=3, messages=6_000, outbox=outbox))
    published = list(history(world, until, days=3, messages=6_000, outbox=other, last_day_first=True))
    day_ago = milliseconds(until - timedelta(days=1, minutes=15))
    first_earlier = next(index for index, message in enumerate(published) if message.due < day_ago)
    assert 1_000 < first_earlier < len(published) / 2
    for part in (published[:first_earlier], published[first_earlier:]):
        assert all(before.due <= after.due for before, after in pairwise(part))
    assert sorted(_hashable(published)) == sorted(_hashable(expected))
    assert sorted(_hashable(other.take())) == sorted(_hashable(outbox.take()))


def test_the_last_day_alone_is_published_after_a_short_pause(world: World, until: datetime) -> None:
    since = until - timedelta(hours=5, minutes=7)
    expected = list(history(world, until, 1, 20_000, since=since))
    assert list(history(world, until, 1, 20_000, since=since, last_day_first=True)) == expected


def test_events_after_the_history_are_in_the_outbox(world: World, until: datetime) -> None:
    outbox = Outbox()
    published = list(history(world, until, days=1, messages=2_000, outbox=outbox))
    rest = list(outbox.due(milliseconds(until + timedelta(days=30))))
    assert rest[0].due >= milliseconds(until)
    sent = {event["messageId"] for event in events(published + rest, "billing.events") if event["status"] == "BILLED"}
    assert sent == {
        event["messageId"]
        for event in events(published + rest, "sms.dlr.inbound")
        if event["deliveryStatus"] != "PENDING"
    }


def test_the_mix_is_that_of_the_world(billed: list[Event]) -> None:
    lanes = Counter(event["lane"] for event in billed)
    assert 0.0005 < lanes["P0_EMERGENCY"] / len(billed) < 0.005
    assert min(lanes["OTP"], lanes["TRANSACTIONAL"], lanes["MARKETING"]) / len(billed) > 0.2
    assert len({event["accountId"] for event in billed}) == 200
    assert len({event["tenantId"] for event in billed}) == 40
    assert len({event["operatorId"] for event in billed}) == 8
    assert 0.1 < sum(event["currency"] == "AFN" for event in billed) / len(billed) < 0.35


def test_most_is_delivered_and_little_refunded(week: list[Message], billed: list[Event], ends: list[Event]) -> None:
    refunded = sum(event["status"] == "REFUNDED" for event in events(week, "billing.events")) / len(billed)
    assert 0.93 < _delivery_rate(ends) < 0.97
    assert 0.001 < refunded < 0.004
    assert 1_000 < median(event["latencyMs"] for event in ends) < 5_000


def test_the_mean_latency_lies_below_the_95th_percentile(ends: list[Event]) -> None:
    """In nearly all hours of a link: receipts that are minutes late are rare."""
    groups: dict[tuple[str, str], list[int]] = {}
    for event in ends:
        groups.setdefault((event["operatorId"], event["receivedAt"][:13]), []).append(event["latencyMs"])
    large = [sorted(group) for group in groups.values() if len(group) >= 20]
    above = sum(sum(group) / len(group) > group[int(0.95 * len(group))] for group in large)
    assert len(large) > 200
    assert above / len(large) < 0.1


def test_the_rate_on_a_link_fits_its_traffic(ends: list[Event]) -> None:
    assert all(1 <= event["tpsSnapshot"] <= 20 for event in ends)
    assert max(event["tpsSnapshot"] for event in ends) > 1


def test_evenings_fridays_and_campaigns_show(billed: list[Event]) -> None:
    local = [datetime.fromisoformat(event["billedAt"]).astimezone(KABUL) for event in billed]
    hours = Counter(time.hour for time in local)
    days = Counter(time.strftime("%a") for time in local)
    campaign = Counter(time.hour for time in local if time.strftime("%a") == "Sat")
    assert hours[19] > 8 * hours[2]
    assert days["Fri"] < 0.7 * days["Sun"]
    assert campaign[10] > 1.8 * campaign[9]


def test_the_bad_hour_shows(ends: list[Event]) -> None:
    link = [event for event in ends if event["operatorId"] == DEGRADED_OPERATOR]
    bad = [event for event in link if event["receivedAt"][11:13] == "14"]
    usual = [event for event in link if event["receivedAt"][11:13] != "14"]
    assert _delivery_rate(bad) < 0.7 < 0.9 < _delivery_rate(usual)
    assert median(event["latencyMs"] for event in bad) > 4 * median(event["latencyMs"] for event in usual)
    assert _error_rate(bad) > 4 * _error_rate(usual)


def _delivery_rate(ends: list[Event]) -> float:
    delivered = [event for event in ends if event["deliveryStatus"] == "DELIVERED"]
    return len(delivered) / len(ends)


def _error_rate(ends: list[Event]) -> float:
    with_code = [event for event in ends if event["errorCode"] is not None]
    return len(with_code) / len(ends)


def test_live_sends_at_the_rate_however_time_is_cut(world: World, until: datetime) -> None:
    seconds = [0, 0.4, 0.9, 1.7, 3.2, 30]
    instants = [until + timedelta(seconds=second) for second in seconds]
    outbox = Outbox()
    published = [list(live(world, since, to, 20, outbox)) for since, to in pairwise(instants)]
    everything = [message for part in published for message in part] + list(outbox.due(milliseconds(until) * 2))
    billed = [event for event in events(everything, "billing.events") if event["status"] == "BILLED"]
    assert len(billed) == 600
    assert all(until <= datetime.fromisoformat(event["billedAt"]) < instants[-1] for event in billed)
    for part, (since, to) in zip(published, pairwise(instants), strict=True):
        assert all(milliseconds(since) <= message.due < milliseconds(to) for message in part)


def test_live_goes_on_where_history_ended(world: World, until: datetime) -> None:
    outbox = Outbox()
    published = list(history(world, until, days=1, messages=20_000, outbox=outbox))
    goes_on = list(live(world, until, until + timedelta(hours=1), 0, outbox))
    sent = {event["messageId"] for event in events(published, "billing.events")}
    received = {event["messageId"] for event in events(goes_on, "sms.dlr.inbound")}
    assert received & sent


def test_a_live_moment_is_published_the_same_way_twice(world: World, until: datetime) -> None:
    later = until + timedelta(seconds=5)
    assert list(live(world, until, later, 20, Outbox())) == list(live(world, until, later, 20, Outbox()))


def test_nothing_happens_in_no_time(world: World, until: datetime) -> None:
    assert list(live(world, until, until, 20, Outbox())) == []


def test_a_time_without_offset_is_refused(world: World) -> None:
    with pytest.raises(TypeError):
        next(history(world, datetime(2026, 10, 9)))


def test_the_outbox_keeps_what_is_not_due() -> None:
    outbox = Outbox()
    outbox.add(Message(due, "s", b"%d" % due, None) for due in (3, 1, 2))
    assert [message.due for message in outbox.due(2)] == [1]
    assert [message.due for message in outbox.due(10)] == [2, 3]
