"""Scatter plots: a panel per currency, areas in proportion, labels apart."""

import math
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.web.charts import NARROW, WIDE, Bubble, Quality, ScatterChart, TrailDay, scatter_chart
from tests.graph.support.pictures import HOSTILE, check_safe, drawn, in_lines, kept_drawing, parsed, texts, view_box


def scatter(*bubbles: Bubble) -> ScatterChart:
    titles = ("Cost and quality", "Network", "Cost per delivered SMS", "Delivery rate", "Records")
    return ScatterChart("cost", *titles, bubbles)


def bubble(name: str, currency: str, x: str | None, y: str | None, volume: int = 100) -> Bubble:
    return Bubble(name, currency, None if x is None else Decimal(x), None if y is None else Decimal(y), volume)


BUBBLES = st.lists(
    st.builds(
        Bubble,
        st.text(max_size=20),
        st.sampled_from(("USD", "AFN", "EUR")),
        st.none() | st.decimals(0, 100, places=6),
        st.none() | st.decimals(0, 1, places=4),
        st.integers(0, 10**9),
    ),
    max_size=12,
)


def test_a_small_chart_as_text() -> None:
    trail = (TrailDay(date(2026, 11, 23), Decimal("0.010000"), Decimal("0.95")),)
    chart = scatter(
        Bubble("AWCC", "USD", Decimal("0.012300"), Decimal("0.97"), 400, trail=trail),
        Bubble("AWCC", "AFN", Decimal("0.810000"), Decimal("0.93"), 100, frozenset({Quality.PARTIAL})),
        bubble("SALAAM", "USD", None, None),
    )
    assert in_lines(scatter_chart(chart)) == kept_drawing("scatter")


@settings(max_examples=25)
@given(bubbles=BUBBLES)
def test_every_bubble_with_a_position_is_drawn_once_inside(bubbles: list[Bubble]) -> None:
    for size in (WIDE, NARROW):
        root = parsed(scatter_chart(scatter(*bubbles), size))
        check_safe(root)
        width, height = view_box(root)
        shown = [each for each in bubbles if each.x is not None and each.y is not None]
        marks = drawn(root, "data-volume")
        found = sorted((each.attrib["data-x"], each.attrib["data-y"], each.attrib["data-volume"]) for each in marks)
        assert found == sorted((f"{each.x:f}", f"{each.y:f}", str(each.volume)) for each in shown)
        for mark in marks:
            centre = mark[-1].attrib
            assert 0 <= float(centre["cx"]) <= width
            assert 0 <= float(centre["cy"]) <= height


def test_areas_are_in_proportion_to_volumes() -> None:
    root = parsed(scatter_chart(scatter(bubble("a", "USD", "1", ".5", 400), bubble("b", "USD", "2", ".6", 100))))
    radii = [float(each[1].attrib["r"]) for each in drawn(root, "data-volume")]
    assert math.isclose(radii[0] / radii[1], 2, rel_tol=0.01)


def test_currencies_have_their_own_panels_axes_and_shapes() -> None:
    root = parsed(scatter_chart(scatter(bubble("a", "USD", "0.01", ".9"), bubble("a", "AFN", "0.8", ".9"))))
    panels = [each for each in root.iter("g") if each.attrib["class"] == "panel"]
    assert len(panels) == 2
    assert {"Cost per delivered SMS, USD", "Cost per delivered SMS, AFN"} <= set(texts(root))
    assert [each[1].tag for each in drawn(root, "data-volume")] == ["circle", "path"]


def test_labels_do_not_overlap_where_there_is_room() -> None:
    bubbles = (bubble(f"network-{n}", "USD", f"0.01{n}", f"0.9{n}", 10) for n in range(5))
    root = parsed(scatter_chart(scatter(*bubbles)))
    places = [
        (float(each.attrib["x"]), float(each.attrib["y"]))
        for each in root.iter("text")
        if each.attrib["class"] == "label"
    ]
    assert len(places) == 5
    for index, (x, y) in enumerate(places):
        assert all(abs(y - other_y) >= 13 or abs(x - other_x) >= 60 for other_x, other_y in places[:index])


def test_bubbles_without_a_position_are_named() -> None:
    root = parsed(scatter_chart(scatter(bubble("a", "USD", "1", ".5"), bubble("b", "AFN", None, ".5"))))
    assert "Without a position, only in the table: b (AFN)." in texts(root)
    assert texts(parsed(scatter_chart(scatter(bubble("b", "AFN", None, None))))) == ["No values in this window."]


def test_hostile_names_are_text() -> None:
    check_safe(parsed(scatter_chart(scatter(bubble(HOSTILE, HOSTILE, "1", "0.5")))))


def test_a_trail_has_each_day() -> None:
    days = [TrailDay(date(2026, 11, n), Decimal(n), Decimal("0.5")) for n in (1, 2, 3)]
    each = Bubble("a", "USD", Decimal(2), Decimal("0.5"), 9, trail=[*days, TrailDay(date(2026, 11, 4), None, None)])
    steps = drawn(parsed(scatter_chart(scatter(each))), "data-time")
    assert [step.attrib["data-time"] for step in steps] == ["2026-11-01", "2026-11-02", "2026-11-03"]
