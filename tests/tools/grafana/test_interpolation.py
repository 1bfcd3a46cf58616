"""Variables and macros are filled in as in Grafana."""

from datetime import UTC, datetime, timedelta

import pytest

from tools.grafana import interpolation
from tools.grafana.interpolation import All, Choices, Window

START = datetime(2026, 11, 15, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=7), timedelta(hours=2))
CHOICES: Choices = {"mno": ["AWCC"], "lane": ["OTP", "it's"], "prefix": All("'*'"), "job": ["anlyt", "anlyt-api"]}
FROM, TO = int(START.timestamp()), int(WINDOW.end.timestamp())


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("$__timeFilter(hour)", f"hour >= toDateTime({FROM}) AND hour <= toDateTime({TO})"),
        ("$__fromTime - 1, $__toTime", f"toDateTime({FROM}) - 1, toDateTime({TO})"),
        ("$__timeInterval(hour)", "toStartOfInterval(toDateTime(hour), INTERVAL 7200 second)"),
        ("${mno:singlequote}", "'AWCC'"),
        ("in (${lane:singlequote})", "in ('OTP','it\\'s')"),
        ("in (${prefix:singlequote})", "in ('*')"),
    ],
)
def test_clickhouse_macros_and_variables(text: str, filled: str) -> None:
    assert interpolation.clickhouse(text, WINDOW, CHOICES) == filled


def test_postgresql_macros() -> None:
    filled = interpolation.postgres("$__timeFilter(day)", WINDOW, CHOICES)
    assert filled == "day BETWEEN '2026-11-15T00:00:00Z' AND '2026-11-22T00:00:00Z'"


def test_prometheus_macros_and_variables() -> None:
    filled = interpolation.promql('rate(a{job=~"$job"}[$__rate_interval])', WINDOW, CHOICES)
    assert filled == 'rate(a{job=~"anlyt|anlyt-api"}[7215s])'


def test_a_rate_interval_spans_four_scrapes_at_least() -> None:
    short = Window(START, START + timedelta(minutes=5), timedelta(seconds=1))
    assert interpolation.promql("[$__rate_interval]", short, {}) == "[60s]"


@pytest.mark.parametrize("text", ["$__timeGroup(a, '1h')", "$nobody", "${nobody:singlequote}"])
def test_an_unknown_macro_or_variable_is_an_error(text: str) -> None:
    with pytest.raises(KeyError):
        interpolation.clickhouse(text, WINDOW, CHOICES)
