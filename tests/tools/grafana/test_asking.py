"""Rows and matrices as Grafana makes lines of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tools.grafana.asking import Table, named, series

ONE = datetime(2026, 11, 22, tzinfo=UTC)
TWO = ONE + timedelta(hours=1)


def test_a_line_for_each_value_of_the_text_columns() -> None:
    table = Table(["time", "mno", "rate"], [[ONE, "AWCC", 0.5], [ONE, "SALAAM", None], [TWO, "AWCC", Decimal("0.25")]])
    assert series(table) == {"AWCC": [(ONE, 0.5), (TWO, 0.25)]}


def test_a_line_for_each_number_where_there_is_no_text() -> None:
    assert series(Table(["time", "a", "b"], [[ONE, 1, 2.5]])) == {"a": [(ONE, 1.0)], "b": [(ONE, 2.5)]}


def test_what_is_no_number_is_no_point() -> None:
    assert series(Table(["time", "a", "day"], [[ONE, float("nan"), date(2026, 11, 22)]])) == {}


def test_rows_that_are_not_in_the_order_of_time_are_refused() -> None:
    with pytest.raises(ValueError, match="not in the order of time"):
        series(Table(["time", "a"], [[TWO, 1], [ONE, 2]]))


def test_series_of_prometheus_are_named_by_their_legend() -> None:
    matrix = [
        {"metric": {"type": "dlr", "result": "counted"}, "values": [[ONE.timestamp(), "2"], [TWO.timestamp(), "NaN"]]}
    ]
    assert named(matrix, "{{type}} {{result}}") == {"dlr counted": [(ONE, 2.0)]}
