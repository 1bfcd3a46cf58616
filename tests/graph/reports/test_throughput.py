from hypothesis import given
from hypothesis import strategies as st

from graph.reports.throughput import shares


@given(st.integers(-(2**60), 2**60), st.sampled_from([1, 12, 60]))
def test_shares_are_even_and_sum_to_the_count(count: int, parts: int) -> None:
    shared = shares(count, parts)
    assert sum(shared) == count
    assert len(shared) == parts
    assert max(shared) - min(shared) <= 1
