"""Checks the events of a file as ingest does, and says everything that is wrong with them."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from commands.support.json_values import JsonSplitter, JsonValue
from schema.checking import WHOLE, EventChecker, Members, members_of
from schema.decoding import EventDecoder
from schema.event_types import event_type_of
from schema.events import EVENTS, CdrGenerated, ComplianceAudit, DlrInbound, Event, SmsBilled
from schema.fields import by_name
from schema.instants import instant
from schema.problems import BadEventError, Problem

KINDS: Final[Mapping[str, type[Event]]] = {
    "billing": SmsBilled,
    "dlr": DlrInbound,
    "cdr": CdrGenerated,
    "compliance": ComplianceAudit,
}
CHUNK: Final = 1 << 16  # bytes that are read at once
UNKNOWN_TYPE: Final = Problem(
    WHOLE, "missing_field", "No field says which event this is.", f"Name its type: --type {'|'.join(KINDS)}."
)


@dataclass(frozen=True, slots=True)
class CheckedEvent:
    """An event of a file, with everything that is wrong with it. `notes`: what is probably a mistake, but counted.

    `type` and `id` are None if they are not known. `is_event`: False for a problem of the file itself.
    """

    line: int
    text: bytes
    type: type[Event] | None
    id: str | None
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    is_event: bool = True


class FileChecker:
    """Checks the events of one file, all of one `kind` if it is given."""

    def __init__(self, kind: str | None) -> None:
        self._type = KINDS[kind] if kind is not None else None
        self._splitter = JsonSplitter()
        self._decoders: Mapping[type[Event], EventDecoder[Any]] = {each: EventDecoder(each) for each in EVENTS}
        self._checkers: Mapping[type[Event], EventChecker[Any]] = {each: EventChecker(each) for each in EVENTS}

    def feed(self, chunk: bytes) -> Iterator[CheckedEvent]:
        """The events that end in this chunk; an empty one is the end of the file."""
        for value in self._splitter.feed(chunk) if chunk else self._splitter.end():
            yield self._checked(value)

    def _checked(self, value: JsonValue) -> CheckedEvent:
        if value.fault is not None:
            problem = Problem(WHOLE, "not_json", value.fault)
            return CheckedEvent(value.line, b"", None, None, (problem,), is_event=not value.is_list)
        try:
            members = members_of(value.text)
        except BadEventError as error:
            return CheckedEvent(value.line, value.text, self._type, None, error.problems)
        type_ = self._type or event_type_of(members)
        if type_ is None:
            return CheckedEvent(value.line, value.text, None, None, (UNKNOWN_TYPE,))
        try:
            event = self._decoders[type_].decode(value.text, None, instant(datetime.now(UTC))).event
        except BadEventError as error:
            return CheckedEvent(value.line, value.text, type_, _id(members), error.problems)
        ignored = self._checkers[type_].ignored(members)
        notes = tuple(f"{written} is ignored. Did you mean {name}?" for name, written in ignored.items())
        return CheckedEvent(value.line, value.text, type_, event.event_id, (), notes)


def _id(members: Members) -> str | None:
    """The event's id, if it has a good one."""
    try:
        id_: str = by_name(Event)["eventId"].read(members["eventId"])
    except (KeyError, ValueError):
        return None
    return id_


def read(file: int) -> Iterator[bytes]:
    """The bytes of an open file, in chunks of any size; an empty one at its end."""
    while chunk := os.read(file, CHUNK):
        yield chunk
    yield b""
