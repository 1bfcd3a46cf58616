"""Values as people read them, by Grafana's names of units."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

# From how many seconds on a span is told in a unit, and that unit's length.
_SPANS: Final = (
    (172_800, 86_400, "d"),
    (3_600, 3_600, "h"),
    (60, 60, "min"),
    (1, 1, "s"),
    (0.001, 0.001, "ms"),
)
_SIZES: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def shown(value: Any, unit: str = "none") -> str:
    """Text as it is, a time without its fraction, a number in its unit."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%d %b}" if value == value.replace(hour=0, minute=0, second=0) else f"{value:%d %b %H:%M:%S}"
    if isinstance(value, str):
        return value
    return _UNITS[unit](float(value))


def span(seconds: float) -> str:
    """0.25 is 250 ms, 5400 is 1.5 h."""
    if seconds < 0:
        return f"-{span(-seconds)}"
    for least, length, name in _SPANS:
        if seconds >= least:
            return f"{_round(seconds / length)} {name}"
    return "0"


def size(number: float) -> str:
    """1500 is 1.5 k."""
    for limit, name in _SIZES:
        if abs(number) >= limit:
            return f"{_round(number / limit)} {name}"
    return _round(number)


def _round(number: float) -> str:
    """Three digits, four behind the point at most; no zeros at the end."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{float(f'{number:.3g}'):.4f}".rstrip("0").rstrip(".")


def _share(number: float) -> str:
    return f"{_round(100 * number)} %"


def _ago(milliseconds: float) -> str:
    return f"{span(round(max(datetime.now(UTC).timestamp() - milliseconds / 1000, 0)))} ago"


_UNITS: Final[Mapping[str, Callable[[float], str]]] = MappingProxyType(
    {
        "none": _round,
        "string": _round,
        "short": size,
        "s": span,
        "ms": lambda value: span(value / 1000),
        "percentunit": _share,
        "eps": lambda value: f"{size(value)}/s",
        "reqps": lambda value: f"{size(value)}/s",
        "dateTimeFromNow": _ago,
    }
)
