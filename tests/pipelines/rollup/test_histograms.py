"""Histograms of many subjects are the sums of their bins."""

import struct
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rollup import histograms
from pipelines.rollup.histograms import BINS, added

PAIRS = st.lists(st.tuples(st.integers(0, BINS - 1), st.integers(1, 2**50)), max_size=30)


def sent(code: str, size: int, numbers: Sequence[int]) -> bytes:
    """The binary array of PostgreSQL's array_send; an empty one has no dimension."""
    if not numbers:
        return bytes(12)
    return bytes(20) + b"".join(struct.pack(f">i{code}", size, number) for number in numbers)


@pytest.mark.parametrize("step", [1, 2, 2000])
@given(subjects=st.lists(PAIRS, max_size=6))
def test_each_bin_is_the_sum_of_those_of_its_subject(step: int, subjects: list[list[tuple[int, int]]]) -> None:
    bins = [sent("h", 2, [bin_ for bin_, _ in pairs]) for pairs in subjects]
    counts = [sent("q", 8, [count for _, count in pairs]) for pairs in subjects]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(histograms, "SUBJECTS_PER_STEP", step)
        sums = list(added(bins, counts))
    for pairs, histogram in zip(subjects, sums, strict=True):
        wanted: Counter[int] = Counter()
        for bin_, count in pairs:
            wanted[bin_] += count
        assert list(zip(*histogram, strict=True)) == sorted(wanted.items())
