"""What of a bad event may be kept: the fields that the contract names; everything else loses its values."""

import re
from collections.abc import Set
from typing import Any, Final

import msgspec

MASK: Final = "***"
KEPT_CHARACTERS: Final = 256  # of one value; a whole event has some 15 values
KEPT_TEXT: Final = 1024  # of a message that is not a JSON object


def masked(data: bytes, known: Set[str]) -> Any:
    """The event with the values of unknown fields masked and long values cut.

    A message that is no JSON object has no fields to tell apart: only its punctuation is kept, as a string.
    """
    try:
        event = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        event = None
    if not isinstance(event, dict):
        return re.sub(r"\w", "*", data[:KEPT_TEXT].decode(errors="replace"))
    kept = {name: _scalar(value) for name, value in event.items() if name in known}
    hidden = sum(1 for name in event if name not in known)
    return kept | ({"maskedFields": hidden} if hidden else {})


def _scalar(value: Any) -> Any:
    """A known field's value; a container in its place could hide anything, so only its kind is told."""
    match value:
        case str():
            return value[:KEPT_CHARACTERS]
        case dict() | list():
            return MASK
        case _:
            return value
