"""Units, and values as text. `exact` and `value_text` never round; `tick_text` is for round values of axes."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from typing import Final

MINUS: Final = "\u2212"
SPACE: Final = "\u00a0"  # between a number and its unit: no line break there
NO_VALUE: Final = "no data"
_HUNDRED: Final = 2  # the exponent of 100
_CENTS: Final = 2  # decimals of money and of per cents, at least
# From which size on a prefix is used, what it stands for, and the prefix.
_PREFIXES: Final = ((10**12, 10**12, "tn"), (10**9, 10**9, "bn"), (10**6, 10**6, "M"), (10**4, 10**3, "k"))
_HUGE: Final = 10**16
_SECOND: Final = 1000  # ms


class Kind(Enum):
    """What a number counts."""

    COUNT = auto()
    PERCENT = auto()
    MONEY = auto()
    DURATION = auto()


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of an axis. Values of PERCENT are ratios from 0 to 1; values of DURATION are milliseconds."""

    kind: Kind
    currency: str = ""

    @property
    def name(self) -> str:
        """What stands beside an axis whose ticks do not say their unit; "" for the others."""
        return self.currency


COUNT: Final = Unit(Kind.COUNT)
PERCENT: Final = Unit(Kind.PERCENT)
DURATION: Final = Unit(Kind.DURATION)


def money_in(currency: str) -> Unit:
    """Amounts in one currency."""
    return Unit(Kind.MONEY, currency)


def exact(value: Decimal) -> str:
    """The value as the API writes it, without an exponent."""
    return f"{value:f}"


def value_text(value: Decimal | None, unit: Unit) -> str:
    """A value for people, exact: only zeros at its end are left out."""
    if value is None:
        return NO_VALUE
    match unit.kind:
        case Kind.COUNT:
            return _grouped(value)
        case Kind.PERCENT:
            return f"{_with_cents(value.scaleb(_HUNDRED))}{SPACE}%"
        case Kind.MONEY:
            return f"{_with_cents(value)}{SPACE}{unit.currency}"
        case Kind.DURATION:
            return f"{_grouped(value)}{SPACE}ms"


@lru_cache(maxsize=256)  # one axis needs them several times
def tick_texts(ticks: tuple[Decimal, ...], unit: Unit) -> tuple[str, ...]:
    """The texts of an axis: one prefix and as many decimals for all of its ticks."""
    largest = max((abs(tick) for tick in ticks), default=Decimal(0))
    if largest >= _HUGE:
        return tuple("0" if tick == 0 else f"{_trimmed(tick).normalize():e}".replace("-", MINUS) for tick in ticks)
    divisor, suffix = _scale(largest, unit)
    scaled = [_trimmed(tick.scaleb(_HUNDRED) if unit.kind is Kind.PERCENT else tick / divisor) for tick in ticks]
    places = max((-_exponent(each) for each in scaled), default=0)
    quantum = Decimal(1).scaleb(-max(places, 0))
    texts = [f"{_grouped(_at_least(each, quantum))}{suffix}" for each in scaled]
    return tuple(
        "0" if tick == 0 and unit.kind is not Kind.PERCENT else text for tick, text in zip(ticks, texts, strict=True)
    )


def _scale(largest: Decimal, unit: Unit) -> tuple[Decimal, str]:
    if unit.kind is Kind.PERCENT:
        return Decimal(1), f"{SPACE}%"
    if unit.kind is Kind.DURATION:
        return (Decimal(_SECOND), f"{SPACE}s") if largest >= _SECOND else (Decimal(1), f"{SPACE}ms")
    return next(
        ((Decimal(divisor), f"{SPACE}{prefix}") for size, divisor, prefix in _PREFIXES if largest >= size),
        (Decimal(1), ""),
    )


def _grouped(value: Decimal) -> str:
    return f"{value:,f}".replace("-", MINUS)


def _with_cents(value: Decimal) -> str:
    """Grouped, with at least 2 decimals and no other zeros at their end."""
    whole, _, decimals = _grouped(value).partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(_CENTS, '0')}"


def _trimmed(value: Decimal) -> Decimal:
    """Without zeros at the end of its decimals. Exact for any number of digits, unlike Decimal.normalize."""
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".")) if "." in text else value


def _at_least(value: Decimal, quantum: Decimal) -> Decimal:
    """With at least as many decimals as the quantum; no digit is lost."""
    missing = _exponent(value) - _exponent(quantum)
    text = f"{value:f}"
    return (
        Decimal(f"{text}{'' if '.' in text else '.'}{'0' * missing}")
        if missing > 0 and _exponent(quantum) < 0
        else value
    )


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0
