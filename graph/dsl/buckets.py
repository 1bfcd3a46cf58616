"""Expressions for time buckets: the start of the bucket of a time, in seconds since 1970."""

from typing import assert_never

from graph.dsl.calendar import Shift
from schema.catalog.terms import Granularity
from schema.expressions import Bound, Constant, Expression, call

_MINUTE, _HOUR = 60, 3600


def bucket(time: Expression, granularity: Granularity, timezone: str, shift: Shift | None = None) -> Expression:
    """Returns the start of the bucket of a time, moved by a shift. Weeks begin on Monday.

    A day begins at its first instant, which need not be midnight by the clock. An hour begins when the clock shows a
    whole hour. ClickHouse's toStartOfHour differs where an offset changes by half an hour.
    """
    zone = Bound(timezone, "String")
    match granularity:
        case "minute" | "hour":
            return _shifted(_rounded_down(time, _MINUTE if granularity == "minute" else _HOUR, zone), shift)
        case "day":
            return _begin(call("toDate", time, zone), zone, shift)
        case "week":
            return _begin(call("toMonday", call("toDate", time, zone)), zone, shift)
        case "month":
            return _begin(call("toStartOfMonth", call("toDate", time, zone)), zone, shift)
        case "none":
            raise AssertionError("granularity none has no buckets")
        case _:
            assert_never(granularity)


def _rounded_down(time: Expression, seconds: int, zone: Bound) -> Expression:
    elapsed = call("toUnixTimestamp", time)
    local = call("plus", elapsed, call("timeZoneOffset", call("toTimeZone", time, zone)))
    return call("minus", elapsed, call("modulo", local, Constant(seconds)))


def _begin(date: Expression, zone: Bound, shift: Shift | None) -> Expression:
    if shift is not None:
        function = "addMonths" if shift.unit == "months" else "addDays"
        date = call(function, date, Bound(shift.amount, "Int32"))
    return call("toUnixTimestamp", call("toDateTime", date, zone))


def _shifted(start: Expression, shift: Shift | None) -> Expression:
    return start if shift is None else call("plus", start, Bound(shift.amount, "Int64"))
