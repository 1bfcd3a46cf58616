"""Histograms of many subjects added up at once, as arrays. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from infra.arrays import longs, short_lengths, shorts
from schema.histogram import UPPER

AT_ONCE: Final = 2000  # subjects: some 20 MB
BINS: Final = len(UPPER)


class Histogram(NamedTuple):
    """Bins that hold samples, ascending, and how many each holds."""

    bins: list[int]
    counts: list[int]


def added(bins: Sequence[bytes], counts: Sequence[bytes]) -> Iterator[Histogram]:
    """For each subject, the histogram of its bins, which come several times each: arrays as sent."""
    for first in range(0, len(bins), AT_ONCE):
        yield from _added(bins[first : first + AT_ONCE], counts[first : first + AT_ONCE])


def _added(bins: Sequence[bytes], counts: Sequence[bytes]) -> Iterator[Histogram]:
    subjects = np.repeat(np.arange(len(bins)), short_lengths(bins))
    sums = np.zeros(len(bins) * BINS, np.int64)
    np.add.at(sums, subjects * BINS + shorts(bins), longs(counts))
    filled = np.flatnonzero(sums)
    bounds = np.searchsorted(filled, np.arange(len(bins) + 1) * BINS).tolist()
    found, samples = (filled % BINS).tolist(), sums[filled].tolist()
    for first, end in pairwise(bounds):
        yield Histogram(found[first:end], samples[first:end])
