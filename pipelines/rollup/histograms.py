"""Adds up the histograms of many subjects with arrays. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from infra.arrays import longs, short_lengths, shorts
from schema.histogram import UPPER

SUBJECTS_PER_STEP: Final = 2000  # subjects: some 20 MB
BINS: Final = len(UPPER)


class Histogram(NamedTuple):
    """The bins that have samples, ascending, and the number of samples of each."""

    bins: list[int]
    counts: list[int]


def added(bins: Sequence[bytes], counts: Sequence[bytes]) -> Iterator[Histogram]:
    """The histogram of each subject, whose bins may repeat. `bins` and `counts` are PostgreSQL's binary arrays."""
    for first in range(0, len(bins), SUBJECTS_PER_STEP):
        yield from _added(bins[first : first + SUBJECTS_PER_STEP], counts[first : first + SUBJECTS_PER_STEP])


def _added(bins: Sequence[bytes], counts: Sequence[bytes]) -> Iterator[Histogram]:
    subjects = np.repeat(np.arange(len(bins)), short_lengths(bins))
    sums = np.zeros(len(bins) * BINS, np.int64)
    np.add.at(sums, subjects * BINS + shorts(bins), longs(counts))
    filled = np.flatnonzero(sums)
    bounds = np.searchsorted(filled, np.arange(len(bins) + 1) * BINS).tolist()
    filled_bins, samples = (filled % BINS).tolist(), sums[filled].tolist()
    for first, end in pairwise(bounds):
        yield Histogram(filled_bins[first:end], samples[first:end])
