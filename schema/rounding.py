"""Rounding half up, in integers."""

from typing import Final

RATE_SCALE: Final = 10_000


def half_up(numerator: int, denominator: int) -> int:
    """The nearest integer to a fraction with a positive denominator; a half goes away from zero."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def ratio(part: int, whole: int) -> float | None:
    """`part` / `whole`, rounded half up to 4 decimals; None if `whole` is 0."""
    return half_up(part * RATE_SCALE, whole) / RATE_SCALE if whole > 0 else None
