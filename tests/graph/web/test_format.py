"""Values are written as people read them, and carry the API's exact value."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from graph.web import format as written
from tests.graph.support.pages import PageText

KABUL = ZoneInfo("Asia/Kabul")
TIME = datetime(2026, 11, 29, 20, 0, 5, tzinfo=UTC)


def read(html: Markup) -> tuple[str, str]:
    """The exact value, and the text."""
    shown = PageText(html)
    (value,) = (value for _, name, value in shown.attributes if name in {"data-value", "data-change"})
    return value, "".join(shown.texts)


@pytest.mark.parametrize(
    ("html", "value", "text"),
    [
        (written.count(1234567), "1234567", "1,234,567"),
        (written.count(-3), "-3", "-3"),
        (written.rate(0.9713), "0.9713", "97.13%"),
        (written.rate(1.0), "1.0", "100.00%"),
        (written.rate(0.0), "0.0", "0.00%"),
        (written.rate(0.0001), "0.0001", "0.01%"),
        (written.milliseconds(2345), "2345", "2,345ms"),
        (written.seconds(12.4), "12.4", "12s"),
        (written.seconds(119.0), "119.0", "119s"),
        (written.seconds(7300.0), "7300.0", "2h"),
        (written.money("1234567.890123", "USD"), "1234567.890123", "1,234,567.890123USD"),
        (written.money("-0.000001", "AFN"), "-0.000001", "-0.000001AFN"),
        (written.money("99999999999999999999.000000", "USD"), "99999999999999999999.000000",
         "99,999,999,999,999,999,999.000000USD"),
        (written.moment(TIME, UTC), "2026-11-29T20:00:05Z", "29 Nov 2026, 20:00:05"),
        (written.moment(TIME, KABUL), "2026-11-29T20:00:05Z", "30 Nov 2026, 00:30:05"),
        (written.hour(TIME, KABUL), "2026-11-29T20:00:05Z", "30 Nov 2026, 00:30"),
        (written.day(date(2026, 1, 2)), "2026-01-02", "2 Jan 2026"),
        (written.difference(0.9713, 0.9601), "0.0112", "+1.12 points"),
        (written.difference(0.1, 0.3), "-0.2", "\N{MINUS SIGN}20.00 points"),
        (written.growth(1000, 3000, "ms"), "-2000", "\N{MINUS SIGN}2,000 ms"),
    ],
)  # fmt: skip
def test_values(html: Markup, value: str, text: str) -> None:
    assert read(html) == (value, text)


def test_null_is_no_data() -> None:
    nothing = ("null", "no data")
    for html in (
        written.count(None),
        written.rate(None),
        written.milliseconds(None),
        written.seconds(None),
        written.money(None, "USD"),
        written.moment(None, UTC),
        written.hour(None, UTC),
        written.day(None),
    ):
        assert read(html) == nothing
    assert written.difference(None, 0.5) == written.growth(1, None) == ""


@given(st.integers(0, 10_000))
def test_a_rate_is_written_exactly(ten_thousandths: int) -> None:
    value, text = read(written.rate(ten_thousandths / 10_000))
    assert float(value) == ten_thousandths / 10_000
    whole, hundredths = divmod(ten_thousandths, 100)
    assert text == f"{whole}.{hundredths:02}%"


@given(st.text())
def test_text_is_escaped(text: str) -> None:
    for html in (written.prose(text), written.money("1.000000", text), written.growth(1, 2, text)):
        shown = PageText(html)
        assert set(shown.tags) <= {"span", "code", "bdi"}
        assert "<" not in text or "&lt;" in html
