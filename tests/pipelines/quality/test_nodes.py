"""The signals that are due, their order, and their values."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pipelines.quality.nodes import Sample, SignalBatch, StreamPosition, due
from schema.quality import OperatorQuality, event_id

NOW = datetime(2026, 10, 7, 12, 30, 17, 5, tzinfo=UTC)
END = NOW.replace(second=0, microsecond=0)
MINUTE = timedelta(minutes=1)


def samples_of(_: datetime) -> Sequence[Sample]:
    return [Sample("B", "MT", 3, 2, 1, 70), Sample("A", "MT", 0, 0, 0, 0), Sample("A", "MO", 8, 1, 8, 9)]


def signals(last: OperatorQuality | None) -> Sequence[OperatorQuality]:
    batch, counts = due(StreamPosition(NOW, 41, last), samples_of)
    assert counts == {"signals": len(batch.signals), "windows": len({each.window_end for each in batch.signals})}
    assert batch == SignalBatch(41, batch.signals)
    return batch.signals


def test_an_empty_stream_gets_the_newest_window() -> None:
    first, second, third = signals(None)
    assert [(each.mno, each.direction) for each in (first, second, third)] == [("A", "MO"), ("A", "MT"), ("B", "MT")]
    assert {each.window_end for each in signals(None)} == {END}
    assert third == OperatorQuality(
        event_id=event_id("B", "MT", END),
        window_start=END - timedelta(hours=1),
        window_end=END,
        mno="B",
        direction="MT",
        delivery_rate=0.6667,
        dlr_latency_p95=70,
        esme_error_rate=0.3333,
        sample_size=3,
    )
    assert (first.delivery_rate, first.esme_error_rate) == (0.125, 1.0)
    assert (second.delivery_rate, second.dlr_latency_p95, second.esme_error_rate, second.sample_size) == (
        *[None] * 3,
        0,
    )


@pytest.mark.parametrize(
    ("behind", "pair", "windows", "count"),
    [
        (0, 2, 0, 0),
        (0, 0, 1, 2),
        (3, 1, 4, 10),
        (3, 2, 3, 9),
        (60, 2, 60, 180),
        (61, 0, 61, 183),
        (10_000, 0, 61, 183),
        (-5, 0, 0, 0),  # the clock was set back
    ],
)
def test_what_lies_behind_the_last_signal(behind: int, pair: int, windows: int, count: int) -> None:
    mno, direction = [("A", "MO"), ("A", "MT"), ("B", "MT")][pair]
    (last,) = [each for each in signals(None) if (each.mno, each.direction) == (mno, direction)]
    due_signals = signals(msgspec.structs.replace(last, window_end=END - behind * MINUTE))
    assert (len({each.window_end for each in due_signals}), len(due_signals)) == (windows, count)
    order = [(each.window_end, each.mno, each.direction) for each in due_signals]
    assert order == sorted(set(order))
    assert all(position > (END - behind * MINUTE, mno, direction) for position in order)


def test_an_id_belongs_to_one_pair_and_window() -> None:
    ids = {
        event_id(mno, direction, end) for mno in ("A", "AM") for direction in ("T", "MT") for end in (END, END + MINUTE)
    }
    assert len(ids) == 8
    assert event_id("A", "MT", END) == event_id("A", "MT", END)
