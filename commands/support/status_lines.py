"""The output of `anlyt dev` on a terminal: warnings and errors, and after its addresses one status line per minute.

The whole log would scroll the addresses away. ANLYT_LOG_FORMAT shows all of it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from prometheus_client.metrics import MetricWrapperBase
from structlog.typing import EventDict, WrappedLogger

from infra.metrics import CONSUMER_PENDING, DEADLETTERS, EVENTS_PROCESSED
from infra.settings import Settings
from infra.telemetry import configure_logs, usual_format

EVERY: Final = 60.0  # seconds


class Warnings:
    """A structlog processor that counts lines. The log has only warnings and errors then."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _: WrappedLogger, __: str, line: EventDict) -> EventDict:
        self.count += 1
        return line


def show_only_warnings(settings: Settings) -> Warnings | None:
    """On a terminal, skips log lines below warnings, and returns their counter. Elsewhere, leaves the log unchanged."""
    if settings.log_format is not None or usual_format() != "text":
        return None
    warnings = Warnings()
    configure_logs("text", least=logging.WARNING, on_line=warnings)
    return warnings


@asynccontextmanager
async def say_every_minute(warnings: Warnings | None, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Says one status line per minute while the body runs; nothing without `warnings`."""
    if warnings is None:
        yield
        return
    speaking = asyncio.create_task(_say_lines(say, warnings))
    try:
        yield
    finally:
        speaking.cancel()
        await asyncio.wait([speaking])


async def _say_lines(say: Callable[[str], None], warnings: Warnings) -> None:
    before = {**figures(), "warnings": warnings.count}
    while True:
        await asyncio.sleep(EVERY)
        now = {**figures(), "warnings": warnings.count}
        say(sentence(before, now, datetime.now(UTC)))
        before = now


def figures() -> Mapping[str, int]:
    """The events and dead letters of this process since its start, and the messages that wait now."""
    events, waiting, deadletters = map(_total, (EVENTS_PROCESSED, CONSUMER_PENDING, DEADLETTERS))
    return {"events": events, "waiting": waiting, "deadletters": deadletters}


def sentence(before: Mapping[str, int], now: Mapping[str, int], at: datetime) -> str:
    """The status line for the minute between two results of `figures`: '12:04:00 All is well: ...', or warnings."""
    events, deadletters, warnings = (now[name] - before[name] for name in ("events", "deadletters", "warnings"))
    state = f"Warnings: {warnings:,}, see above" if warnings else "All is well"
    return (
        f"{at:%H:%M:%S} {state}: {events:,} events handled in the last minute, {deadletters:,} dead letters, "
        f"{now['waiting']:,} waiting. Ctrl-C stops everything."
    )


def _total(metric: MetricWrapperBase) -> int:
    samples = (sample for family in metric.collect() for sample in family.samples)
    return int(sum(sample.value for sample in samples))
