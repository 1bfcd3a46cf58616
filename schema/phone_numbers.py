"""Recognises what may be a phone number, so that nothing which may be one is stored, logged or shown."""

import re
from typing import Final

MASK: Final = "***"

# Enough digits for a phone number, with the separators that ids and amounts allow between them.
_DIGITS: Final = re.compile(r"[0-9](?:[_.:-]{0,3}[0-9]){8,}")
# Values with as many digits that are no phone numbers: UUIDs, other hexadecimal ids, amounts below 9 digits, times.
_NO_NUMBER: Final = re.compile(
    r"""
      \b [0-9a-f]{8} (?:-[0-9a-f]{4}){3} - [0-9a-f]{12} \b
    | \b (?=[0-9]*[a-f]) [0-9a-f]{16,} \b
    | \A [0-9]{1,8} \. [0-9]{1,6} \Z
    | \A [0-9]{4}-[0-9]{2}-[0-9]{2} T [0-9]{2}:[0-9]{2}:[0-9]{2} (?:\.[0-9]{1,9})? (?:Z|[+-][0-9]{2}:[0-9]{2}) \Z
    """,
    re.VERBOSE | re.IGNORECASE,
)
_IN_PROSE: Final = re.compile(r"\+[0-9][0-9 ().-]{6,}[0-9]|[0-9]{9,}")


def may_be_phone_number(text: str) -> bool:
    return _DIGITS.search(_NO_NUMBER.sub("", text)) is not None


def without_phone_numbers(text: str) -> str:
    """The text, such as an engine's message that may quote values, with possible phone numbers masked."""
    return _IN_PROSE.sub(MASK, text)
