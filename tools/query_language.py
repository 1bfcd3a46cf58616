"""Makes the reference page of the query language from its catalogue."""

import json
from collections.abc import Iterable, Iterator, Mapping

from graph.dsl.conditions import MOST_VALUES
from graph.dsl.parse import QUERY
from graph.dsl.readers import ABSENT, LONGEST_TEXT, REQUIRED, Member, description_of
from graph.http.bodies import MOST_VALUES as MOST_IN_A_BODY
from graph.reports.windows import PERIODS as WINDOW_PERIODS
from schema.catalog import DATASETS
from schema.catalog.terms import CELLS, CatalogTable, Dataset

PERIODS = ", ".join(f"`{name}`" for name in WINDOW_PERIODS)

RULES = f"""\
* **Buckets.** `time` is the start of a row's bucket, with the zone's offset (`Z` in UTC). Weeks begin on Monday. A
  day begins with its first instant in the zone, and has 23 or 25 hours when clocks change. Hours and minutes are
  those of the zone's local time. Only buckets with events have rows; without dimensions and granularity there is one
  row.
* **Relative windows.** `last` is a number of hours (`24h`) or of days of 24 hours (`7d`) until now, to the
  microsecond. `window` is {PERIODS} of `timezone`; today and this month end now. `meta.window` has the two times. A
  cursor keeps them: the next page of the same query has the same window. Cubes have whole hours: yesterday and last
  month are read from cubes, windows that end now from facts.
* **Freshness.** An answer counts every event that was stored before the request, whichever table answers. Hours that a
  cube has yet to follow are read from facts in the same statement, and `meta.source` names both tables:
  `cube_dlr_hourly+facts_dlr`.
* **Numbers.** Rates have 4 decimals and money has 6 (as a string), rounded half up once, from integers. A ratio with
  denominator 0 is null. Percentiles are t-digests, as `meta.approximate` says; pages ordered by a percentile can shift
  by a row while cubes are recomputed.
* **Null.** A comparison with null is false; `ne`, `notIn` and `not` are true wherever the negated condition is false.
  Null comes last in either direction.
* **Values.** Texts are compared byte by byte and have at most {LONGEST_TEXT} characters, lists {MOST_VALUES:,}
  values, a body {MOST_IN_A_BODY:,} in all. In `having`, counts and rates are numbers and money is a string: `"12.50"`.
* **Totals** are computed over all events that pass the filter, each counted once: the rate of all events, not a sum
  of rates. `having` removes rows and changes no total.
* **Money** is never added up over currencies. Group by `currency` or filter one; otherwise the query is refused if
  there are several. In totals over several currencies money is null.
* **`previousPeriod`** is the window of the same length just before: whole months of the zone are counted as months,
  whole days as days, anything else as elapsed time.
* **`sameElapsed`** is the same part of the period before, by local time. The period is the first of day, month, week
  and year that begins with the window and contains it. If the part is longer than the period before, it ends with it.
* **`previous`** has the values of the other window for the row with the same dimensions and the same bucket, counted
  from the window's start. Without such a row, counts are 0 and everything else is null.
* **MNOs.** A tenant without a data-share addendum in force reads and filters `mno` by its own pseudonyms, and cannot
  use `operatorId` and `destinationPrefix`.
"""


def lines() -> Iterator[str]:
    """The lines of the page below its title."""
    yield "The input of `POST /v1/anlyt/query` and GraphQL's `query(input)`. The tenant comes from the identity of the"
    yield "caller: no query can name, widen or drop it. A refusal lists all problems of the query under `problems`."
    yield ""
    yield from _table(("member", "meaning", "default"), _members(QUERY))
    yield "A comparison is `{field, op, value}`; each field lists its values of `op`. `in` and `notIn` take a"
    yield "list, and `isNull` takes `true` (the default) or `false`."
    yield ""
    yield RULES.rstrip()
    for dataset in DATASETS.values():
        yield from ("", f"## `{dataset.name}`", "", dataset.meaning, "")
        yield from _dataset(dataset)


def _members(members: Mapping[str, Member], inside: str = "") -> Iterator[Iterable[str]]:
    """One row per member, followed by the members of the objects that it holds."""
    for name, member in members.items():
        yield f"`{inside}{name}`", description_of(member), _default(member.default)
        if shape := member.read.inner_shape:
            yield from _members(shape.members, f"{inside}{name}.")


def _default(default: object) -> str:
    if default is REQUIRED:
        return "required"
    return "none" if default in (ABSENT, None, ()) else f"`{json.dumps(default)}`".replace('"', "")


def _dataset(dataset: Dataset) -> Iterator[str]:
    yield from _table(
        ("measure", "type", "unit", "meaning", "`having`"),
        (
            [f"`{each.name}`", each.kind, each.unit, each.meaning, _operators(each.operators)]
            for each in dataset.measures
        ),
    )
    yield from _table(
        ("dimension", "meaning", "values", "`filter`"),
        (
            [f"`{each.name}`", each.meaning, _operators(each.values) or "any text", _operators(each.operators)]
            for each in dataset.dimensions
        ),
    )
    yield "A query reads the first table that has its dimensions and measures, and whose cells fill window and buckets."
    yield ""
    yield from _table(
        ("table", "cells", "dimensions", "measures"),
        (
            [f"`{each.name}`", CELLS.get(each.cell, "events"), _operators(each.dimensions), _measures(dataset, each)]
            for each in dataset.tables
        ),
    )


def _measures(dataset: Dataset, table: CatalogTable) -> str:
    lacking = [measure.name for measure in dataset.measures if not table.has(measure)]
    return f"all but {_operators(lacking)}" if lacking else "all"


def _operators(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = list(head)
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
