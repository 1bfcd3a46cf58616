"""Decodes a message's bytes into an event, or into one sentence that says what is wrong. Pure: no I/O."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct, inspect

from schema.events import Event
from schema.instants import DAY, NANOSECONDS, instant

MAX_AHEAD: Final = DAY
MAX_AGE: Final = 3653 * DAY  # ten years
TENANT_HEADER: Final = "X-Tenant-Id"

Reason = Literal["not_json", "missing_field", "invalid_field", "unsupported_version", "absurd_time"]

E = TypeVar("E", bound=Event)


class Stamped(Struct, Generic[E], frozen=True, gc=False):
    """An event, its event time `at` as an instant, and when its stream `stored` it, in nanoseconds since 1970.

    A stream stores no two messages in one nanosecond: the copy with the lowest `stored` was first.
    """

    event: E
    at: int
    stored: int


class BadEventError(Exception):
    """An event cannot be counted. `reason` is a metric label; the message is one sentence for people."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: Reason = reason


class TextFields:
    """Checks all text fields of a struct with one regular expression."""

    def __init__(self, struct: type[Struct]) -> None:
        patterns = {field.name: pattern for field in _fields(struct) if (pattern := _pattern(field.type))}
        self._names = _wire_names(struct)
        self._patterns = tuple(patterns.items())
        self._of = attrgetter(*patterns)
        # Joined by line breaks, which no pattern matches.
        self._all = re.compile("\n".join(f"(?:{pattern})?+" for pattern in patterns.values()))

    def match(self, value: Struct) -> bool:
        return self._all.fullmatch("\n".join([text or "" for text in self._of(value)])) is not None

    def first_mismatch(self, value: Struct) -> str:
        """The JSON name of the first field that does not match. There must be one."""
        return next(
            self._names[name]
            for name, pattern in self._patterns
            if not re.fullmatch(f"(?:{pattern})?", getattr(value, name) or "")
        )


class EventDecoder(Generic[E]):
    """Decodes one event type."""

    def __init__(self, event: type[E]) -> None:
        self._decoder = msgspec.json.Decoder(event)
        self._time_field = event.time_field
        self._time_name = _wire_names(event)[event.time_field]
        self._allowed = {field.encode_name: _allowed(field.type) for field in _fields(event)}
        self._texts = TextFields(event)
        self._nested = tuple(
            (field.name, field.encode_name, TextFields(item.cls))
            for field in _fields(event)
            if (item := _item(field.type)) is not None
        )

    def decode(self, data: bytes, tenant: str | None, arrived: int, nanoseconds: int = 0) -> Stamped[E]:
        """The event in `data`. Raises BadEventError if it cannot be counted.

        `tenant`: the value of the header; used if the event itself names none. `arrived`: the instant at which the
        stream stored the message, plus `nanoseconds` below a microsecond. Event times are compared with it, not with
        the clock, so that a redelivery has the same result.
        """
        event = self._parse(data)
        if not self._texts.match(event):
            raise self._invalid(self._texts.first_mismatch(event))
        for name, wire_name, texts in self._nested:
            if not all(map(texts.match, getattr(event, name))):
                raise self._invalid(wire_name)
        if tenant is not None and getattr(event, "tenant_id", "") is None:
            event = self._with_tenant(event, tenant)
        return Stamped(event, self._time(event, arrived), arrived * NANOSECONDS + nanoseconds)

    def _parse(self, data: bytes) -> E:
        try:
            if not data.isascii():
                data.decode()  # msgspec does not validate the strings that it skips
            return self._decoder.decode(data)
        except msgspec.ValidationError as error:
            raise self._explained(str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadEventError("not_json", "The message is not JSON in UTF-8.") from error
        except RecursionError as error:
            raise BadEventError("not_json", "The message is nested too deeply to be read.") from error

    def _invalid(self, name: str) -> BadEventError:
        reason: Reason = "unsupported_version" if name == "schemaVersion" else "invalid_field"
        return BadEventError(reason, f"{name} must be {self._allowed[name]}.")

    def _with_tenant(self, event: E, tenant: str) -> E:
        if not re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", tenant):
            allowed = self._allowed["tenantId"]
            raise BadEventError("invalid_field", f"The header {TENANT_HEADER} must be {allowed}.")
        return msgspec.structs.replace(event, tenant_id=tenant)

    def _time(self, event: E, arrived: int) -> int:
        try:
            at = instant(datetime.fromisoformat(getattr(event, self._time_field).upper()))
        except ValueError as error:
            raise BadEventError("invalid_field", f"{self._time_name} is not a time that exists.") from error
        if at > arrived + MAX_AHEAD:
            raise BadEventError("absurd_time", f"{self._time_name} is more than 24 hours ahead.")
        if at < arrived - MAX_AGE:
            raise BadEventError("absurd_time", f"{self._time_name} is more than 10 years ago.")
        return at

    def _explained(self, message: str) -> BadEventError:
        """Turns msgspec's message, which may quote a value, into a sentence with the field and its allowed values."""
        if missing := re.fullmatch(r"Object missing required field `(\w+)`", message):
            return BadEventError("missing_field", f"{missing[1]} is missing.")
        # Anchored at the end: a quoted value may look like this, too. Items are reported under their list's name.
        path = re.search(r" - at `\$\.(\w+)[^`]*`\Z", message)
        if path is None:
            return BadEventError("not_json", "The message is not a JSON object.")
        return self._invalid(path[1])


def field_checks(event: type[Event]) -> Mapping[str, Callable[[object], bool]]:
    """A check per field, by JSON name: whether the field may have a value."""
    patterns = {field.name: _pattern(field.type) for field in _fields(event)}
    return {
        field.encode_name: partial(_fits, field.type, patterns[field.name]) for field in msgspec.structs.fields(event)
    }


def _fits(type_: Any, pattern: str | None, value: object) -> bool:
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return False
    return pattern is None or not isinstance(value, str) or re.fullmatch(pattern, value) is not None


def _wire_names(struct: type[Struct]) -> dict[str, str]:
    return {field.name: field.encode_name for field in msgspec.structs.fields(struct)}


def _fields(struct: type[Struct]) -> tuple[inspect.Field, ...]:
    match inspect.type_info(struct):
        case inspect.StructType(fields=fields):
            return fields
        case other:
            raise TypeError(f"{struct.__name__} is not a struct but {other}")


def _pattern(described: inspect.Type) -> str | None:
    """The pattern of a text type, nullable or not; None for other types."""
    match described:
        case inspect.Metadata(extra=extra):
            return (extra or {}).get("pattern")
        case inspect.UnionType(types=types):
            return next(filter(None, map(_pattern, types)), None)
        case _:
            return None


def _item(described: inspect.Type) -> inspect.StructType | None:
    """The item type of a list of structs; None for other types."""
    match described:
        case inspect.Metadata(type=inner):
            return _item(inner)
        case inspect.VarTupleType(item_type=inspect.StructType() as item):
            return item
        case _:
            return None


def _allowed(described: inspect.Type) -> str:
    """A description of a field's allowed values, for messages."""
    match described:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return str((extra or {}).get("description") or _allowed(inner))
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}" if len(values) > 1 else f'"{values[0]}"'
        case inspect.UnionType(types=types):
            return " or ".join(_allowed(part) for part in types if not isinstance(part, inspect.NoneType))
        case _:
            return f"a {type(described).__name__.removesuffix('Type').lower()}"
