"""Masks bad events. Keeps values that the contract allows in their field, unless they may be phone numbers."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schema.events import Event
from schema.fields import by_name
from schema.phone_numbers import MASK, may_be_phone_number

MASKED_FIELDS: Final = "maskedFields"  # holds the number of fields that the contract does not name
KEPT_TEXT: Final = 1024  # bytes of a message that is not a JSON object


class EventMask:
    """Masks events of one type."""

    def __init__(self, event: type[Event]) -> None:
        self._fields = by_name(event)

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
            name: value if self._shows(name, value) else MASK for name, value in event.items() if name in self._fields
        }

    def _shows(self, name: str, value: Any) -> bool:
        """Whether the value may be kept. Lists and objects may not: they could hide anything."""
        if value is None:
            return True
        return (
            isinstance(value, (str, int, float))
            and self._fields[name].fits(value)
            and not may_be_phone_number(str(value))
        )
