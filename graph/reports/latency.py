"""Latency histograms as numpy arrays, for thousands of rows. schema.histogram defines them, as mappings."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from infra import arrays
from schema.histogram import VALUE

Samples: TypeAlias = npt.NDArray[np.int64]  # the number of samples, by bin number
EMPTY: Final[Samples] = np.zeros(0, np.int64)


def parse(bins: Sequence[bytes], counts: Sequence[bytes]) -> Samples:
    """The sum of several histograms, each as array_send(latency_bins) and array_send(latency_counts)."""
    return from_bins(arrays.shorts(bins), arrays.longs(counts))


def parse_each(bins: bytes, counts: bytes, lengths: Sequence[int]) -> Iterator[Samples]:
    """Several histograms, as `parse` takes them, one behind the other. `lengths`: the bytes of each one's bins."""
    first = first_count = 0
    for length in lengths:
        end = first + length
        end_count = first_count + arrays.length_of_longs(length)
        yield parse([bins[first:end]], [counts[first_count:end_count]]) if length else EMPTY
        first, first_count = end, end_count


def from_bins(bins: npt.NDArray[np.int16], counts: npt.NDArray[np.int64]) -> Samples:
    """The histogram with `counts` samples in `bins`. A bin may occur several times."""
    merged = np.zeros(int(bins.max()) + 1 if len(bins) else 0, np.int64)
    np.add.at(merged, bins, counts)
    return merged


def merge(parts: Sequence[Samples]) -> Samples:
    """The sum of several histograms."""
    merged = np.zeros(max(map(len, parts), default=0), np.int64)
    for part in parts:
        merged[: len(part)] += part
    return merged


def percentile(samples: Samples, percent: int) -> int | None:
    """The nearest-rank percentile in ms, equal to schema.histogram.percentile; None without samples."""
    cumulative = np.cumsum(samples)
    if not len(cumulative) or not cumulative[-1]:
        return None
    rank = -(-int(cumulative[-1]) * percent // 100)
    return VALUE[int(np.searchsorted(cumulative, rank))]
