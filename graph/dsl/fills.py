"""Filled series: a row for each bucket of the window, for each combination of the other dimensions that occurs.

A filled row has the parts of no events, from which each measure's formula makes its own answer: 0 for counts and sums,
null for rates, averages and percentiles. The table is read once: the rows of each combination become an array, the
other buckets are added to it, and its elements become rows.
"""

from collections.abc import Mapping
from typing import Final

from graph.dsl.buckets import bucket
from graph.dsl.fields import parts
from graph.dsl.name_checks import TIME
from graph.dsl.plan import Plan
from graph.dsl.select import Select
from schema.catalog.terms import Granularity
from schema.expressions import ZERO, Bound, Constant, Expression, Lambda, Name, call
from schema.instants import instant

# Seconds between the times whose buckets are looked up: less than any whole bucket has. Where clocks change by half an
# hour, an hour may have as little; since 2000, no clock changed by less than 15 minutes.
_STEPS: Final[Mapping[Granularity, int]] = {"minute": 60, "hour": 900, "day": 43_200, "week": 43_200, "month": 43_200}
_SECOND: Final = 1_000_000  # microseconds
_BY_TIME: Final = f"by_{TIME}"


def filled(plan: Plan, grouped: Select) -> Select:
    """The keys and parts of `grouped`, with a row for each bucket and combination."""
    keys = {f"by_{name}": Name(f"by_{name}") for name in plan.query.groups if name != TIME}
    names = parts(plan.query)
    start = call("toInt64", Name(_BY_TIME))
    counted = call("groupArray", call("tuple", start, *(Name(f"part_{name}") for name in names)))
    nothing = [plan.table.nothing.get(name, ZERO) for name in names]
    others = call("arrayExcept", _buckets(plan), call("groupArray", start))
    added = call("arrayMap", Lambda("start", call("tuple", Name("start"), *nothing)), others)
    combinations = Select({**keys, "cells": call("arrayConcat", counted, added)}, grouped, group_by=tuple(keys))
    rows = Select({**keys, "cell": call("arrayJoin", Name("cells"))}, combinations)
    values = {name: _element(index) for index, name in enumerate((_BY_TIME, *(f"part_{name}" for name in names)), 1)}
    return Select({**keys, **values}, rows)


def _element(index: int) -> Expression:
    return call("tupleElement", Name("cell"), Constant(index))


def _buckets(plan: Plan) -> Expression:
    """The array of the starts of all buckets, by the same expression as the buckets of events."""
    query = plan.query
    first, end = instant(query.window.from_), instant(query.window.to)
    last = Bound((end - 1) // _SECOND, "UInt32")
    times = call("range", Bound(first // _SECOND, "UInt32"), last, Constant(_STEPS[query.granularity]))
    time = call("toDateTime", Name("second"), Constant("UTC"))
    start = call("toInt64", bucket(time, query.granularity, query.zone.key))
    array = call("arrayMap", Lambda("second", start), call("arrayConcat", times, call("array", last)))
    return call("arrayDistinct", array)
