"""Histograms of latency as numpy arrays: what schema.histogram says of mappings, for thousands at a time."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from graph.reports import arrays
from schema.histogram import VALUE

Dense: TypeAlias = npt.NDArray[np.int64]  # how many samples each bin holds, by bin number
EMPTY: Final[Dense] = np.zeros(0, np.int64)


class Sparse(NamedTuple):
    """The bins of one hour that hold samples, ascending, and how many each holds."""

    bins: npt.NDArray[np.int16]
    counts: npt.NDArray[np.int64]


NO_SAMPLES: Final = Sparse(np.zeros(0, np.int16), np.zeros(0, np.int64))


def parse(rows: Sequence[tuple[bytes, bytes]]) -> list[Sparse]:
    """The histograms of (array_send(latency_bins), array_send(latency_counts)) pairs."""
    every_bin = [row[0] for row in rows]
    bins, counts = arrays.shorts(every_bin), arrays.longs([row[1] for row in rows])
    ends = accumulate(arrays.short_lengths(every_bin))
    return [Sparse(bins[start:end], counts[start:end]) for start, end in pairwise([0, *ends])]


def dense(parts: Iterable[Sparse]) -> Dense:
    """All parts in one."""
    filled = [part for part in parts if len(part.bins)]
    merged = np.zeros(max((int(part.bins[-1]) + 1 for part in filled), default=0), np.int64)
    for part in filled:
        merged[part.bins] += part.counts
    return merged


def merge_sparse(one: Sparse, other: Sparse) -> Sparse:
    """Both in one."""
    if not len(one.bins) or not len(other.bins):
        return one if len(one.bins) else other
    merged = dense([one, other])
    bins = np.flatnonzero(merged)
    return Sparse(bins.astype(np.int16), merged[bins])


def merge(parts: Sequence[Dense]) -> Dense:
    """All parts in one."""
    merged = np.zeros(max(map(len, parts), default=0), np.int64)
    for part in parts:
        merged[: len(part)] += part
    return merged


def percentile(samples: Dense, percent: int) -> int | None:
    """The nearest-rank percentile in ms, as schema.histogram.percentile."""
    upto = np.cumsum(samples)
    if not len(upto) or not upto[-1]:
        return None
    rank = -(-int(upto[-1]) * percent // 100)
    return VALUE[int(np.searchsorted(upto, rank))]


def sparse_percentile(samples: Sparse, percent: int) -> int | None:
    """The same of one hour."""
    upto = np.cumsum(samples.counts)
    if not len(upto) or not upto[-1]:
        return None
    rank = -(-int(upto[-1]) * percent // 100)
    return VALUE[int(samples.bins[int(np.searchsorted(upto, rank))])]
