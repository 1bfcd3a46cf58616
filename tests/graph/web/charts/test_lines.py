"""Line charts: exact text of small ones, and properties of all."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings

from graph.web.charts import NARROW, PERCENT, WIDE, Bucket, Quality, Series, Size, TimeChart, line_chart, reading
from graph.web.charts.sentences import drawn_series
from tests.graph.support.pictures import (
    HOSTILE,
    check_safe,
    counts,
    days,
    drawn,
    expected_values,
    in_lines,
    kept_drawing,
    parsed,
    texts,
    time_chart,
    time_charts,
    view_box,
)


def test_a_small_chart_as_text() -> None:
    chart = time_chart(Series("MNO-K", [reading(10), reading(None), reading(30, Quality.PARTIAL)]))
    assert in_lines(line_chart(chart)) == kept_drawing("line")


@settings(max_examples=25)
@given(chart=time_charts())
def test_every_value_is_drawn_once_inside_the_picture(chart: TimeChart) -> None:
    for size in (WIDE, NARROW):
        root = parsed(line_chart(chart, size))
        check_safe(root)
        width, height = view_box(root)
        points = drawn(root)
        assert sorted(each.attrib["data-value"] for each in points) == expected_values(drawn_series(chart))
        assert all(0 <= float(each.attrib["x"]) <= width and 0 <= float(each.attrib["y"]) <= height for each in points)


@settings(max_examples=25)
@given(chart=time_charts())
def test_positions_keep_the_order_of_values_and_times(chart: TimeChart) -> None:
    points = drawn(parsed(line_chart(chart)))
    by_value = sorted(points, key=lambda each: float(each.attrib["data-value"]))
    heights = [float(each.attrib["y"]) for each in by_value]
    assert heights == sorted(heights, reverse=True)
    by_time = [float(each.attrib["x"]) for each in sorted(points, key=lambda each: each.attrib["data-time"])]
    assert by_time == sorted(by_time)


@pytest.mark.parametrize("missing", [None, "bucket"])
def test_no_line_crosses_missing_data(missing: str | None) -> None:
    values = [1, 2, None, 4, 5] if missing is None else [1, 2, 4, 5]
    times = days(5) if missing is None else [*days(2), *days(5)[3:]]
    chart = time_chart(counts("a", *values))
    chart = TimeChart("chart", "Messages", chart.unit, chart.bucket, chart.zone, times, chart.series)
    lines = [each.attrib["d"] for each in parsed(line_chart(chart)).iter("path") if each.attrib["class"] == "line"]
    assert [each.count("L") for each in lines] == [1, 1]


@pytest.mark.parametrize(
    ("quality", "line", "point"),
    [
        (Quality.PARTIAL, "line dashed", "point hollow"),
        (Quality.PROVISIONAL, "line dashed", "point hollow"),
        (Quality.ESTIMATED, "line dashed", "point hollow"),
        (Quality.LOW_SAMPLE, "line", "point hollow"),
        (Quality.INTERPOLATED, "line dotted", "point quiet"),
    ],
)
def test_a_limited_reading_looks_different(quality: Quality, line: str, point: str) -> None:
    root = parsed(line_chart(time_chart(Series("a", [reading(1), reading(2), reading(3, quality)]))))
    last = drawn(root)[-1]
    assert last.attrib["class"] == point
    assert last.attrib["data-quality"] == quality.value
    lines = [each.attrib["class"] for each in root.iter("path") if each.attrib["class"].startswith("line")]
    assert lines[-1] == line
    bands = [each for each in root.iter("rect") if each.attrib["class"] == "band"]
    assert len(bands) == (quality is Quality.PARTIAL)


def test_a_suppressed_reading_is_a_cross_without_a_value() -> None:
    root = parsed(line_chart(time_chart(Series("a", [reading(1), reading(None, Quality.SUPPRESSED)]))))
    crosses = [each for each in root.iter("use") if each.attrib["class"] == "suppressed"]
    assert [each.attrib["data-time"] for each in crosses] == ["2026-11-24T00:00:00Z"]
    assert len(drawn(root)) == 1


@pytest.mark.parametrize(
    ("chart", "text"),
    [
        (time_chart(), "No values in this window."),
        (time_chart(counts("a", None, None)), "No values in this window."),
        (
            time_chart(Series("a", [reading(None, Quality.SUPPRESSED)])),
            "Too few messages in this window to show figures.",
        ),
    ],
)
def test_without_values_nothing_is_invented(chart: TimeChart, text: str) -> None:
    root = parsed(line_chart(chart))
    check_safe(root)
    assert texts(root) == [text]


@pytest.mark.parametrize("values", [(7,), (7, 7, 7), (0, 0), (-5, -5), (10**40, 10**40 + 1), (0.97, 0.97), (1.0,)])
def test_one_value_and_equal_values_are_drawn(values: tuple[float, ...]) -> None:
    unit = PERCENT if isinstance(values[0], float) else time_chart().unit
    root = parsed(line_chart(time_chart(Series("a", [reading(each) for each in values]), unit=unit)))
    assert len(drawn(root)) == len(values)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_hostile_names_are_text(size: Size) -> None:
    root = parsed(line_chart(time_chart(counts(HOSTILE, 1, 2), title=HOSTILE), size))
    check_safe(root)
    shown = HOSTILE.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    assert root.findtext("title") == shown
    assert [each.attrib["data-series"] for each in root.iter("g") if "data-series" in each.attrib] == [shown]


def test_long_series_keep_every_extreme_and_say_so() -> None:
    chart = hourly(2160)
    root = parsed(line_chart(chart))
    values = [int(each.attrib["data-value"]) for each in drawn(root)]
    every = [int(each.value) for each in chart.series[0].readings if each.value is not None]
    assert len(values) < len(every) / 3
    assert {min(every), max(every), every[0], every[-1]} <= set(values) <= set(every)
    assert "Drawn: the lowest and the highest of every 15 values. The table has all." in texts(root)
    assert "the lowest and the highest of every 15 values" in (root.findtext("desc") or "")


def test_the_size_of_a_chart_is_linear_and_bounded() -> None:
    sizes = [len(line_chart(hourly(count))) for count in (50, 100, 200)]
    assert sizes[2] - sizes[1] < 2.2 * (sizes[1] - sizes[0])
    assert len(line_chart(hourly(8760))) < 2 * len(line_chart(hourly(1000)))


def test_a_chart_draws_8_names_and_says_how_many_are_left_out() -> None:
    root = parsed(line_chart(time_chart(*(counts(f"s{number}", number, 2) for number in range(20)))))
    assert len({each.attrib["data-series"] for each in root.iter("g") if "data-series" in each.attrib}) == 8
    assert "12 of 20 series are only in the table." in texts(root)


def test_a_truncated_axis_says_so() -> None:
    root = parsed(line_chart(time_chart(Series("a", [reading(0.96), reading(0.98)]), unit=PERCENT)))
    assert "The vertical axis starts at 96.0\u00a0%, not at zero." in texts(root)
    assert [each for each in root.iter("path") if each.attrib["class"] == "axis-break"]


def test_the_period_before_has_the_colour_of_its_series() -> None:
    root = parsed(line_chart(time_chart(counts("a", 1, 2), counts("b", 2, 3), counts("b", 3, 4, before=True))))
    classes = {
        each.attrib["data-series"]: each.attrib["class"] for each in root.iter("g") if "data-series" in each.attrib
    }
    assert classes == {"a": "series series-1", "b": "series series-2", "b, period before": "series series-2 before"}


def test_labels_at_line_ends_do_not_overlap() -> None:
    root = parsed(line_chart(time_chart(*(counts(f"s{number}", 1, 100 + number) for number in range(8)))))
    heights = sorted(float(each.attrib["y"]) for each in root.iter("text") if each.attrib["class"] == "label")
    assert all(after - before >= 13.9 for before, after in pairwise(heights))


def hourly(count: int) -> TimeChart:
    chart = time_chart(counts("a", *((number * 7919) % 1000 for number in range(count))))
    times = [days(1)[0] + timedelta(hours=number) for number in range(count)]
    return TimeChart(chart.id, chart.title, chart.unit, Bucket.HOUR, chart.zone, times, chart.series)
