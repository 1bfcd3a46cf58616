"""Horizontal bars."""

from graph.web.charts import COUNT, NARROW, WIDE, Quality, Ranked, RankingChart, ranking_chart, reading
from tests.graph.support.pictures import HOSTILE, check_safe, drawn, in_lines, kept_drawing, parsed, texts, view_box


def ranking(*items: Ranked) -> RankingChart:
    return RankingChart("top", "Busiest operators", "Operator", COUNT, items)


def test_a_small_chart_as_text() -> None:
    items = (Ranked("op-1", reading(1200)), Ranked("op-2", reading(300, Quality.PROVISIONAL)))
    assert in_lines(ranking_chart(ranking(*items))) == kept_drawing("ranking")


def test_widths_are_in_proportion_also_below_zero() -> None:
    root = parsed(ranking_chart(ranking(*(Ranked(f"op-{n}", reading(n)) for n in (100, 50, 0, -25)))))
    widths = [float(each.attrib["width"]) for each in drawn(root)]
    assert [round(each / widths[0], 2) for each in widths] == [1.0, 0.5, 0.0, 0.25]
    assert texts(root) == ["op-100", "100", "op-50", "50", "op-0", "0", "op--25", "\u221225"]


def test_rows_beyond_20_are_counted() -> None:
    root = parsed(ranking_chart(ranking(*(Ranked(f"op-{n}", reading(n)) for n in range(25)))))
    assert len(drawn(root)) == 20
    assert texts(root)[-1] == "5 more are only in the table."


def test_suppressed_and_absent_values_are_words() -> None:
    items = (Ranked("a", reading(None, Quality.SUPPRESSED)), Ranked("b", reading(None)))
    root = parsed(ranking_chart(ranking(*items)))
    assert texts(root) == ["a", "suppressed", "b", "no value"]
    assert root.findtext("desc") == "There are no values in this window."


def test_hostile_and_long_names_stay_inside() -> None:
    for size in (WIDE, NARROW):
        root = parsed(ranking_chart(ranking(Ranked(HOSTILE, reading(1)), Ranked("W" * 64, reading(10**40))), size))
        check_safe(root)
        width, _ = view_box(root)
        assert all(0 <= float(each.attrib["x"]) <= width for each in (*root.iter("text"), *root.iter("rect")))


def test_no_items() -> None:
    assert texts(parsed(ranking_chart(ranking()))) == ["Nothing to rank in this window."]
