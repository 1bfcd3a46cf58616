"""Buckets of time as expressions: the start of each, in seconds since 1970."""

from typing import assert_never

from graph.dsl.calendar import Shift
from schema.catalog.terms import Granularity
from schema.expressions import Bound, Constant, Expression, call

_MINUTE, _HOUR = 60, 3600


def bucket(time: Expression, granularity: Granularity, timezone: str, shift: Shift | None = None) -> Expression:
    """The bucket that a time falls into, moved by a shift. Weeks begin on Monday.

    A day begins with its first instant, whatever the clock shows then. An hour begins where the clock shows a whole
    one; the engine's own function does not, where the offset changes by half an hour.
    """
    zone = Bound(timezone, "String")
    match granularity:
        case "minute" | "hour":
            return _moved(_whole(time, _MINUTE if granularity == "minute" else _HOUR, zone), shift)
        case "day":
            return _begin(call("toDate", time, zone), zone, shift)
        case "week":
            return _begin(call("toMonday", call("toDate", time, zone)), zone, shift)
        case "month":
            return _begin(call("toStartOfMonth", call("toDate", time, zone)), zone, shift)
        case "none":
            raise AssertionError("There are no buckets without granularity.")
        case _:
            assert_never(granularity)


def _whole(time: Expression, seconds: int, zone: Bound) -> Expression:
    elapsed = call("toUnixTimestamp", time)
    shown = call("plus", elapsed, call("timeZoneOffset", call("toTimeZone", time, zone)))
    return call("minus", elapsed, call("modulo", shown, Constant(seconds)))


def _begin(date: Expression, zone: Bound, shift: Shift | None) -> Expression:
    if shift is not None:
        function = "addMonths" if shift.unit == "months" else "addDays"
        date = call(function, date, Bound(shift.amount, "Int32"))
    return call("toUnixTimestamp", call("toDateTime", date, zone))


def _moved(start: Expression, shift: Shift | None) -> Expression:
    return start if shift is None else call("plus", start, Bound(shift.amount, "Int64"))
