from bisect import bisect_left
from collections import Counter
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.histogram import UPPER, VALUE, bin_of, percentile
from tests.support.bins import UPPERS, binned, percentile_disc, within_tolerance

LATENCIES = st.one_of(
    st.integers(0, 2**31), st.integers(0, 300), st.sampled_from(UPPERS), st.sampled_from(UPPERS).map(lambda n: n + 1)
).filter(lambda latency: latency <= 2**31)


def test_every_answer_is_within_one_percent_of_every_member() -> None:
    """The first and the last member of a bin are the furthest from its value."""
    firsts = [0] + [upper + 1 for upper in UPPER]
    for first, last, answer in zip(firsts, UPPER, VALUE, strict=False):
        assert within_tolerance(answer, first)
        assert within_tolerance(answer, last)


def test_bins_leave_no_gap_up_to_the_greatest_latency() -> None:
    assert UPPER[0] == 0
    assert all(low < high for low, high in pairwise(UPPER))
    assert UPPER[-1] >= 2**31
    assert len(UPPER) == len(VALUE) < 2**15  # stored as int2


def test_bins_are_those_of_the_reference() -> None:
    assert UPPER == UPPERS


def test_edges_of_every_bin() -> None:
    for bin_, last in enumerate(UPPER[:-1]):
        assert bin_of(last) == bin_
        assert bin_of(last + 1) == bin_ + 1
    assert bin_of(2**31) == len(UPPER) - 1


@given(LATENCIES)
def test_a_latency_is_in_its_bin(latency: int) -> None:
    assert bin_of(latency) == bisect_left(UPPERS, latency)


def test_small_latencies_are_exact() -> None:
    assert [VALUE[bin_of(latency)] for latency in range(99)] == list(range(99))


@settings(deadline=None)
@given(st.lists(st.lists(LATENCIES, max_size=30), min_size=1, max_size=8), st.integers(1, 100))
def test_percentiles_of_any_merge_are_within_one_percent(parts: list[list[int]], percent: int) -> None:
    merged: Counter[int] = Counter()
    for part in parts:
        merged.update(binned(part))
    samples = list(chain.from_iterable(parts))
    answer = percentile(merged, percent)
    if not samples:
        assert answer is None
    else:
        assert answer is not None
        assert within_tolerance(answer, percentile_disc(samples, percent))


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (19, 19), (20, 19), (21, 20), (100, 95), (101, 96)])
def test_the_rank_is_that_of_percentile_disc(count: int, rank: int) -> None:
    assert percentile(dict.fromkeys(range(1, count + 1), 1), 95) == VALUE[rank]
