"""Decodes a message's bytes into an event, or into everything that is wrong with it. Pure: no I/O."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from schema.checking import EventChecker
from schema.events import Event
from schema.fields import fields_of
from schema.instants import NANOSECONDS, parse_instant
from schema.problems import BadEventError
from schema.values import MAX_AGE, MAX_AHEAD, is_id

E = TypeVar("E", bound=Event)
TOGETHER: Final = 1000  # events whose texts are checked together: more do not fit into a core's cache


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
        self._texts = _TextFields(event)
        self._lists = tuple(
            (each.attribute, _TextFields(each.item)) for each in fields_of(event) if each.item is not None
        )

    def decode(self, data: bytes, tenant: str | None, arrived: int, nanoseconds: int = 0) -> Stamped[E]:
        """The event in `data`. Raises BadEventError if it cannot be counted.

        `tenant`: the value of the header; used if the event itself names none. `arrived`: the instant at which the
        stream stored the message, plus `nanoseconds` below a microsecond. Event times are compared with it, not with
        the clock, so that a redelivery has the same result.
        """
        [event] = self.decode_all([data], [tenant], [arrived * NANOSECONDS + nanoseconds])
        if isinstance(event, BadEventError):
            raise event
        return event

    def decode_all(
        self, messages: Sequence[bytes], tenants: Sequence[str | None], stored: Sequence[int]
    ) -> list[Stamped[E] | BadEventError]:
        """What `decode` returns or raises for each message. `stored`: when the stream stored them, in nanoseconds.

        Texts of a batch are checked together, column by column: alone, they would cost more than the rest of decoding.
        """
        events = [self._accepted(data) for data in messages]
        parts = (events[first : first + TOGETHER] for first in range(0, len(events), TOGETHER))
        matching = chain.from_iterable(map(self._matching, parts))
        return [
            self._stamped(event, at, tenant) or self._checked(data, tenant, at)
            for event, data, tenant, at in zip(matching, messages, tenants, stored, strict=True)
        ]

    def _stamped(self, event: E | None, stored: int, tenant: str | None) -> Stamped[E] | None:
        """The event of a good message; None if the checker has to decide."""
        if event is None:
            return None
        at, arrived = parse_instant(getattr(event, self._time_field)), stored // NANOSECONDS
        if not arrived - MAX_AGE <= at <= arrived + MAX_AHEAD:
            return None
        if tenant is not None and getattr(event, "tenant_id", "") is None:
            if not is_id(tenant):
                return None
            event = msgspec.structs.replace(event, tenant_id=tenant)
        return Stamped(event, at, stored)

    def _checked(self, data: bytes, tenant: str | None, stored: int) -> Stamped[E] | BadEventError:
        try:
            event = self._checker.event(data, tenant, stored // NANOSECONDS)
        except BadEventError as error:
            return error
        if tenant is not None and getattr(event, "tenant_id", "") is None:
            event = msgspec.structs.replace(event, tenant_id=tenant)
        return Stamped(event, parse_instant(getattr(event, self._time_field)), stored)

    def _accepted(self, data: bytes) -> E | None:
        try:
            if not data.isascii():
                data.decode()  # msgspec does not validate the strings that it skips
            return self._decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def _matching(self, events: list[E | None]) -> list[E | None]:
        """The events, None for those with a text that does not match: found by halving."""
        if self._match([event for event in events if event is not None]):
            return events
        if len(events) == 1:
            return [None]
        middle = len(events) // 2
        return [*self._matching(events[:middle]), *self._matching(events[middle:])]

    def _match(self, events: Sequence[E]) -> bool:
        return self._texts.match(events) and all(
            texts.match(list(chain.from_iterable(getattr(event, attribute) for event in events)))
            for attribute, texts in self._lists
        )


class _TextFields:
    """Checks the text fields of many structs, each column with one regular expression."""

    def __init__(self, struct: type[Struct]) -> None:
        self._patterns: Final = tuple(
            None if each.pattern is None else re.compile(rf"(?:(?:{each.pattern})\n)*") for each in fields_of(struct)
        )

    def match(self, structs: Iterable[Struct]) -> bool:
        """Whether every text matches the pattern of its field as a whole."""
        columns = zip(*map(msgspec.structs.astuple, structs), strict=True)
        return all(
            pattern is None or _lines_match(pattern, {*column} - {None})
            for pattern, column in zip(self._patterns, columns, strict=False)  # no columns without structs
        )


def _lines_match(pattern: "re.Pattern[str]", texts: Collection[str]) -> bool:
    """Whether `pattern` matches these texts, each as a line. A text that has a line break itself does not match."""
    lines = "\n".join([*texts, ""])
    return lines.count("\n") == len(texts) and pattern.fullmatch(lines) is not None
