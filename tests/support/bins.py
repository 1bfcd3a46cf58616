"""The bins of the latency histogram, derived from their rule: a bin's answer is within 1 % of all its members.

Shares no code with the product: exact fractions instead of its integer arithmetic.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

TOLERANCE = Fraction(1, 100)


def _uppers() -> list[int]:
    """The upper bounds of all bins. Bin 0 is {0}; each next bin ends where no integer is within 1 % of all of it."""
    uppers = [0]
    while uppers[-1] < 2**31:
        answer = floor((uppers[-1] + 1) * (1 + TOLERANCE))
        uppers.append(floor(answer / (1 - TOLERANCE)))
    return uppers


UPPERS = _uppers()


def binned(samples: Sequence[int]) -> Mapping[int, int]:
    """The number of samples per bin."""
    counts: dict[int, int] = {}
    for sample in samples:
        bin_ = bisect_left(UPPERS, sample)
        counts[bin_] = counts.get(bin_, 0) + 1
    return dict(sorted(counts.items()))


def percentile_disc(samples: Sequence[int], percent: int) -> int:
    """SQL's percentile_disc: the first of the sorted samples whose rank reaches the share."""
    return sorted(samples)[-(-percent * len(samples) // 100) - 1]


def within_tolerance(answer: int, exact: int) -> bool:
    return abs(answer - exact) <= TOLERANCE * exact
