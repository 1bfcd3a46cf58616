"""Latency histograms as numpy arrays, for thousands of rows. schema.histogram defines them, as mappings."""

from collections.abc import Sequence
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
