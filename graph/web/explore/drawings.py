"""The charts of an answer: bars or lines over time, or the ranking of one dimension. One per measure and currency."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from graph.completeness import Completeness
from graph.dsl.answers import QueryAnswer
from graph.web.charts import (
    COUNT,
    DURATION,
    PERCENT,
    Bucket,
    Quality,
    Ranked,
    RankingChart,
    Reading,
    Series,
    TimeChart,
    Unit,
    money_in,
    qualities_of,
    reading,
)
from graph.web.charts.bars import MOST_BARS
from graph.web.charts.buckets import next_start
from graph.web.explore.question import Question
from graph.web.explore.rows import SHOWN, Row, currency_of
from graph.web.window import PageWindow
from schema.catalog import Measure

MOST_CHARTS: Final = 4
MOST_SERIES: Final = 50

Group = tuple[str | None, ...]


class Drawing(NamedTuple):
    """A chart, and how it is drawn."""

    how: Literal["bars", "lines", "ranking"]
    chart: TimeChart | RankingChart


@dataclass(frozen=True, slots=True)
class Drawings:
    """The charts of an answer, or the reason why there is none; both empty where a chart would say nothing."""

    charts: Sequence[Drawing] = ()
    reason: str = ""
    left_out: int = 0  # charts


class _Slice(NamedTuple):
    """The rows of one chart."""

    measure: Measure
    currency: str
    rows: Sequence[Row]

    @property
    def title(self) -> str:
        return f"{self.measure.name}, {self.currency}" if self.currency else self.measure.name

    @property
    def unit(self) -> Unit:
        match self.measure.kind:
            case "rate":
                return PERCENT
            case "money":
                return money_in(self.currency)
            case _:
                return DURATION if self.measure.unit == "ms" else COUNT

    def reading(self, value: Any, is_partial: bool = False) -> Reading:
        """A value of the measure. None: it is null, or there is no row."""
        if value is None:
            return reading(None)
        estimated = {Quality.ESTIMATED} if self.measure.approximate else set()
        return reading(value, *estimated, *qualities_of("PARTIAL" if is_partial else "ACTUAL"))


def drawings_of(question: Question, window: PageWindow, answer: QueryAnswer, now: datetime) -> Drawings:
    """The charts of an answer's rows at `now`. Charts over time need all rows of the query on one page."""
    over_time = question.granularity != "none"
    if not answer.data or not (over_time or len(question.dimensions) == 1):
        return Drawings()
    if over_time and (reason := _obstacle(question, answer)):
        return Drawings(reason=reason)
    slices = list(_slices(question, answer.data))
    chosen = enumerate(islice(slices, MOST_CHARTS), start=1)
    if over_time:
        draw = _TimeDrawing(question, window, Completeness(answer.meta.complete_until, now), answer.meta.data_as_of)
        charts = [draw(f"chart-{number}", each) for number, each in chosen]
    else:
        charts = [_ranking(f"chart-{number}", each, question.dimensions[0]) for number, each in chosen]
    return Drawings(charts, left_out=len(slices) - len(charts))


def _obstacle(question: Question, answer: QueryAnswer) -> str:
    """Why rows over time cannot be drawn; "" if they can."""
    if question.after or answer.page.has_next_page or answer.meta.truncated or len(answer.data) > SHOWN:
        return f"A chart needs all rows on one page of at most {SHOWN}: choose fewer dimensions, or more rows."
    if len({_group(row, question.dimensions) for row in answer.data}) > MOST_SERIES:
        return f"A chart has at most {MOST_SERIES} lines: choose fewer dimensions, or filter them."
    return ""


def _slices(question: Question, rows: Sequence[Row]) -> Iterator[_Slice]:
    for measure in map(question.dataset.measure, question.measures):
        if measure.kind != "money":
            yield _Slice(measure, "", rows)
            continue
        by_currency = dict[str, list[Row]]()
        for row in rows:
            by_currency.setdefault(currency_of(row, question), []).append(row)
        for currency, own in by_currency.items():
            yield _Slice(measure, currency, own)


@dataclass(frozen=True, slots=True)
class _TimeDrawing:
    """Draws slices of one answer over time."""

    question: Question
    window: PageWindow
    completeness: Completeness
    data_as_of: datetime | None

    def __call__(self, identifier: str, part: _Slice) -> Drawing:
        names = [name for name in self.question.dimensions if not (part.currency and name == "currency")]
        bucket, zone = Bucket[self.question.granularity.upper()], self.window.zone
        values = dict[Group, dict[datetime, Any]]()
        for row in part.rows:
            time = datetime.fromisoformat(row["time"]).astimezone(UTC)
            values.setdefault(_group(row, names), {})[time] = row[part.measure.name]
        times = sorted({time for by_time in values.values() for time in by_time})
        partial = self._partial(times, bucket, zone)
        series = [
            Series(
                _label(group) or part.measure.name, [part.reading(by_time.get(time), time in partial) for time in times]
            )
            for group, by_time in values.items()
        ]
        chart = TimeChart(identifier, part.title, part.unit, bucket, zone, times, series)
        return Drawing("bars" if self._adds_up(part.measure) and len(times) <= MOST_BARS else "lines", chart)

    def _partial(self, times: Sequence[datetime], bucket: Bucket, zone: ZoneInfo) -> set[datetime]:
        horizon = self.completeness.horizon(self.data_as_of)
        return {time for time in times if not self.window.has_whole(time, next_start(time, bucket, zone), horizon)}

    def _adds_up(self, measure: Measure) -> bool:
        """Whether stacked bars have a sum that means something: counts, and no event is in two rows."""
        unnested = {name for table in self.question.dataset.tables for name in table.unnested}
        return not measure.nullable and unnested.isdisjoint(self.question.dimensions)


def _ranking(identifier: str, part: _Slice, dimension: str) -> Drawing:
    items = [Ranked(_label((row[dimension],)), part.reading(row[part.measure.name])) for row in part.rows[:SHOWN]]
    return Drawing("ranking", RankingChart(identifier, part.title, dimension, part.unit, items))


def _group(row: Row, names: Sequence[str]) -> Group:
    return tuple(row[name] for name in names)


def _label(group: Group) -> str:
    return " / ".join("null" if each is None else each for each in group)
