"""Histograms of latency as numpy arrays: what schema.histogram says of mappings, for thousands at a time."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from schema.histogram import VALUE

Dense: TypeAlias = npt.NDArray[np.int64]  # how many samples each bin holds, by bin number
EMPTY: Final[Dense] = np.zeros(0, np.int64)

# array_send of PostgreSQL: a header of 5 int32, then each element after its int32 length.
_HEADER: Final = 20
_BIN: Final = np.dtype([("length", ">i4"), ("value", ">i2")])
_COUNT: Final = np.dtype([("length", ">i4"), ("value", ">i8")])


class Sparse(NamedTuple):
    """The bins of one hour that hold samples, ascending, and how many each holds."""

    bins: npt.NDArray[np.int16]
    counts: npt.NDArray[np.int64]


NO_SAMPLES: Final = Sparse(np.zeros(0, np.int16), np.zeros(0, np.int64))


def parse(rows: Sequence[tuple[bytes, bytes]]) -> list[Sparse]:
    """The histograms of (array_send(latency_bins), array_send(latency_counts)) pairs."""
    bins = np.frombuffer(b"".join(bins[_HEADER:] for bins, _ in rows), _BIN)["value"].astype(np.int16)
    counts = np.frombuffer(b"".join(counts[_HEADER:] for _, counts in rows), _COUNT)["value"].astype(np.int64)
    ends = np.cumsum([len(row[0][_HEADER:]) // _BIN.itemsize for row in rows], dtype=np.int64).tolist()
    return [Sparse(bins[start:end], counts[start:end]) for start, end in pairwise([0, *ends])]


def dense(parts: Iterable[Sparse]) -> Dense:
    """All parts in one."""
    filled = [part for part in parts if len(part.bins)]
    merged = np.zeros(max((int(part.bins[-1]) + 1 for part in filled), default=0), np.int64)
    for part in filled:
        merged[part.bins] += part.counts
    return merged


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
