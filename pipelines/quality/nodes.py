"""Which signals are due, and what they say. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from pipelines.definition import Counts
from schema.quality import WINDOW, OperatorQuality, event_id
from schema.rounding import ratio

MINUTE: Final = timedelta(minutes=1)
# Minutes that nobody published are made up for, in order, unless their windows have nothing in common with the newest.
MADE_UP: Final = WINDOW


class Sample(NamedTuple):
    """The delivery reports of a pair (mno, direction) in a window: final ones, and what is known of them."""

    mno: str
    direction: str
    final: int
    delivered: int
    with_error: int
    latency_p95: int


class StreamPosition(NamedTuple):
    """What time it is, and the stream's newest message: its sequence, 0 for none; None if it is no signal of ours."""

    now: datetime
    sequence: int
    last: OperatorQuality | None


class Batch(NamedTuple):
    """Signals in the order of publishing, behind the message `after` of the stream."""

    after: int
    signals: Sequence[OperatorQuality]


Sampled: TypeAlias = Callable[[datetime], Sequence[Sample]]
"""The samples of the window that ends at a time."""


def due(position: StreamPosition, sampled: Sampled) -> tuple[Batch, Counts]:
    """What the stream lacks. Signals are published in one order (by window, then pair): the last one says how far."""
    signals = list(_due(position.now, position.last, sampled))
    windows = {signal.window_end for signal in signals}
    return Batch(position.sequence, signals), {"signals": len(signals), "windows": len(windows)}


def _due(now: datetime, last: OperatorQuality | None, sampled: Sampled) -> Iterator[OperatorQuality]:
    if last is None:
        yield from _signals(_minute(now), sampled)
        return
    for end in _ends(now, last):
        yield from (signal for signal in _signals(end, sampled) if _place(signal) > _place(last))


def _ends(now: datetime, last: OperatorQuality) -> Iterator[datetime]:
    """Of the windows from the last one published, which may lack pairs, to the newest."""
    newest = _minute(now)
    end = max(last.window_end, newest - MADE_UP)
    while end <= newest:
        yield end
        end += MINUTE


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _place(signal: OperatorQuality) -> tuple[datetime, str, str]:
    return signal.window_end, signal.mno, signal.direction


def _signals(end: datetime, sampled: Sampled) -> list[OperatorQuality]:
    return sorted((_signal(end, sample) for sample in sampled(end)), key=_place)


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
