"""Sparklines."""

from hypothesis import given, settings

from graph.web.charts import Quality, Series, TimeChart, reading, sparkline
from tests.graph.support.pictures import (
    check_safe,
    counts,
    drawn,
    expected_values,
    in_lines,
    kept_drawing,
    parsed,
    time_chart,
    time_charts,
)


def test_a_small_one_as_text() -> None:
    assert in_lines(sparkline(time_chart(counts("op-1", 3, None, 5, 4)))) == kept_drawing("sparkline")


@settings(max_examples=25)
@given(chart=time_charts())
def test_every_value_of_the_first_series_is_drawn_once_inside(chart: TimeChart) -> None:
    root = parsed(sparkline(chart))
    check_safe(root)
    points = drawn(root)
    assert sorted(each.attrib["data-value"] for each in points) == expected_values(chart.series[:1])
    assert all(0 <= float(each.attrib["x"]) <= 96 and 0 <= float(each.attrib["y"]) <= 24 for each in points)


def test_the_last_value_is_marked_and_hollow_if_limited() -> None:
    root = parsed(sparkline(time_chart(Series("a", [reading(1), reading(2), reading(3, Quality.PARTIAL)]))))
    assert [each.attrib["class"] for each in drawn(root)] == ["point quiet", "point quiet", "point hollow"]


def test_long_ones_are_thinned() -> None:
    assert len(drawn(parsed(sparkline(time_chart(counts("a", *range(500))))))) <= 90
