"""Values as people read them. Each carries the API's exact value in `data-value`, and null is "no data".

Templates use these functions as filters. They return Markup, with all text of theirs escaped.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import cycle
from typing import Final

import msgspec
from markupsafe import Markup, escape

from graph.web.charts.buckets import MONTHS, iso

NO_DATA: Final = "no data"
MONEY_DECIMALS: Final = 2  # those that are read first; the others are shown smaller

_NO_CHANGE: Final = Markup("")


_remembered = lru_cache(maxsize=4096, typed=True)  # the next look at a page has most of these figures again


@_remembered
def count(value: int | None) -> Markup:
    """A whole number: `1,234`."""
    return _NOTHING if value is None else _number(value, f"{value:,}")


@_remembered
def rate(value: float | None) -> Markup:
    """A rate of 4 decimals in per cent: `97.13 %`."""
    return _NOTHING if value is None else _number(repr(value), _with_unit(percent(value), "%"))


def percent(value: float) -> str:
    """A rate of 4 decimals in per cent, without the sign: `97.13`. Exact, because the rate has no more decimals."""
    return f"{_decimal(value) * 100:.2f}"


@_remembered
def milliseconds(value: int | None) -> Markup:
    """A duration: `2,345 ms`."""
    return _NOTHING if value is None else _number(value, _with_unit(f"{value:,}", "ms"))


def seconds(value: float | None) -> Markup:
    """The age of something, in the largest unit that it fills: `12 s`, `3 min`, `2 h`."""
    if value is None:
        return _NOTHING
    units = ((86_400, "days"), (3_600, "h"), (60, "min"), (1, "s"))
    size, unit = next((each for each in units if value >= each[0] * 2), (1, "s"))
    return _number(value, _with_unit(f"{value / size:,.0f}", unit))


def duration(value: float | None) -> Markup:
    """How long something took: `0.31 s`, and from 10 seconds on as `seconds`."""
    return seconds(value) if value is None or value >= 10 else _number(value, _with_unit(f"{value:.2f}", "s"))


@_remembered
def money(value: str | None, currency: str) -> Markup:
    """An amount with all of its decimals: `1,234.567890 USD`."""
    if value is None:
        return _NOTHING
    whole, _, decimals = value.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    major, minor = decimals[:MONEY_DECIMALS], decimals[MONEY_DECIMALS:]
    text = (
        f'{sign}{int(digits):,}.{major}<span class="minor">{minor}</span> <span class="unit">{escape(currency)}</span>'
    )
    return _number(value, Markup(text))  # noqa: S704 -- the amount is a decimal, the currency is escaped


def moment(value: datetime | None, zone: tzinfo) -> Markup:
    """A time in a zone, to the second: `29 Nov 2026, 14:05:09`."""
    return _time(value, zone, "%H:%M:%S")


def hour(value: datetime | None, zone: tzinfo) -> Markup:
    """A time in a zone, to the minute: `29 Nov 2026, 14:00`."""
    return _time(value, zone, "%H:%M")


@_remembered
def day(value: date | None) -> Markup:
    """A date: `29 Nov 2026`."""
    return _NOTHING if value is None else _time_element(value.isoformat(), _date(value))


@_remembered
def difference(now: float | None, before: float | None) -> Markup:
    """The change of a rate since the period before, in percentage points: `+1.20`; empty if one of them is null."""
    if now is None or before is None:
        return _NO_CHANGE
    return _changed(_decimal(now) - _decimal(before), f"{(_decimal(now) - _decimal(before)) * 100:+.2f}", "points")


@_remembered
def growth(now: int | None, before: int | None, unit: str = "") -> Markup:
    """The change of a whole number since the period before: `+120 ms`; empty if one of them is null."""
    if now is None or before is None:
        return _NO_CHANGE
    return _changed(now - before, f"{now - before:+,}", unit)


def fact(value: datetime | str | float | None) -> Markup:
    """A field of a stored fact: exactly its value, and times in UTC."""
    if isinstance(value, datetime):
        return moment(value, UTC)
    return _NOTHING if value is None else _number(value, str(value))


def tojson_attribute(value: Mapping[str, str]) -> str:
    """JSON as the value of an attribute, which the template escapes."""
    return msgspec.json.encode(value).decode()


@lru_cache(maxsize=512)  # a page explains its words with the same few descriptions
def prose(text: str) -> Markup:
    """A description as HTML: `names` in backticks become code."""
    parts = (Markup("<code>{}</code>").format(part) if is_code else escape(part) for part, is_code in _split(text))
    return Markup("").join(parts)


def _split(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a text, and whether each was in backticks."""
    return zip(text.split("`"), cycle((False, True)), strict=False)


def _changed(change: Decimal | int, text: str, unit: str) -> Markup:
    direction = "same" if not change else "up" if change > 0 else "down"
    signed = text.replace("-", "\N{MINUS SIGN}")
    shown = f'<bdi dir="ltr">{escape(signed)} {escape(unit)}</bdi>'  # a sign stays in front, also from right to left
    return Markup(f'<span class="change {direction}" data-change="{change}">{shown}</span>')  # noqa: S704 -- escaped


def _time(value: datetime | None, zone: tzinfo, clock: str) -> Markup:
    if value is None:
        return _NOTHING
    local = value.astimezone(zone)
    return _time_element(iso(value), f"{_date(local)}, {local:{clock}}")


def _time_element(exact: str, text: str) -> Markup:
    return Markup(f'<time datetime="{exact}" data-value="{exact}">{text}</time>')  # noqa: S704 -- digits and months


def _number(exact: str | float | Decimal, shown: str) -> Markup:
    """Not Markup.format, which takes ten times as long: a page has hundreds of numbers."""
    return Markup(f'<span class="number" data-value="{escape(exact)}">{escape(shown)}</span>')  # noqa: S704 -- escaped


def _with_unit(text: str, unit: str) -> Markup:
    return Markup(f'{escape(text)} <span class="unit">{escape(unit)}</span>')  # noqa: S704 -- escaped


def _date(value: date) -> str:
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


_NOTHING: Final = Markup('<span class="number none" data-value="null">{}</span>').format(NO_DATA)

FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    each.__name__: each
    for each in (
        count,
        rate,
        milliseconds,
        seconds,
        duration,
        money,
        moment,
        hour,
        day,
        difference,
        growth,
        fact,
        tojson_attribute,
        prose,
        iso,
    )
}
