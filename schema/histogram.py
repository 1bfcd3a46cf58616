"""A histogram of integer milliseconds that merges exactly and gives any percentile within 1 %.

Bin i holds the integers from `UPPER[i - 1] + 1` to `UPPER[i]`. Its value is `VALUE[i]`, which differs from no member by
more than 1 % of that member. Counts are integers, so histograms of hours, days and operators merge by addition, in any
order, to the histogram of all their samples. Up to 98 ms, a bin is one value and the percentile exact. DDSketch gives
the same relative-error guarantee (Masson, Rim, Lee, VLDB 2019); integer bounds keep it when values are whole
milliseconds.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from schema.values import MAX_INT


def _bins() -> tuple[list[int], list[int]]:
    """Upper bounds and values of all bins, greedily: the largest value within 1 % above the bin's first member, then
    all members within 1 % of it.
    """
    upper, value = [0], [0]
    while upper[-1] < MAX_INT:
        first = upper[-1] + 1
        value.append(first * 101 // 100)
        upper.append(value[-1] * 100 // 99)
    return upper, value


_BINS: Final = _bins()
UPPER: Final = _BINS[0]
VALUE: Final = _BINS[1]

_COMMON: Final = 1 << 16  # ms; a look-up table for latencies up to a minute is 8 times faster than bisection
_BIN_OF: Final = [bisect_left(UPPER, latency) for latency in range(_COMMON)]


def bin_of(latency_ms: int) -> int:
    """The bin of a latency of 0 to 2^31 ms."""
    return _BIN_OF[latency_ms] if latency_ms < _COMMON else bisect_left(UPPER, latency_ms)


def percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """The nearest-rank percentile (SQL's percentile_disc) of bin -> count, in ms; None without samples."""
    rank = -(-sum(counts.values()) * percent // 100)
    for bin_ in sorted(counts):
        rank -= counts[bin_]
        if rank <= 0:
            return VALUE[bin_]
    return None
