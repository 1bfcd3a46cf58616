from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from schema.dead_letters import DeadLetter, Source, dead_letter, dead_letter_id
from schema.events import DlrInbound
from schema.masking import EventMask
from schema.problems import BadEventError, Problem

SOURCE = Source(
    stream="SMS_DLR",
    subject="sms.dlr.inbound",
    sequence=7,
    stored_at=datetime(2026, 10, 1, 12, 0, 0, 123456, UTC),
    function="delivery_metrics",
    event_type="sms.dlr.inbound.v1",
)


def test_a_dead_letter_describes_its_event_and_can_be_decoded() -> None:
    data = b'{"eventId": "e-1", "to": "93701234567"}'
    problems = [
        Problem("$.messageId", "missing_field", "messageId is missing."),
        Problem("$.latencyMs", "invalid_field", "latencyMs must be an integer."),
    ]
    written = dead_letter(SOURCE, data, BadEventError(problems), EventMask(DlrInbound))
    assert (written.sequence, written.reason, written.sentence) == (7, "missing_field", "messageId is missing.")
    assert written.problems == tuple(problems)
    assert (written.size_bytes, written.sha256) == (len(data), sha256(data).hexdigest())
    assert written.event == {"eventId": "e-1", "maskedFields": 1}
    assert msgspec.json.decode(msgspec.json.encode(written), type=DeadLetter) == written


def test_a_dead_letters_id_is_the_same_at_every_redelivery_and_unique() -> None:
    others = [
        msgspec.structs.replace(SOURCE, stream="BILLING_EVENTS"),
        msgspec.structs.replace(SOURCE, sequence=8),
        msgspec.structs.replace(SOURCE, function="dlr_facts"),
        msgspec.structs.replace(SOURCE, stored_at=datetime(2026, 10, 1, 12, 0, 0, 123457, UTC)),
    ]
    assert dead_letter_id(SOURCE) == dead_letter_id(msgspec.structs.replace(SOURCE))
    assert len({dead_letter_id(source) for source in (SOURCE, *others)}) == 5
