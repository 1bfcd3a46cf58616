"""Call detail records and compliance evaluations are accepted and rejected as by the reference."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.decoding import EventDecoder
from schema.events import CdrGenerated, ComplianceAudit
from schema.instants import instant
from schema.problems import BadEventError
from tests.support import events, fact_events, faults
from tests.support.validity import Event, Message, parse_evaluation, parse_record

NOW = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class EventCase:
    """An event type, its decoder, and the reference that decodes it independently."""

    decoder: EventDecoder[Any]
    read: Callable[[Message, datetime], Event]
    make: events.Make
    wrong: Callable[[Mapping[str, Any], datetime], Iterator[faults.Fault]]


RECORDS = EventCase(EventDecoder(CdrGenerated), parse_record, fact_events.record, faults.records)
EVALUATIONS = EventCase(EventDecoder(ComplianceAudit), parse_evaluation, fact_events.evaluation, faults.evaluations)
both = pytest.mark.parametrize("case", [RECORDS, EVALUATIONS], ids=["records", "evaluations"])


@both
def test_every_fault_is_reported_with_its_field(case: EventCase) -> None:
    for fault in case.wrong(case.make(Random(1), NOW), NOW):
        with pytest.raises(BadEventError) as bad:
            case.decoder.decode(fault.message.data, fault.message.tenant, instant(NOW))
        assert fault.field in str(bad.value), fault.message.data[:300]
        assert len(str(bad.value)) < 200


@both
@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_good_events_are_good(case: EventCase, seed: int) -> None:
    message = events.message(Random(seed), case.make(Random(seed), NOW))
    stamped = case.decoder.decode(message.data, message.tenant, instant(NOW))
    assert stamped.at == instant(case.read(message, NOW).at)
    assert stamped.stored == 1000 * instant(NOW)


def test_a_finding_keeps_only_its_four_fields() -> None:
    finding = {**faults.FINDING, "matched": "+93701234567", "body": {"text": "secret"}}
    fields = fact_events.evaluation(Random(1), NOW) | {"findings": [finding]}
    event = EVALUATIONS.decoder.decode(json.dumps(fields).encode(), None, instant(NOW)).event
    assert "+93701234567" not in repr(event)
    assert "secret" not in repr(event)
    assert [(found.rule_id, found.rule_name, found.rule_type, found.action) for found in event.findings] == [
        tuple(faults.FINDING.values())
    ]
