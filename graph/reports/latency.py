"""Histograms of latency as numpy arrays: what schema.histogram says of mappings, for thousands at a time."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from infra import arrays
from schema.histogram import VALUE

Samples: TypeAlias = npt.NDArray[np.int64]  # how many samples each bin holds, by bin number
EMPTY: Final[Samples] = np.zeros(0, np.int64)


def parse(bins: Sequence[bytes], counts: Sequence[bytes]) -> Samples:
    """Several histograms in one: array_send(latency_bins) and array_send(latency_counts) of each."""
    return added(arrays.shorts(bins), arrays.longs(counts))


def added(bins: npt.NDArray[np.int16], counts: npt.NDArray[np.int64]) -> Samples:
    """The samples of some bins, of which each may come several times."""
    merged = np.zeros(int(bins.max()) + 1 if len(bins) else 0, np.int64)
    np.add.at(merged, bins, counts)
    return merged


def merge(parts: Sequence[Samples]) -> Samples:
    """All parts in one."""
    merged = np.zeros(max(map(len, parts), default=0), np.int64)
    for part in parts:
        merged[: len(part)] += part
    return merged


def percentile(samples: Samples, percent: int) -> int | None:
    """The nearest-rank percentile in ms, as schema.histogram.percentile."""
    upto = np.cumsum(samples)
    if not len(upto) or not upto[-1]:
        return None
    rank = -(-int(upto[-1]) * percent // 100)
    return VALUE[int(np.searchsorted(upto, rank))]
