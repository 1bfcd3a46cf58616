"""The table of dead letters."""

from datetime import UTC, datetime

import pytest

from commands.deadletters import print_table
from ingest.deadletters import Stored
from schema.letters import DeadLetter

SENTENCE = "deliveryStatus must be one of DELIVERED, EXPIRED, FAILED, PENDING, REJECTED, UNDELIVERABLE, UNDELIVERED."
LETTER = DeadLetter(
    stream="BILLING_EVENTS",
    subject="billing.events",
    sequence=1,
    stored_at=datetime(2026, 10, 1, tzinfo=UTC),
    function="billing_metrics",
    event_type="sms.billed.v1",
    reason="unsupported_version",
    sentence=SENTENCE,
    size_bytes=2,
    sha256="",
    event=None,
)


def test_without_a_terminal_each_letter_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Stored(7, LETTER), Stored(1_000_000, LETTER)])
    lines = [line for line in capsys.readouterr().out.splitlines() if "BILLING_EVENTS" in line]
    assert [line.split()[1] for line in lines] == ["7", "1000000"]
    for line in lines:
        assert "2026-10-01 00:00:00" in line
        assert f" billing_metrics │ unsupported_version │ {SENTENCE} " in line


def test_without_letters_there_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([])
    assert capsys.readouterr().out == "No dead letters.\n"
