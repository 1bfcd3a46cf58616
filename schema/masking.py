"""Masks bad events. Keeps values that the contract allows in their field, unless they may be phone numbers."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schema.decoding import field_checks
from schema.events import Event

MASK: Final = "***"
MASKED_FIELDS: Final = "maskedFields"  # holds the number of fields that the contract does not name
KEPT_TEXT: Final = 1024  # bytes of a message that is not a JSON object

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


class EventMask:
    """Masks events of one type."""

    def __init__(self, event: type[Event]) -> None:
        self._fits = field_checks(event)

    def masked(self, data: bytes) -> Any:
        """The known fields, each with its value or `MASK`, and the number of the others.

        Keeps only the punctuation of a message that is not a JSON object, as a string.
        """
        try:
            event = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            event = None
        if not isinstance(event, dict):
            return re.sub(r"\w", "*", data[:KEPT_TEXT].decode(errors="replace"))
        kept = self._kept(event)
        hidden = len(event) - len(kept)
        return kept | ({MASKED_FIELDS: hidden} if hidden else {})

    def masked_again(self, event: Any) -> Any:
        """Masks an already masked event again: an earlier release may have masked less."""
        if not isinstance(event, dict):
            return re.sub(r"\w", "*", str(event))
        hidden = event.get(MASKED_FIELDS)
        return self._kept(event) | ({MASKED_FIELDS: hidden} if isinstance(hidden, int) else {})

    def _kept(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value if self._shows(name, value) else MASK for name, value in event.items() if name in self._fits
        }

    def _shows(self, name: str, value: Any) -> bool:
        """Whether the value may be kept. Lists and objects may not: they could hide anything."""
        if value is None:
            return True
        return isinstance(value, (str, int, float)) and self._fits[name](value) and not _may_be_phone_number(str(value))


def _may_be_phone_number(text: str) -> bool:
    return _DIGITS.search(_NO_NUMBER.sub("", text)) is not None


def without_phone_numbers(text: str) -> str:
    """The text, such as an engine's message that may quote values, with possible phone numbers masked."""
    return _IN_PROSE.sub(MASK, text)
