"""Money: integer millionths inside, decimal strings with six decimals outside. Exact, for any size and sign."""

from decimal import Decimal
from typing import Final

DECIMALS: Final = 6
MILLION: Final = 10**DECIMALS
MONEY_PATTERN: Final = r"^-?[0-9]+\.[0-9]{6}$"


def money(millionths: int) -> str:
    """The text of an amount: -12500 -> "-0.012500"."""
    whole, fraction = divmod(abs(millionths), MILLION)
    return f"{'-' if millionths < 0 else ''}{whole}.{fraction:06d}"


def decimal(millionths: int) -> Decimal:
    """The amount as a Decimal with six decimals, whatever the precision of the decimal context."""
    return Decimal(money(millionths))


def parse_money(amount: str) -> int:
    """The millionths of a text with up to six decimals: "-0.0125" -> -12500."""
    whole, _, fraction = amount.partition(".")
    return int(whole + fraction.ljust(DECIMALS, "0"))


def millionths(amount: Decimal) -> int:
    """The millionths of an amount with up to six decimals."""
    return parse_money(f"{amount:f}")
