"""What of a bad event may be kept: values that the contract allows in their field, unless one may be a phone number."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schema.decoding import fitting
from schema.events import Event

MASK: Final = "***"
MASKED_FIELDS: Final = "maskedFields"  # how many fields the contract does not name
KEPT_TEXT: Final = 1024  # of a message that is not a JSON object

# Digits enough for a phone number, as far as ids and amounts can hold one, with what people write between them.
_DIGITS: Final = re.compile(r"[0-9](?:[_.:-]{0,3}[0-9]){8,}")
# What has as many digits and is none: UUIDs, other hexadecimal ids, amounts of less than 9 digits, times.
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
    """Masks what an event of one type must not show."""

    def __init__(self, event: type[Event]) -> None:
        self._fits = fitting(event)

    def masked(self, data: bytes) -> Any:
        """The event: known fields, each with its value or `MASK`, and the number of the others.

        A message that is no JSON object has no fields to tell apart: only its punctuation is kept, as a string.
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
        """What `masked` makes of what an earlier release kept."""
        if not isinstance(event, dict):
            return re.sub(r"\w", "*", str(event))
        hidden = event.get(MASKED_FIELDS)
        return self._kept(event) | ({MASKED_FIELDS: hidden} if isinstance(hidden, int) else {})

    def _kept(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value if self._shows(name, value) else MASK for name, value in event.items() if name in self._fits
        }

    def _shows(self, name: str, value: Any) -> bool:
        """A container could hide anything, so only its kind is told."""
        if value is None:
            return True
        return isinstance(value, (str, int, float)) and self._fits[name](value) and not _may_be_phone_number(str(value))


def _may_be_phone_number(text: str) -> bool:
    return _DIGITS.search(_NO_NUMBER.sub("", text)) is not None


def without_phone_numbers(text: str) -> str:
    """Prose, such as an engine's message that may quote values, with masks for what may be phone numbers."""
    return _IN_PROSE.sub(MASK, text)
