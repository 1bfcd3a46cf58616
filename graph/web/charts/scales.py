"""Linear scales and round ticks for values. Computed in decimals: order is kept for 28 digits, ticks are exact. Pure.

Ticks are Paul S. Heckbert's "Nice Numbers for Graph Labels" (Graphics Gems, 1990): steps of 1, 2 or 5 times a power
of ten, and an axis that ends at multiples of its step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from graph.web.charts.units import Kind, Unit

_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_NARROWEST: Final = Decimal("1e-9")  # of the largest value; a narrower range counts as one value
_NARROWEST_RATES: Final = Decimal("0.01")  # a domain of rates shows at least one percentage point
_FAR_FROM_ZERO: Final = 3  # rates whose range is below a third of their largest value are drawn without zero


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from `low` to `high` to positions from `start` to `end`."""

    low: Decimal
    high: Decimal
    start: float
    end: float

    def __call__(self, value: Decimal) -> float:
        """The position of a value; a value of the domain lies between `start` and `end`."""
        return self.at(_share(value, self.low, self.high))

    def at(self, share: float) -> float:
        """The position of a value whose share of the way from `low` to `high` is known."""
        return self.start + (self.end - self.start) * share


@dataclass(frozen=True, slots=True)
class Axis:
    """The ticks of an axis; its domain goes from the first to the last."""

    ticks: tuple[Decimal, ...]
    unit: Unit

    @property
    def truncated(self) -> bool:
        """Whether the axis leaves zero out."""
        return self.ticks[0] > 0

    def share(self, value: Decimal) -> float:
        """Which share of the way from the first to the last tick a value lies at; pictures of any size share it."""
        return _share(value, self.ticks[0], self.ticks[-1])

    def scale(self, start: float, end: float) -> Scale:
        """The scale that puts the first tick at `start` and the last at `end`."""
        return Scale(self.ticks[0], self.ticks[-1], start, end)


def axis(values: Sequence[Decimal], unit: Unit, count: int = 5) -> Axis:
    """An axis with about `count` ticks that covers the values. It includes zero, unless rates lie far from it."""
    low, high = _domain(values, unit)
    step = nice_step((high - low) / (count - 1))
    if unit.kind is Kind.COUNT:
        step = max(step, _ONE)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    ticks = tuple((first + number) * step for number in range(int(last - first) + 1))
    if unit.kind is Kind.PERCENT and low >= _ZERO and high <= _ONE:
        ticks = tuple(tick for tick in ticks if _ZERO <= tick <= _ONE)
    return Axis(ticks, unit)


def _share(value: Decimal, low: Decimal, high: Decimal) -> float:
    return float((value - low) / (high - low))


def nice_step(rough: Decimal) -> Decimal:
    """The number of 1, 2, 5 or 10 times a power of ten that is nearest to a positive number (Heckbert's `nicenum`)."""
    power = _ONE.scaleb(rough.adjusted())
    fraction = rough / power
    for limit, nice in (("1.5", 1), ("3", 2), ("7", 5)):
        if fraction < Decimal(limit):
            return nice * power
    return 10 * power


def _domain(values: Sequence[Decimal], unit: Unit) -> tuple[Decimal, Decimal]:
    """The lowest and the highest value to cover; never equal."""
    if not values:
        return _ZERO, _ONE
    low, high = min(values), max(values)
    if unit.kind is Kind.PERCENT and (high - low) * _FAR_FROM_ZERO < high and low > 0:
        missing = max(_NARROWEST_RATES - (high - low), _ZERO) / 2
        return max(low - missing, _ZERO), (high + missing if high > _ONE else min(high + missing, _ONE))
    low, high = min(low, _ZERO), max(high, _ZERO)
    return (low, high) if high - low > abs(high) * _NARROWEST and high > low else (low, low + _ONE)
