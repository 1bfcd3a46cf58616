"""Which readings are drawn."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from graph.web.charts import Bucket, Series, TimeChart, reading
from graph.web.charts.thinning import group_size, runs, thinned, unbroken
from tests.graph.support.pictures import counts, days, time_chart

VALUES = st.lists(st.none() | st.integers(-5, 5), max_size=60)


@given(values=VALUES, size=st.integers(1, 9))
def test_drawn_readings_are_the_lowest_and_highest_of_each_group(values: list[int | None], size: int) -> None:
    series = Series("a", [reading(each) for each in values])
    follows = [True] * max(len(values) - 1, 0)
    kept = {each.index: each.value for run in runs(series, follows) for each in thinned(run, size)}
    assert all(values[index] == value for index, value in kept.items())
    for start in range(0, len(values), size):
        group = [each for each in values[start : start + size] if each is not None]
        drawn = [int(value) for index, value in kept.items() if start <= index < start + size]
        assert (min(group), max(group)) == (min(drawn), max(drawn)) if group else not drawn
        assert size == 1 or len(drawn) <= 2 * sum(1 for _ in runs(series, follows)) + 2


@given(values=VALUES)
def test_runs_are_the_stretches_of_values(values: list[int | None]) -> None:
    series = Series("a", [reading(each) for each in values])
    found = [[each.index for each in run] for run in runs(series, [True] * max(len(values) - 1, 0))]
    assert [index for run in found for index in run] == [index for index, each in enumerate(values) if each is not None]
    assert all(run == list(range(run[0], run[-1] + 1)) for run in found)
    assert all(after[0] - before[-1] > 1 for before, after in pairwise(found))


def test_a_missing_bucket_breaks_a_run() -> None:
    chart = time_chart(counts("a", 1, 2, 3))
    times = [*days(2), days(2)[1] + timedelta(days=2)]
    chart = TimeChart("chart", "t", chart.unit, Bucket.DAY, chart.zone, times, chart.series)
    assert unbroken(chart) == (True, False)
    assert [len(run) for run in runs(chart.series[0], unbroken(chart))] == [2, 1]


def test_group_size() -> None:
    assert [group_size(count, 100) for count in (0, 100, 101, 1000)] == [1, 1, 2, 10]
