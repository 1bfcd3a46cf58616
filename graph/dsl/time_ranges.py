"""Reads the time range of a query or an audit: two times, or a relative window that is resolved at one instant.

A cursor of a relative window keeps that instant, so that all pages share one window.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, cast

from graph.dsl.problems import Problems
from graph.dsl.readers import ABSENT, Json, Member, ValueReader, choice, text
from graph.errors import InvalidWindowError
from graph.reports.windows import LAST_PATTERN, LAST_RULE, PERIODS, Period, parse_time, period, read_length
from infra.zones import TIMEZONES
from schema.history import EARLIEST, LATEST
from schema.instants import instant, time_of

TimePair: TypeAlias = tuple[datetime, datetime]
# Two times, or a relative window: a length until now, or a period of a zone.
TimeRange: TypeAlias = TimePair | timedelta | Period

_KEPT: Final = re.compile(r"([0-9]{16})\.(.*)", re.DOTALL | re.ASCII)


def read_instant(path: str, value: object, problems: Problems) -> datetime | None:
    """Reads an RFC 3339 time, and returns it in UTC."""
    written = text()(path, value, problems)
    if written is None:
        return None
    try:
        time = parse_time("It", written)
    except InvalidWindowError as error:
        problems.add(path, str(error))
        return None
    if not EARLIEST <= time <= LATEST:
        problems.add(path, f"Must lie between {EARLIEST.isoformat()} and {LATEST.isoformat()}.")
        return None
    return time


def read_last(path: str, value: object, problems: Problems) -> timedelta | None:
    """Reads a length in hours or days."""
    length = read_length(value) if isinstance(value, str) else None
    if length is None:
        problems.wrong(path, f"Must be {LAST_RULE}, not {{}}.", value)
    return length


def read_range(path: str, value: object, read: Mapping[str, Any], problems: Problems) -> TimeRange | None:
    """Returns the time range of an object. `read` has its readable members.

    Adds a problem for a missing member, and for members that exclude each other.
    """
    if not isinstance(value, Mapping):
        return None
    present = [name for name in RANGE if value.get(name) is not None]
    attributes = [read.get(RANGE[name].attribute) for name in present]
    if present in (["window"], ["last"]):
        return cast(TimeRange | None, attributes[0])
    if present == ["from", "to"]:
        return _between(path, attributes[0], attributes[1], problems)
    if {"window", "last"}.isdisjoint(present):
        for name in ("from", "to"):
            if name not in present:
                problems.add(f"{path}.{name}", "Is required without `window` or `last`.")
    else:
        problems.add(path, f"Has {' and '.join(present)}; use `from` and `to`, or `window`, or `last`.")
    return None


def _between(path: str, from_: datetime | None, to: datetime | None, problems: Problems) -> TimePair | None:
    if from_ is None or to is None:
        return None
    if to <= from_:
        problems.add(f"{path}.to", "Must be later than `from`.")
        return None
    return from_, to


def is_relative(time_range: TimeRange) -> bool:
    """Whether the range depends on the time of the request."""
    return not isinstance(time_range, tuple)


def resolve_range(path: str, time_range: TimeRange, zone: str, now: datetime, problems: Problems) -> TimePair | None:
    """Returns the start and end (excluded) of a range at `now`. Adds a problem, and returns None, if it is too long."""
    match time_range:
        case timedelta():
            if now - EARLIEST < time_range:
                problems.add(f"{path}.last", f"Must not reach back beyond {EARLIEST.isoformat()}.")
                return None
            return now - time_range, now
        case str():
            return period(time_range, zone, now)
        case _:
            return time_range


def add_instant(cursor: str, at: datetime | None) -> str:
    """Returns a cursor with the instant of its first page; without an instant, returns it unchanged."""
    return cursor if at is None else f"{instant(at)}.{cursor}"


def split_instant(after: str | None, now: datetime) -> tuple[datetime, str | None]:
    """Splits a cursor into the instant of its first page and the signed rest.

    A cursor without instant yields `now`; with it, the context differs, so the cursor does not open.
    """
    kept = _KEPT.fullmatch(after or "")
    return (time_of(int(kept[1])), kept[2]) if kept else (now, after)


INSTANT: Final = ValueReader(read_instant, {"type": "string", "format": "date-time"})
RANGE: Final = {
    "from": Member(
        "from_",
        INSTANT,
        f"Start: RFC 3339 with an offset, between {EARLIEST.year} and {LATEST.year}; exact, not snapped.",
        ABSENT,
    ),
    "to": Member("to", INSTANT, "End, excluded: RFC 3339 with an offset.", ABSENT),
    "window": Member(
        "window",
        choice("a window", PERIODS),
        "In place of `from` and `to`: a day or month of `timezone`; today and thisMonth end now.",
        ABSENT,
    ),
    "last": Member(
        "last",
        ValueReader(read_last, {"type": "string", "pattern": f"^{LAST_PATTERN}$"}),
        "In place of `from` and `to`: hours or days (of 24 hours) until now, such as 24h or 7d.",
        ABSENT,
    ),
}
# JSON Schema: either both times, or one relative window.
ONE_RANGE: Final[Json] = {
    "oneOf": [{"required": ["from", "to"]}, {"required": ["window"]}, {"required": ["last"]}],
    "dependentRequired": {"from": ["to"], "to": ["from"]},
}
ZONE: Final = ValueReader(choice("an IANA timezone", sorted(TIMEZONES)).read, {"type": "string"})
