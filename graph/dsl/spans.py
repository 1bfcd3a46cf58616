"""Which events a query or an audit is about: two times, or a window that moves with time, resolved at one instant.

A cursor of a moving window keeps that instant: all pages are of the same window.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, cast

from graph.dsl.problems import Problems
from graph.dsl.reading import ABSENT, Json, Member, Reader, choice, text
from graph.errors import InvalidWindowError
from graph.reports.windows import LAST_PATTERN, LAST_RULE, PERIODS, Period, parse_time, period, read_length
from infra.zones import TIMEZONES
from schema.history import EARLIEST, LATEST
from schema.instants import instant, time_of

Edges: TypeAlias = tuple[datetime, datetime]
# Both times; or a length until now, or a period of a zone, which move with time.
Span: TypeAlias = Edges | timedelta | Period

_KEPT: Final = re.compile(r"([0-9]{16})\.(.*)", re.DOTALL | re.ASCII)


def read_instant(path: str, value: object, problems: Problems) -> datetime | None:
    """An RFC 3339 time, in UTC."""
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
    """A length in hours or days."""
    length = read_length(value) if isinstance(value, str) else None
    if length is None:
        problems.wrong(path, f"Must be {LAST_RULE}, not {{}}.", value)
    return length


def read_span(path: str, value: object, read: Mapping[str, Any], problems: Problems) -> Span | None:
    """Of an object of which `read` could be read; what is missing, or does not go together, is a problem."""
    if not isinstance(value, Mapping):
        return None
    given = [name for name in SPAN if value.get(name) is not None]
    attributes = [read.get(SPAN[name].attribute) for name in given]
    if given in (["window"], ["last"]):
        return cast(Span | None, attributes[0])
    if given == ["from", "to"]:
        return _between(path, attributes[0], attributes[1], problems)
    if {"window", "last"}.isdisjoint(given):
        for name in ("from", "to"):
            if name not in given:
                problems.add(f"{path}.{name}", "Is required, unless there is `window` or `last`.")
    else:
        problems.add(path, f"Has {' and '.join(given)}: give `from` and `to`, or `window`, or `last`.")
    return None


def _between(path: str, from_: datetime | None, to: datetime | None, problems: Problems) -> Edges | None:
    if from_ is None or to is None:
        return None
    if to <= from_:
        problems.add(f"{path}.to", "Must be later than `from`.")
        return None
    return from_, to


def moves(span: Span) -> bool:
    """Whether it is another window at another time."""
    return not isinstance(span, tuple)


def edges(path: str, span: Span, zone: str, now: datetime, problems: Problems) -> Edges | None:
    """From the first, up to the second, at `now`."""
    match span:
        case timedelta():
            if now - EARLIEST < span:
                problems.add(f"{path}.last", f"Must not reach back beyond {EARLIEST.isoformat()}.")
                return None
            return now - span, now
        case str():
            return period(span, zone, now)
        case _:
            return span


def keep_instant(cursor: str, at: datetime | None) -> str:
    """A cursor that keeps when its first page was asked; unchanged without."""
    return cursor if at is None else f"{instant(at)}.{cursor}"


def kept_instant(after: str | None, now: datetime) -> tuple[datetime, str | None]:
    """When the first page was asked, and the cursor without it. What keeps none, no query will open."""
    kept = _KEPT.fullmatch(after or "")
    return (time_of(int(kept[1])), kept[2]) if kept else (now, after)


INSTANT: Final = Reader(read_instant, {"type": "string", "format": "date-time"})
SPAN: Final = {
    "from": Member(
        "from_",
        INSTANT,
        f"Start: RFC 3339, with an offset; exact, not snapped, between {EARLIEST.year} and {LATEST.year}.",
        ABSENT,
    ),
    "to": Member("to", INSTANT, "End, excluded: RFC 3339, with an offset.", ABSENT),
    "window": Member(
        "window",
        choice("a window", PERIODS),
        "In place of `from` and `to`: a day or month of `timezone`; today and thisMonth last until now.",
        ABSENT,
    ),
    "last": Member(
        "last",
        Reader(read_last, {"type": "string", "pattern": f"^{LAST_PATTERN}$"}),
        "In place of `from` and `to`: so many hours or days (of 24 hours) until now: 24h, 7d.",
        ABSENT,
    ),
}
# Either both times, or one of the others.
ONE_SPAN: Final[Json] = {
    "oneOf": [{"required": ["from", "to"]}, {"required": ["window"]}, {"required": ["last"]}],
    "dependentRequired": {"from": ["to"], "to": ["from"]},
}
ZONE: Final = Reader(choice("an IANA timezone", sorted(TIMEZONES)).read, {"type": "string"})
