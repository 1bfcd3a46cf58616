"""Where whole days are read from, and how parts of a day add up."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from graph.identity import Subject
from graph.reports.latency import NO_SAMPLES, Sparse, merge_sparse
from graph.reports.metrics import Counts
from graph.reports.pieces import (
    CountedDay,
    Hour,
    HourlyDay,
    RolledDay,
    add_counted,
    add_hourly,
    add_rolled,
    counted,
    summed,
)
from graph.reports.rolled import DAYS, parts
from graph.reports.runs import Run, days_of, stretches
from graph.reports.sources import HOURS
from graph.reports.windows import Slice, Window

START = datetime(2026, 10, 1, tzinfo=UTC)
SUBJECT = Subject("OPERATOR", "op-1")


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [
        (0, 48, [(DAYS, 0, 48)]),
        (5, 48, [(HOURS, 5, 24), (DAYS, 24, 48)]),
        (24, 50, [(DAYS, 24, 48), (HOURS, 48, 50)]),
        (23, 73, [(HOURS, 23, 24), (DAYS, 24, 72), (HOURS, 72, 73)]),
        (5, 30, [(HOURS, 5, 30)]),
        (5, 6, [(HOURS, 5, 6)]),
    ],
)
def test_a_window_is_cut_where_its_whole_days_begin_and_end(
    first: int, end: int, expected: list[tuple[object, int, int]]
) -> None:
    def at(hour: int) -> datetime:
        return START + timedelta(hours=hour)

    spans = parts(HOURS, DAYS, Window(at(first), at(end)))
    assert [(source, list(pieces)) for source, pieces in spans] == [
        (source, list(Window(at(start), at(stop)).slices)) for source, start, stop in expected
    ]


def test_stretches_have_no_gaps() -> None:
    assert list(stretches([3, 4, 5, 8, 10, 11])) == [range(3, 6), range(8, 9), range(10, 12)]
    assert list(days_of(Run(SUBJECT, 47, 73))) == [1, 2, 3]


def sparse(samples: dict[int, int]) -> Sparse:
    return Sparse(np.array([*samples], np.int16), np.array([*samples.values()], np.int64))


def test_two_parts_of_a_day_add_up_hour_by_hour_and_as_a_whole() -> None:
    early = HourlyDay(5, {1: Hour(Counts(1, peak_tps=9), sparse({3: 1}), {"AFN": 5}), 2: Hour(Counts(2))})
    late = HourlyDay(5, {2: Hour(Counts(10, peak_tps=4), sparse({3: 2, 7: 1}), {"AFN": 1, "EUR": 2})})
    both = add_hourly(early, late)
    assert {hour: held.counts for hour, held in both.hours.items()} == {
        1: Counts(1, peak_tps=9),
        2: Counts(12, peak_tps=4),
    }
    whole, added = summed(both).sum, add_rolled(summed(early), summed(late)).sum
    assert (
        (whole.counts, whole.amounts) == (added.counts, added.amounts) == (Counts(13, peak_tps=9), {"AFN": 6, "EUR": 2})
    )
    assert whole.samples.tolist() == added.samples.tolist() == [0, 0, 0, 3, 0, 0, 0, 1]


def test_counted_days_add_up_and_hours_stay_in_order() -> None:
    early, late = counted(5, [(9, Counts(1), {})]), counted(5, [(3, Counts(4), {"AFN": 7}), (9, Counts(2), {})])
    both = add_counted(early, late)
    assert (both.hours, both.whole.counts, both.counts(9), both.whole.amounts) == (
        [3, 9],
        Counts(7),
        Counts(3),
        {"AFN": 7},
    )
    assert add_counted(CountedDay(5), early).whole.counts == Counts(1)


def test_without_samples_the_others_stay() -> None:
    some = sparse({4: 2})
    assert merge_sparse(NO_SAMPLES, some) is some
    assert merge_sparse(some, NO_SAMPLES) is some


def test_a_day_that_was_added_up_is_not_cut() -> None:
    with pytest.raises(ValueError, match="cannot be cut"):
        RolledDay(5).part(Slice(5, 0, 23))
