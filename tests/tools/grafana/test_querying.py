"""Rows and matrices become series as in Grafana."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tools.grafana.querying import Rows, by_legend, series

ONE = datetime(2026, 11, 22, tzinfo=UTC)
TWO = ONE + timedelta(hours=1)


def test_each_value_of_the_text_columns_is_a_series() -> None:
    table = Rows(["time", "mno", "rate"], [[ONE, "AWCC", 0.5], [ONE, "SALAAM", None], [TWO, "AWCC", Decimal("0.25")]])
    assert series(table) == {"AWCC": [(ONE, 0.5), (TWO, 0.25)]}


def test_without_text_each_number_column_is_a_series() -> None:
    assert series(Rows(["time", "a", "b"], [[ONE, 1, 2.5]])) == {"a": [(ONE, 1.0)], "b": [(ONE, 2.5)]}


def test_values_that_are_not_finite_numbers_are_skipped() -> None:
    assert series(Rows(["time", "a", "day"], [[ONE, float("nan"), date(2026, 11, 22)]])) == {}


def test_rows_out_of_time_order_are_refused() -> None:
    with pytest.raises(ValueError, match="not in time order"):
        series(Rows(["time", "a"], [[TWO, 1], [ONE, 2]]))


def test_series_of_prometheus_are_named_by_their_legend() -> None:
    matrix = [
        {"metric": {"type": "dlr", "result": "counted"}, "values": [[ONE.timestamp(), "2"], [TWO.timestamp(), "NaN"]]}
    ]
    assert by_legend(matrix, "{{type}} {{result}}") == {"dlr counted": [(ONE, 2.0)]}
