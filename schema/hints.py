"""The nearest right value, or name, for a wrong one. A hint never shows what may be a phone number."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from schema.fields import Field
from schema.phone_numbers import may_be_phone_number

LONGEST: Final = 128  # characters of a value or name that is compared
MOST_NAMES: Final = 64  # unknown names that are compared letter by letter
_NAME: Final = re.compile(r"[A-Za-z_-]+")  # no digits: a name may be a phone number, too
_NUMBER: Final = re.compile(rb"-?[0-9]{1,19}(?:\.[0-9]{1,9})?")


def nearest_value(field: Field, raw: bytes) -> str | None:
    """The JSON text of the value that was probably meant by `raw`, which the field may not have."""
    text = _text_of(raw)
    if text is None:
        return None
    if field.choices:
        return _as_json(_nearest_choice(text, field.choices))
    for candidate in _candidates(text):
        if field.fits(candidate) and not may_be_phone_number(str(candidate)):
            return _as_json(candidate)
    return None


def nearest_names(missing: Iterable[str], unknown: Iterable[str]) -> Mapping[str, str]:
    """For each missing name, the unknown name that was probably meant to be it, if there is one."""
    names = [name for name in unknown if len(name) <= LONGEST and _NAME.fullmatch(name)]
    spellings = {plain(name): name for name in reversed(names)}
    some = list(spellings)[:MOST_NAMES]
    found: dict[str, str] = {}
    for wanted in missing if names else ():
        match = [plain(wanted)] if plain(wanted) in spellings else get_close_matches(plain(wanted), some, 1, 0.85)
        if match:
            found[wanted] = spellings[match[0]]
    return found


def _text_of(raw: bytes) -> str | None:
    """The text or number in a short JSON text."""
    if _NUMBER.fullmatch(raw):
        return raw.decode()
    if len(raw) <= LONGEST and raw.startswith(b'"'):
        return msgspec.json.decode(raw, type=str)
    return None


def _nearest_choice(text: str, choices: Iterable[str]) -> str | None:
    spellings = {plain(choice): choice for choice in choices}
    matches = get_close_matches(plain(text), spellings, 1, 0.6)
    return spellings[matches[0]] if matches else None


def _candidates(text: str) -> Iterator[Any]:
    """Values that `text` may stand for: other types, other spellings."""
    bare = text.strip()
    yield bare
    yield bare.upper()
    if re.fullmatch(r"[0-9]{1,10}(\.0+)?", bare):
        yield int(bare.partition(".")[0])
    amount = bare.replace(",", ".").lstrip("+")
    yield amount
    yield amount.rstrip("0")
    yield from _times(bare)


def _times(text: str) -> Iterator[str]:
    """A time with the separator and the offset that RFC 3339 wants; without an offset, in UTC."""
    match = re.fullmatch(r"([0-9-]{10})[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]{1,9})?)? ?(.*)", text)
    if match is None:
        return
    day, time, seconds, offset = match.groups()
    offset = re.sub(r"^([+-][0-9]{2}):?([0-9]{2})$", r"\1:\2", offset).replace("UTC", "Z")
    yield f"{day}T{time}{seconds or ':00'}{offset or 'Z'}"


def plain(name: str) -> str:
    """A name without what spellings differ in: `tenant_id`, `TenantID` and `tenantId` are the same."""
    return re.sub(r"[_\s-]", "", name[:LONGEST]).lower()


def _as_json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
