"""The reference page of the query language, made from its catalogue."""

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
* **Buckets.** `time` is the start of a row's bucket, with the zone's offset (`Z` in UTC). Weeks begin on Monday; a
  day begins with its first instant in the zone, and has 23 or 25 hours when clocks change; hours and minutes are
  those that a clock of the zone shows. Only buckets with events have rows; without dimensions and granularity there
  is one row.
* **Windows that move.** `last` is so many hours (`24h`) or days of 24 hours (`7d`) until now, to the microsecond.
  `window` is {PERIODS} of `timezone`; today and this month last until now. `meta.window` says which two times that
  was. A cursor keeps them: the next page, asked with the same query, is of the same window. Cubes have whole hours:
  yesterday and last month are read from them, what ends now from facts.
* **Numbers.** Rates have 4 decimals and money has 6 (as a string), rounded half up once, from integers. Null stands
  for a ratio of nothing. Percentiles are t-digests, as `meta.approximate` says; pages ordered by one can shift by a
  row while cubes are computed again.
* **Null.** A comparison with null is false, and `ne`, `notIn` and `not` are true wherever what they negate is false.
  Null comes last in either direction.
* **Values.** Texts are compared byte by byte and have at most {LONGEST_TEXT} characters, lists {MOST_VALUES:,}
  values, a body {MOST_IN_A_BODY:,} in all. In `having`, counts and rates are numbers and money is a string: `"12.50"`.
* **Totals** are computed over all events that the filter leaves, each counted once: a rate of everything, not a sum
  of rates. `having` removes rows and changes no total.
* **Money** is never added up over currencies: group by `currency`, filter one, or the query is refused when there
  are several. In totals over several currencies it is null.
* **`previousPeriod`** is the window of the same length just before: whole months of the zone are counted as months,
  whole days as days, anything else as elapsed time.
* **`sameElapsed`** is the same part of the period before, by the clock: of the day, month, week or year, in this
  order, that begins with the window and contains it. A part that is longer than the period before ends with it.
* **`previous`** stands beside the row with the same dimensions and the same bucket, counted from the start of its
  window. Where the other window has none, counts are 0 and everything else is null.
* **MNOs.** A tenant without a data-share addendum in force reads and filters `mno` by its own pseudonyms, and cannot
  use `operatorId` and `destinationPrefix`.
"""


def lines() -> Iterator[str]:
    """The page below its title."""
    yield "What `POST /v1/anlyt/query` and GraphQL's `query(input)` take. The tenant comes from who is asking: no query"
    yield "can name, widen or drop it. Everything that is wrong with a query is told at once, under `problems`."
    yield ""
    yield from _table(("member", "meaning", "default"), _members(QUERY))
    yield "A comparison is `{field, op, value}` with `op` one of those listed at its field; `in` and `notIn` take a"
    yield "list, and `isNull` takes `true` (the default) or `false`."
    yield ""
    yield RULES.rstrip()
    for dataset in DATASETS.values():
        yield from ("", f"## `{dataset.name}`", "", dataset.meaning, "")
        yield from _dataset(dataset)


def _members(members: Mapping[str, Member], inside: str = "") -> Iterator[Iterable[str]]:
    """A row for each member, and for those of the objects that it holds."""
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
    yield "The first of these tables answers that has dimensions and measures, and whose cells fill window and buckets."
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
