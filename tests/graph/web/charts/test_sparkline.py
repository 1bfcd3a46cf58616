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
    exact = [value for each in drawn(root, "data-values") for value in each.attrib["data-values"].split()]
    assert sorted(exact) == expected_values(chart.series[:1])
    places = [(float(each.attrib["x"]), float(each.attrib["y"])) for each in root.iter("use")]
    corners = [pair.split(",") for path in root.iter("path") for pair in path.attrib["d"][1:].split("L")]
    places += [(float(x), float(y)) for x, y in corners]
    assert len(set(places)) == len(exact)
    assert all(0 <= x <= 96 and 0 <= y <= 24 for x, y in places)


def test_the_last_value_is_marked_and_hollow_if_limited() -> None:
    root = parsed(sparkline(time_chart(Series("a", [reading(1), reading(2), reading(3, Quality.PARTIAL)]))))
    (mark,) = drawn(root)
    assert (mark.attrib["class"], mark.attrib["data-value"]) == ("point hollow", "3")


def test_long_ones_are_thinned() -> None:
    (group,) = drawn(parsed(sparkline(time_chart(counts("a", *range(500))))), "data-values")
    assert len(group.attrib["data-values"].split()) <= 90
