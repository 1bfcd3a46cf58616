"""Bars over time: exact text of a small chart, stacks, patterns."""

import pytest
from hypothesis import given, settings

from graph.web.charts import WIDE, Quality, Series, TimeChart, Tone, bar_chart, reading
from graph.web.charts.bars import MOST_BARS
from graph.web.charts.sentences import drawn_series
from tests.graph.support.pictures import (
    check_safe,
    counts,
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
    qualities = (Quality.PARTIAL, Quality.PROVISIONAL)
    chart = time_chart(
        Series("Delivered", [reading(80), reading(60, *qualities)], tone=Tone.DELIVERED),
        Series("Failed", [reading(20), reading(5, *qualities)], tone=Tone.FAILED),
        Series("Pending", [reading(0), reading(35, *qualities)], tone=Tone.PENDING),
    )
    assert in_lines(bar_chart(chart)) == kept_drawing("bars")


@settings(max_examples=25)
@given(chart=time_charts())
def test_every_value_is_drawn_once_inside_the_picture(chart: TimeChart) -> None:
    root = parsed(bar_chart(chart))
    check_safe(root)
    bars = drawn(root)
    assert sorted(each.attrib["data-value"] for each in bars) == expected_values(drawn_series(chart))
    width, height = view_box(root)
    for each in bars:
        x, y, wide, high = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0 <= y
        assert x + wide <= width
        assert y + high <= height


def test_heights_are_in_proportion_and_stack_without_overlap() -> None:
    root = parsed(bar_chart(time_chart(counts("a", 100, -40), counts("b", 50, 30), counts("c", 25, -20))))
    heights = [float(each.attrib["height"]) for each in drawn(root)]
    assert [round(each / heights[0], 2) for each in heights] == [1.0, 0.4, 0.5, 0.3, 0.25, 0.2]
    (a, below), (b, above), (c, lowest) = (
        [(float(bar.attrib["y"]), float(bar.attrib["height"])) for bar in drawn(group)]
        for group in root.iter("g")
        if "data-series" in group.attrib
    )
    assert b[0] + b[1] == pytest.approx(a[0], abs=0.02)
    assert c[0] + c[1] == pytest.approx(b[0], abs=0.02)
    assert above[0] + above[1] == pytest.approx(below[0], abs=0.02)
    assert below[0] + below[1] == pytest.approx(lowest[0], abs=0.02)


@pytest.mark.parametrize(
    ("quality", "bar", "pattern"),
    [
        (Quality.PROVISIONAL, "bar", "url(#chart-hatch-over)"),
        (Quality.ESTIMATED, "bar", "url(#chart-hatch-over)"),
        (Quality.PARTIAL, "bar", "url(#chart-hatch)"),
        (Quality.LOW_SAMPLE, "bar hollow", None),
        (Quality.INTERPOLATED, "bar dotted", None),
    ],
)
def test_a_limited_bar_looks_different(quality: Quality, bar: str, pattern: str | None) -> None:
    root = parsed(bar_chart(time_chart(Series("a", [reading(1), reading(2, quality)]))))
    assert [each.attrib["class"] for each in drawn(root)] == ["bar", bar]
    assert {each.get("fill") for each in root.iter()} - {None} == ({pattern} if pattern else set())


def test_a_suppressed_bar_is_a_cross() -> None:
    root = parsed(bar_chart(time_chart(Series("a", [reading(1), reading(None, Quality.SUPPRESSED)]))))
    assert [each.attrib["data-time"] for each in root.iter("use")] == ["2026-11-24T00:00:00Z"]


def test_too_many_bars_are_not_drawn() -> None:
    root = parsed(bar_chart(time_chart(counts("a", *range(MOST_BARS + 1)))))
    check_safe(root)
    assert texts(root) == ["371 bars are too many to draw. The table has their values."]
    assert len(drawn(parsed(bar_chart(time_chart(counts("a", *range(MOST_BARS))), WIDE)))) == MOST_BARS
