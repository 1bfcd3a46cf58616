"""Call detail records and compliance evaluations, judged as the reference judges them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.decoding import BadEventError, EventDecoder
from schema.events import CdrGenerated, ComplianceAudit
from schema.instants import instant
from tests.support import events, fact_events, faults
from tests.support.validity import Event, Message, parse_evaluation, parse_record

NOW = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Sort:
    """An event type, with the reference's view of it."""

    decoder: EventDecoder[Any]
    read: Callable[[Message, datetime], Event]
    make: events.Make
    wrong: Callable[[Mapping[str, Any], datetime], Iterator[faults.Fault]]


RECORDS = Sort(EventDecoder(CdrGenerated), parse_record, fact_events.record, faults.records)
EVALUATIONS = Sort(EventDecoder(ComplianceAudit), parse_evaluation, fact_events.evaluation, faults.evaluations)
both = pytest.mark.parametrize("sort", [RECORDS, EVALUATIONS], ids=["records", "evaluations"])


@both
def test_every_fault_is_told_by_its_field(sort: Sort) -> None:
    for fault in sort.wrong(sort.make(Random(1), NOW), NOW):
        with pytest.raises(BadEventError) as bad:
            sort.decoder.decode(fault.message.data, fault.message.tenant, instant(NOW))
        assert fault.field in str(bad.value), fault.message.data[:300]
        assert len(str(bad.value)) < 200


@both
@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_good_events_are_good(sort: Sort, seed: int) -> None:
    message = events.message(Random(seed), sort.make(Random(seed), NOW))
    stamped = sort.decoder.decode(message.data, message.tenant, instant(NOW))
    assert stamped.at == instant(sort.read(message, NOW).at)
    assert stamped.stored == 1000 * instant(NOW)


def test_of_a_finding_only_the_four_fields_are_kept() -> None:
    finding = {**faults.FINDING, "matched": "+93701234567", "body": {"text": "secret"}}
    fields = fact_events.evaluation(Random(1), NOW) | {"findings": [finding]}
    event = EVALUATIONS.decoder.decode(json.dumps(fields).encode(), None, instant(NOW)).event
    assert "+93701234567" not in repr(event)
    assert "secret" not in repr(event)
    assert [(found.rule_id, found.rule_name, found.rule_type, found.action) for found in event.findings] == [
        tuple(faults.FINDING.values())
    ]
