import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.decoding import EventDecoder
from schema.events import DlrInbound, SmsBilled
from schema.fields import by_name
from schema.instants import instant
from schema.problems import BadEventError
from tests.support import events, faults
from tests.support.validity import Bad, Event, Message, parse_billing, parse_report

NOW = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class EventCase:
    """An event type, its decoder, and the reference that decodes it independently."""

    decoder: EventDecoder[Any]
    read: Callable[[Message, datetime], Event]
    good: Mapping[str, Any]
    time: str

    def assert_agreement(self, message: Message) -> None:
        """Asserts that decoder and reference both accept the message, with equal times, or both reject it."""
        try:
            wanted = self.read(message, NOW).at
        except Bad:
            with pytest.raises(BadEventError):
                self.decoder.decode(message.data, message.tenant, instant(NOW))
        else:
            assert self.decoder.decode(message.data, message.tenant, instant(NOW)).at == instant(wanted)


BILLING = EventCase(EventDecoder(SmsBilled), parse_billing, events.billing(Random(1), NOW), "billedAt")
REPORTS = EventCase(EventDecoder(DlrInbound), parse_report, events.report(Random(1), NOW), "receivedAt")
both = pytest.mark.parametrize("case", [BILLING, REPORTS], ids=["billing", "reports"])


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        (case, fault)
        for case, make in ((BILLING, faults.billing), (REPORTS, faults.reports))
        for fault in make(case.good, NOW)
    ],
    ids=lambda value: None,
)
def test_every_fault_is_reported_with_its_field(case: EventCase, fault: faults.Fault) -> None:
    with pytest.raises(BadEventError) as bad:
        case.decoder.decode(fault.message.data, fault.message.tenant, instant(NOW))
    sentence = str(bad.value)
    assert fault.field in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 200
    with pytest.raises(Bad) as verdict:
        case.read(fault.message, NOW)
    assert verdict.value.field == fault.field


@both
@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_good_events_are_good(case: EventCase, seed: int) -> None:
    random = Random(seed)
    fields = (events.billing if case is BILLING else events.report)(random, NOW)
    message = events.message(random, fields)
    stamped = case.decoder.decode(message.data, message.tenant, instant(NOW))
    assert stamped.at == instant(case.read(message, NOW).at)
    assert stamped.event.event_id == fields["eventId"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)
LIKELY = st.sampled_from(
    ["", "0", "1", "USD", "1.5", "2026-10-15T12:00:00Z", "FAILED", "BILLED", "MT", 0, 1, 2**31, 1.0]
)


@both
@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_any_value_in_any_field_is_decoded_as_by_the_reference(case: EventCase, data: st.DataObject) -> None:
    names = [*sorted(by_name(SmsBilled if case is BILLING else DlrInbound)), "unknown"]
    changes = data.draw(st.dictionaries(st.sampled_from(names), JSON | LIKELY, max_size=3))
    gone = data.draw(st.sets(st.sampled_from(names), max_size=1))
    fields = {name: value for name, value in {**case.good, **changes}.items() if name not in gone}
    case.assert_agreement(
        Message(json.dumps(fields, ensure_ascii=data.draw(st.booleans())).encode(errors="surrogatepass"))
    )


@both
@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_any_damage_is_decoded_as_by_the_reference(case: EventCase, data: st.DataObject) -> None:
    good = json.dumps({**case.good, "unknown": [{"a": "\\ é"}, -1.5e3, True]}).encode()
    begin = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(begin, min(len(good), begin + 4)))
    case.assert_agreement(Message(good[:begin] + data.draw(st.binary(max_size=3)) + good[end:]))


@both
@given(data=st.binary() | st.text().map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
def test_other_bytes_are_bad_events(case: EventCase, data: bytes) -> None:
    with pytest.raises(BadEventError) as bad:
        case.decoder.decode(data, None, instant(NOW))
    assert bad.value.reason in {"not_json", "missing_field", "invalid_field"}


@both
@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32), at=st.datetimes(datetime(2017, 1, 1), datetime(2026, 10, 16), timezones=st.just(UTC))
)
def test_however_a_time_is_written_it_is_the_same_instant(case: EventCase, seed: int, at: datetime) -> None:
    fields = {**case.good, case.time: events.written(Random(seed), at)}
    assert case.decoder.decode(json.dumps(fields).encode(), None, instant(NOW)).at == instant(at)


@both
@pytest.mark.parametrize("ago", [timedelta(hours=-24), timedelta(days=3653)])
def test_times_are_compared_with_the_arrival(case: EventCase, ago: timedelta) -> None:
    fields = json.dumps({**case.good, case.time: (NOW - ago).isoformat()}).encode()
    beyond = timedelta(microseconds=-1) if ago < timedelta() else timedelta(microseconds=1)
    assert case.decoder.decode(fields, None, instant(NOW)).at == instant(NOW - ago)
    with pytest.raises(BadEventError) as bad:
        case.decoder.decode(fields, None, instant(NOW + beyond))
    assert bad.value.reason == "absurd_time"


@pytest.mark.parametrize(
    ("tenant", "header", "found"),
    [("t-1", "t-2", "t-1"), (None, "t-2", "t-2"), (None, None, None), ("t-1", "not an id", "t-1")],
)
def test_a_reports_tenant_may_be_in_the_header(tenant: str | None, header: str | None, found: str | None) -> None:
    data = json.dumps({**REPORTS.good, "tenantId": tenant}).encode()
    assert REPORTS.decoder.decode(data, header, instant(NOW)).event.tenant_id == found


@both
def test_the_last_of_a_repeated_field_counts(case: EventCase) -> None:
    data = json.dumps(case.good).encode()[:-1] + b', "eventId": "the-last"}'
    assert case.decoder.decode(data, None, instant(NOW)).event.event_id == "the-last"
    case.assert_agreement(Message(data))
