"""Finds everything that is wrong with an event. For events that the fast decoder refuses; linear in their size.

An event is taken apart into its members, each with its own JSON text. As in JSON, the last member of a name counts, and
1.0 is the integer 1. The fast decoder refuses some such events; they are good if nothing is wrong here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from schema.events import TENANT_HEADER, Event
from schema.fields import Field, by_name, fields_of
from schema.hints import nearest_names, nearest_value
from schema.instants import parse_instant
from schema.problems import BadEventError, Problem, Reason
from schema.values import MAX_AGE, MAX_AHEAD, MAX_INT

WHOLE: Final = "$"  # the path of the whole message

E = TypeVar("E", bound=Event)
Members = Mapping[str, Raw]
_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_LIST: Final = msgspec.json.Decoder(list[Raw])
_NUMBER: Final = re.compile(rb"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?")


class EventChecker(Generic[E]):
    """Checks events of one type."""

    def __init__(self, event: type[E]) -> None:
        self._event = event
        self._fields = by_name(event)
        self._time = next(each for each in self._fields.values() if each.attribute == event.time_field)

    def event(self, data: bytes, tenant: str | None, arrived: int) -> E:
        """The event in `data`, whose tenant may be in the header. Raises BadEventError with all problems.

        `arrived`: the instant with which the event time is compared.
        """
        members = members_of(data)
        found = _Check()
        found.check(self._event, members, WHOLE)
        if self._takes_header(members) and tenant is not None and not self._fields["tenantId"].fits(tenant):
            allowed = self._fields["tenantId"].allowed
            found.add(TENANT_HEADER, "invalid_field", f"The header {TENANT_HEADER} must be {allowed}.")
        self._check_time(members, arrived, found)
        if found.problems:
            raise BadEventError(found.problems)
        return _made(self._event, members)

    def ignored(self, members: Members) -> Mapping[str, str]:
        """The optional fields that are missing, each with the unknown name that was probably meant to be it."""
        missing = [name for name, field in self._fields.items() if not field.required and name not in members]
        return nearest_names(missing, _others(members, self._fields))

    def _takes_header(self, members: Members) -> bool:
        tenant = members.get("tenantId", Raw(b"null"))
        return not self._fields["tenantId"].required and bytes(tenant) == b"null"

    def _check_time(self, members: Members, arrived: int, found: "_Check") -> None:
        """Compares the event time, if it is a time, with the arrival."""
        name, raw = self._time.name, members.get(self._time.name)
        try:
            at = parse_instant(_value(self._time, raw)) if raw is not None else arrived
        except ValueError:
            return
        if at > arrived + MAX_AHEAD:
            found.add(f"$.{name}", "absurd_time", f"{name} is more than 24 hours in the future.")
        elif at < arrived - MAX_AGE:
            found.add(f"$.{name}", "absurd_time", f"{name} is more than 10 years ago.")


class _Check:
    """Collects the problems of an event, in the order of its fields."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, path: str, reason: Reason, sentence: str, hint: str | None = None) -> None:
        self.problems.append(Problem(path, reason, sentence, hint))

    def check(self, struct: type[Struct], members: Members, path: str) -> None:
        """Checks the members of an object at `path`, which has the fields of `struct`."""
        fields = by_name(struct)
        missing = [name for name, field in fields.items() if field.required and name not in members]
        meant = nearest_names(missing, _others(members, fields)) if missing else {}
        for name, field in fields.items():
            where = f"{path}.{name}"
            if name in missing:
                hint = f"Rename {meant[name]} to {name}." if name in meant else None
                self.add(where, "missing_field", f"{where[2:]} is missing.", hint)
            elif name in members:
                self._check_field(field, members[name], where)

    def _check_field(self, field: Field, raw: Raw, where: str) -> None:
        if field.item is not None:
            self._check_items(field, field.item, raw, where)
            return
        try:
            _value(field, raw)
        except ValueError:
            self._wrong(field, raw, where)

    def _check_items(self, field: Field, item: type[Struct], raw: Raw, where: str) -> None:
        try:
            items: Sequence[Raw] = _LIST.decode(raw)
        except msgspec.ValidationError:
            self._wrong(field, raw, where)
            return
        if field.longest is not None and len(items) > field.longest:
            self._wrong(field, raw, where)
        for index, each in enumerate(items[: field.longest]):
            try:
                members = _OBJECT.decode(each)
            except msgspec.ValidationError:
                self.add(f"{where}[{index}]", "invalid_field", f"{where[2:]}[{index}] must be an object.")
            else:
                self.check(item, members, f"{where}[{index}]")

    def _wrong(self, field: Field, raw: Raw, where: str) -> None:
        reason: Reason = "unsupported_version" if field.name == "schemaVersion" else "invalid_field"
        nearest = nearest_value(field, bytes(raw))
        hint = None if nearest is None else f"Did you mean {nearest}?"
        self.add(where, reason, f"{where[2:]} must be {field.allowed}.", hint)


def members_of(data: bytes) -> Members:
    """The members of a JSON object. Raises BadEventError if the data has none."""
    try:
        data.decode()  # msgspec does not validate the strings that it skips
        return _OBJECT.decode(data)
    except msgspec.ValidationError:
        raise _unreadable("The message is not a JSON object.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _unreadable("The message is not JSON in UTF-8.") from None
    except RecursionError:
        raise _unreadable("The message is nested too deeply to be read.") from None


def _others(members: Members, fields: Mapping[str, Field]) -> list[str]:
    """The names of the members that are no fields, in their order."""
    return [name for name in members if name not in fields]


def _unreadable(sentence: str) -> BadEventError:
    return BadEventError([Problem(WHOLE, "not_json", sentence)])


def _value(field: Field, raw: Raw) -> Any:
    """The value of a member. Raises ValueError if the field may not have it."""
    try:
        return field.read(raw)
    except ValueError:
        return field.convert(_integer(bytes(raw)))


def _integer(raw: bytes) -> int:
    """The integer that is written with a fraction or an exponent, such as 1.0 or 1e3. Raises ValueError for others."""
    if not _NUMBER.fullmatch(raw):
        raise ValueError("not a number")
    number = Decimal(raw.decode())
    if not 0 <= number <= MAX_INT or number != int(number):
        raise ValueError("not an integer in range")
    return int(number)


def _made(struct: type[E], members: Members) -> E:
    """The struct of members with which nothing is wrong."""
    return struct(**dict(_attributes(struct, members)))


def _attributes(struct: type[Struct], members: Members) -> Iterator[tuple[str, Any]]:
    for field in fields_of(struct):
        raw = members.get(field.name)
        if raw is None:
            continue
        if field.item is not None:
            items = (_OBJECT.decode(each) for each in _LIST.decode(raw))
            yield field.attribute, tuple(field.item(**dict(_attributes(field.item, item))) for item in items)
        else:
            yield field.attribute, _value(field, raw)
