"""Decodes a message's bytes into an event, or into everything that is wrong with it. Pure: no I/O."""

import re
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from schema.checking import EventChecker
from schema.events import Event
from schema.fields import fields_of
from schema.instants import NANOSECONDS, parse_instant
from schema.values import MAX_AGE, MAX_AHEAD, is_id

E = TypeVar("E", bound=Event)


class Stamped(Struct, Generic[E], frozen=True, gc=False):
    """An event, its event time `at` as an instant, and when its stream `stored` it, in nanoseconds since 1970.

    A stream stores no two messages in one nanosecond: the copy with the lowest `stored` was first.
    """

    event: E
    at: int
    stored: int


class EventDecoder(Generic[E]):
    """Decodes one event type: good events fast, in one pass; all others by an EventChecker, which has the last word."""

    def __init__(self, event: type[E]) -> None:
        self._decoder = msgspec.json.Decoder(event)
        self._checker = EventChecker(event)
        self._time_field = event.time_field
        self._texts_match = _TextFields(event).match
        self._lists = tuple(
            (each.attribute, _TextFields(each.item).match) for each in fields_of(event) if each.item is not None
        )

    def decode(self, data: bytes, tenant: str | None, arrived: int, nanoseconds: int = 0) -> Stamped[E]:
        """The event in `data`. Raises BadEventError if it cannot be counted.

        `tenant`: the value of the header; used if the event itself names none. `arrived`: the instant at which the
        stream stored the message, plus `nanoseconds` below a microsecond. Event times are compared with it, not with
        the clock, so that a redelivery has the same result.
        """
        event = self._decoded(data)
        at = 0 if event is None else parse_instant(getattr(event, self._time_field))
        if event is None or not arrived - MAX_AGE <= at <= arrived + MAX_AHEAD:
            event = self._checker.event(data, tenant, arrived)
            at = parse_instant(getattr(event, self._time_field))
        if tenant is not None and getattr(event, "tenant_id", "") is None:
            if not is_id(tenant):
                self._checker.event(data, tenant, arrived)  # raises
            event = msgspec.structs.replace(event, tenant_id=tenant)
        return Stamped(event, at, arrived * NANOSECONDS + nanoseconds)

    def _decoded(self, data: bytes) -> E | None:
        """The event, if msgspec accepts it and all its texts match."""
        try:
            if not data.isascii():
                data.decode()  # msgspec does not validate the strings that it skips
            event = self._decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if not self._texts_match(event):
            return None
        for attribute, match in self._lists:
            if not all(map(match, getattr(event, attribute))):
                return None
        return event


class _TextFields:
    """Checks all text fields of a struct with one regular expression."""

    def __init__(self, struct: type[Struct]) -> None:
        patterns = {each.attribute: each.pattern for each in fields_of(struct) if each.pattern is not None}
        self._of: Final = attrgetter(*patterns)
        # Joined by line breaks, which no pattern matches.
        self._all: Final = re.compile("\n".join(f"(?:{pattern})?+" for pattern in patterns.values()))

    def match(self, value: Any) -> bool:
        return self._all.fullmatch("\n".join([text or "" for text in self._of(value)])) is not None
