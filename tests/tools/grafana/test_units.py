"""Values as people read them."""

from datetime import UTC, datetime

import pytest

from tools.grafana.units import shown


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "s", "0"),
        (0.25, "s", "250 ms"),
        (90, "s", "1.5 min"),
        (10_800, "s", "3 h"),
        (100_800, "s", "28 h"),
        (604_800, "s", "7 d"),
        (-2, "s", "-2 s"),
        (1500, "ms", "1.5 s"),
        (0.0001, "percentunit", "0.01 %"),
        (0.9571, "percentunit", "95.7 %"),
        (1, "percentunit", "100 %"),
        (12_345, "short", "12.3 k"),
        (7, "short", "7"),
        (2.5, "eps", "2.5/s"),
        (0.0294, "none", "0.0294"),
        (365_700, "none", "365700"),
        (None, "none", "-"),
        ("365700.000000", "none", "365700.000000"),
        (datetime(2026, 11, 22, tzinfo=UTC), "none", "22 Nov"),
        (datetime(2026, 11, 22, 5, 4, 3, 999, tzinfo=UTC), "none", "22 Nov 05:04:03"),
    ],
)
def test_shown(value: object, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_an_instant_is_so_long_ago() -> None:
    then = datetime.now(UTC).timestamp() - 7200
    assert shown(1000 * then, "dateTimeFromNow") == "2 h ago"
