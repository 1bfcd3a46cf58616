"""Money on the wire: a decimal with six digits behind the point, as text, so that no reader rounds it."""

from typing import Final

MONEY_PATTERN: Final = r"^-?[0-9]+\.[0-9]{6}$"
