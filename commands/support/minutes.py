"""What `anlyt dev` shows on a terminal: warnings from the start, and one line per minute below its addresses.

Every line of the log would push the addresses away. Who wants all of them sets ANLYT_LOG_FORMAT.
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
    """Counts the lines of the log, when only warnings and errors are in it."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _: WrappedLogger, __: str, line: EventDict) -> EventDict:
        self.count += 1
        return line


def show_only_warnings(settings: Settings) -> Warnings | None:
    """On a terminal, leaves only warnings and errors in the log, and counts them; elsewhere changes nothing: None."""
    if settings.log_format is not None or usual_format() != "text":
        return None
    warnings = Warnings()
    configure_logs("text", least=logging.WARNING, on_line=warnings)
    return warnings


@asynccontextmanager
async def reported(warnings: Warnings | None, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Says one line per minute while the body runs; nothing without `warnings`."""
    if warnings is None:
        yield
        return
    reporting = asyncio.create_task(_report(say, warnings))
    try:
        yield
    finally:
        reporting.cancel()
        await asyncio.wait([reporting])


async def _report(say: Callable[[str], None], warnings: Warnings) -> None:
    before = {**figures(), "warnings": warnings.count}
    while True:
        await asyncio.sleep(EVERY)
        now = {**figures(), "warnings": warnings.count}
        say(sentence(before, now, datetime.now(UTC)))
        before = now


def figures() -> Mapping[str, int]:
    """What this process has done since it began: events handled, and dead letters; and what still waits."""
    events, waiting, letters = map(_total, (EVENTS_PROCESSED, CONSUMER_PENDING, DEADLETTERS))
    return {"events": events, "waiting": waiting, "letters": letters}


def sentence(before: Mapping[str, int], now: Mapping[str, int], at: datetime) -> str:
    """'12:04:00 All is well: ...' of the minute between two figures; with warnings, their number instead."""
    events, letters, warnings = (now[name] - before[name] for name in ("events", "letters", "warnings"))
    state = f"Warnings: {warnings:,}, see above" if warnings else "All is well"
    return (
        f"{at:%H:%M:%S} {state}: {events:,} events handled in the last minute, {letters:,} dead letters, "
        f"{now['waiting']:,} waiting. Ctrl-C stops everything."
    )


def _total(metric: MetricWrapperBase) -> int:
    samples = (sample for family in metric.collect() for sample in family.samples)
    return int(sum(sample.value for sample in samples))
