"""The status lines of `anlyt dev` on a terminal, once per minute."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from commands.support import status_lines
from infra.metrics import DEADLETTERS, EVENTS_PROCESSED
from infra.settings import read_settings
from infra.telemetry import logger

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 29, 12, 4, tzinfo=UTC)
BEFORE = {"events": 1_000, "deadletters": 3, "waiting": 9, "warnings": 1}


def test_a_minute_without_warnings() -> None:
    assert status_lines.sentence(BEFORE, {"events": 3_500, "deadletters": 4, "waiting": 2, "warnings": 1}, AT) == (
        "12:04:00 All is well: 2,500 events handled in the last minute, 1 dead letters, 2 waiting. "
        "Ctrl-C stops everything."
    )


def test_a_minute_with_warnings() -> None:
    said = status_lines.sentence(BEFORE, {**BEFORE, "warnings": 3}, AT)
    assert said.startswith("12:04:00 Warnings: 2, see above: 0 events handled")


def test_figures_are_those_of_the_metrics() -> None:
    before = status_lines.figures()
    EVENTS_PROCESSED.labels("sms.billed.v1", "counted").inc(7)
    DEADLETTERS.labels("BILLING_EVENTS", "not_json").inc(2)
    now = status_lines.figures()
    assert (now["events"] - before["events"], now["deadletters"] - before["deadletters"]) == (7, 2)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Acts as if stderr were a terminal; restores the log afterwards."""
    before = structlog.get_config()
    monkeypatch.setattr(status_lines, "usual_format", lambda: "text")
    monkeypatch.setattr(status_lines, "EVERY", 0.05)
    yield
    structlog.configure(**before)


async def _said(**settings: str) -> list[str]:
    said: list[str] = []
    warnings = status_lines.show_only_warnings(read_settings(settings))
    async with status_lines.say_every_minute(warnings, said.append):
        logger().info("routine")
        await asyncio.sleep(0.2)
        logger().warning("trouble")
        await asyncio.sleep(0.2)
    return said


@pytest.mark.usefixtures("terminal")
async def test_a_terminal_shows_warnings_and_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    said = await _said()
    err = capsys.readouterr().err
    assert ("routine" in err, "trouble" in err) == (False, True)
    assert "All is well" in said[0]
    assert sum("Warnings: 1, see above" in line for line in said) == 1


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("chosen", ["json", "text"])
async def test_a_chosen_format_shows_all_lines(chosen: str) -> None:
    assert await _said(ANLYT_LOG_FORMAT=chosen) == []


async def test_without_a_terminal_the_log_is_complete() -> None:
    assert await _said() == []
