"""Descriptions of charts."""

from graph.web.charts import PERCENT, Quality, Series, reading
from graph.web.charts.sentences import described, drawn_series, emptiness, words_of
from tests.graph.support.pictures import counts, time_chart


def test_a_description_says_the_finding() -> None:
    rates = [reading(0.97), reading(None), reading(0.911), reading(0.98, Quality.PARTIAL, Quality.PROVISIONAL)]
    chart = time_chart(Series("MNO-K", rates), Series("MNO-R", [reading(None)] * 4), unit=PERCENT)
    assert described(chart, ["A note."]).replace("\u00a0", " ") == (
        "Mon 23 Nov 2026 to Thu 26 Nov 2026 (UTC). "
        "MNO-K: last 98.00 % on Thu 26 Nov 2026 (partial, provisional); lowest 91.10 % on Wed 25 Nov 2026; "
        "highest 98.00 % on Thu 26 Nov 2026 (partial, provisional); 1 without a value. "
        "MNO-R: no values. A note."
    )


def test_one_value_and_equal_values() -> None:
    assert described(time_chart(counts("a", 7))) == "Mon 23 Nov 2026 (UTC). a: last 7 on Mon 23 Nov 2026."
    assert described(time_chart(counts("a", 7, 7))).endswith("a: last 7 on Tue 24 Nov 2026; the same in all 2 values.")


def test_emptiness() -> None:
    assert emptiness(time_chart(counts("a", None, 0))) is None
    assert emptiness(time_chart(counts("a", None))) == "No values in this window."
    suppressed = Series("a", [reading(None, Quality.SUPPRESSED)])
    assert emptiness(time_chart(suppressed)) == "Too few messages in this window to show figures."


def test_drawn_series_keep_the_period_before_of_each_name() -> None:
    series = [counts(f"s{number}", 1, before=before) for number in range(10) for before in (False, True)]
    assert [each.name for each in drawn_series(time_chart(*series))] == [f"s{number // 2}" for number in range(16)]


def test_words_stand_in_the_order_of_the_qualities() -> None:
    assert words_of(frozenset({Quality.LOW_SAMPLE, Quality.PARTIAL})) == "partial, low sample"
    assert words_of(frozenset()) == ""
