"""Decides which signals are due, and computes them. Pure: no I/O."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from pipelines.definition import Counts
from schema.quality import WINDOW, OperatorQuality, event_id
from schema.rounding import ratio

MINUTE: Final = timedelta(minutes=1)
# Missed minutes are published later, in order, unless their windows do not overlap the newest one.
CATCH_UP: Final = WINDOW


class Sample(NamedTuple):
    """Counts of the final delivery reports of a pair (mno, direction) in a window, and their latency in ms."""

    mno: str
    direction: str
    final: int
    delivered: int
    with_error: int
    latency_p95: int


class StreamPosition(NamedTuple):
    """The time, and the stream's newest message: its `sequence` (0: none) and its signal (None: not one of ours)."""

    now: datetime
    sequence: int
    last: OperatorQuality | None


class SignalBatch(NamedTuple):
    """Signals in the order of publishing, behind the message `after` of the stream."""

    after: int
    signals: Sequence[OperatorQuality]


SamplesOfWindow: TypeAlias = Callable[[datetime], Sequence[Sample]]
"""A function from a window's end to the window's samples."""


def due(position: StreamPosition, samples_of: SamplesOfWindow) -> tuple[SignalBatch, Counts]:
    """The signals that the stream lacks. They are ordered by window, then pair, so the last one shows the position."""
    signals = list(_due(position.now, position.last, samples_of))
    windows = {signal.window_end for signal in signals}
    return SignalBatch(position.sequence, signals), {"signals": len(signals), "windows": len(windows)}


def _due(now: datetime, last: OperatorQuality | None, samples_of: SamplesOfWindow) -> Iterator[OperatorQuality]:
    if last is None:
        yield from _signals(_minute(now), samples_of)
        return
    for end in _ends(now, last):
        yield from (
            signal for signal in _signals(end, samples_of) if _publishing_order(signal) > _publishing_order(last)
        )


def _ends(now: datetime, last: OperatorQuality) -> Iterator[datetime]:
    """The ends of the windows from the last published one, which may lack pairs, to the newest."""
    newest = _minute(now)
    end = max(last.window_end, newest - CATCH_UP)
    while end <= newest:
        yield end
        end += MINUTE


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _publishing_order(signal: OperatorQuality) -> tuple[datetime, str, str]:
    return signal.window_end, signal.mno, signal.direction


def _signals(end: datetime, samples_of: SamplesOfWindow) -> list[OperatorQuality]:
    return sorted((_signal(end, sample) for sample in samples_of(end)), key=_publishing_order)


def _signal(end: datetime, sample: Sample) -> OperatorQuality:
    return OperatorQuality(
        event_id=event_id(sample.mno, sample.direction, end),
        window_start=end - WINDOW,
        window_end=end,
        mno=sample.mno,
        direction=sample.direction,
        delivery_rate=ratio(sample.delivered, sample.final),
        dlr_latency_p95=sample.latency_p95 if sample.final else None,
        esme_error_rate=ratio(sample.with_error, sample.final),
        sample_size=sample.final,
    )
