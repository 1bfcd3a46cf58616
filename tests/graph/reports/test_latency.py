"""Histograms as arrays equal those of schema.histogram, which are mappings."""

import struct
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.reports import latency
from schema import histogram

HISTOGRAMS = st.dictionaries(st.integers(0, len(histogram.UPPER) - 1), st.integers(1, 2**50), max_size=40)


def sent(histogram_: Mapping[int, int]) -> tuple[bytes, bytes]:
    """A histogram as PostgreSQL's array_send writes its int2[] and int8[]; empty arrays have no dimension."""
    if not histogram_:
        return struct.pack(">iii", 0, 0, 21), struct.pack(">iii", 0, 0, 20)
    ordered = sorted(histogram_.items())
    bins = b"".join(struct.pack(">ih", 2, bin_) for bin_, _ in ordered)
    counts = b"".join(struct.pack(">iq", 8, count) for _, count in ordered)
    size = len(ordered)
    return struct.pack(">iiiii", 1, 0, 21, size, 1) + bins, struct.pack(">iiiii", 1, 0, 20, size, 1) + counts


def added(parts: list[dict[int, int]]) -> dict[int, int]:
    merged: dict[int, int] = {}
    for part in parts:
        for bin_, count in part.items():
            merged[bin_] = merged.get(bin_, 0) + count
    return merged


def parsed(parts: list[dict[int, int]]) -> latency.Samples:
    """The sum of all parts, parsed together."""
    every = [sent(part) for part in parts]
    return latency.parse([bins for bins, _ in every], [counts for _, counts in every])


@given(st.lists(HISTOGRAMS, max_size=6))
def test_histograms_that_are_parsed_together_are_added(parts: list[dict[int, int]]) -> None:
    found = parsed(parts)
    assert {bin_: count for bin_, count in enumerate(found.tolist()) if count} == added(parts)


@given(st.lists(HISTOGRAMS, max_size=6), st.integers(0, 6), st.sampled_from([1, 50, 95, 99, 100]))
def test_percentiles_of_any_merge(parts: list[dict[int, int]], cut: int, percent: int) -> None:
    merged = latency.merge([parsed(parts[:cut]), parsed(parts[cut:])])
    assert latency.percentile(merged, percent) == histogram.percentile(added(parts), percent)


@pytest.mark.parametrize("parts", [[], [{}], [{}, {}]])
def test_an_empty_histogram_has_no_percentile(parts: list[dict[int, int]]) -> None:
    assert latency.percentile(parsed(parts), 95) is None
