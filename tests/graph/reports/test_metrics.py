from hypothesis import given
from hypothesis import strategies as st

from graph.reports.metrics import NOTHING, Counts, total
from schema.figures import FIGURES

VALUES = {"sum": st.integers(-(2**70), 2**70), "max": st.integers(0, 2**40)}
COUNTS = st.builds(Counts, **{name: VALUES[figure.merge] for name, figure in FIGURES.items()})


@given(st.lists(COUNTS), st.lists(COUNTS))
def test_totals_of_totals_are_totals(some: list[Counts], others: list[Counts]) -> None:
    assert total([total(some), total(others)]) == total([*some, *others, NOTHING])


def test_a_total_has_sums_and_the_highest_peak() -> None:
    some = Counts(messages=1, delivered=2, failed=3, segments=4, cost=5, latency_sum=6, latency_samples=7, peak_tps=8)
    more = Counts(messages=10, segments=40, cost=-50, peak_tps=7)
    assert total([some, more]) == some._replace(messages=11, segments=44, cost=-45)
