"""The table of an answer: its columns, and each value as people read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from graph.dsl.answers import PREVIOUS, QueryAnswer
from graph.web.charts import Bucket
from graph.web.charts.buckets import bucket_text
from graph.web.explore.question import Question
from graph.web.format import count, milliseconds, money, rate
from schema.catalog import Measure

Row = Mapping[str, Any]

SHOWN: Final = 500  # rows in the page's table; downloads have all

_TEXT: Final = Markup('<span data-value="{}">{}</span>')
_NULL: Final = Markup('<span class="none" data-value="null">null</span>')
_TIME: Final = Markup('<time datetime="{0}" data-value="{0}">{1}</time>')


@dataclass(frozen=True, slots=True)
class Heading:
    """A column. `field` is unique; `measure` is None for time and dimensions. `meaning`: "" for time."""

    field: str
    label: str
    meaning: str
    measure: Measure | None = None
    is_previous: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of an answer, at most SHOWN of them."""

    question: Question
    zone: ZoneInfo
    answer: QueryAnswer

    @property
    def headings(self) -> Sequence[Heading]:
        """The columns in the answer's order."""
        dataset = self.question.dataset
        time = [Heading("time", "time", "")] if self.question.granularity != "none" else []
        groups = [Heading(name, name, dataset.dimension(name).meaning) for name in self.question.dimensions]
        measures = [dataset.measure(name) for name in self.question.measures]
        now = [Heading(each.name, each.name, each.meaning, each) for each in measures]
        before = [
            Heading(f"{PREVIOUS}.{each.name}", f"{each.name}, before", each.meaning, each, is_previous=True)
            for each in measures
            if self.question.compare_to
        ]
        return [*time, *groups, *now, *before]

    @property
    def rows(self) -> Sequence[Row]:
        """The rows that the page shows."""
        return self.answer.data[:SHOWN]

    @property
    def left_out(self) -> int:
        """How many rows of the answer the page does not show."""
        return len(self.answer.data) - len(self.rows)

    def key(self, row: Row) -> str:
        """What a row is about."""
        return " ".join(str(row[each.field]) for each in self.headings if each.measure is None)

    def cell(self, row: Row, heading: Heading) -> Markup:
        """A value of a row or of the totals; empty for groups of the totals."""
        if heading.measure is None:
            return self._group(row[heading.field], heading) if heading.field in row else Markup("")
        values = row[PREVIOUS] if heading.is_previous else row
        value = None if values is None else values[heading.measure.name]
        return figure(value, heading.measure, currency_of(row, self.question))

    def _group(self, value: str | None, heading: Heading) -> Markup:
        if value is None:
            return _NULL
        if heading.field != "time":
            return _TEXT.format(value, value)
        bucket = Bucket[self.question.granularity.upper()]
        return _TIME.format(value, bucket_text(datetime.fromisoformat(value), bucket, self.zone))


def figure(value: Any, measure: Measure, currency: str) -> Markup:
    """A measure's value with its unit."""
    match measure.kind:
        case "rate":
            return rate(value)
        case "money":
            return money(value, currency)
        case _:
            return milliseconds(value) if measure.unit == "ms" else count(value)


def currency_of(row: Row, question: Question) -> str:
    """The currency of a row's money: the row's own, or the one that the question filters; "" if neither says it."""
    if "currency" in row:
        return str(row["currency"])
    filtered = [each.value for each in question.conditions if (each.field, each.op) == ("currency", "eq")]
    return filtered[0] if filtered else ""
