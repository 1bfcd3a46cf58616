"""What a chart shows, in sentences: its description for readers who do not see it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final

from graph.web.charts.buckets import bucket_text
from graph.web.charts.units import value_text
from graph.web.charts.values import WORDS, Qualities, Quality, Series, TimeChart

DRAWN: Final = 8  # series that a chart draws; the table has all


def drawn_series(chart: TimeChart) -> tuple[Series, ...]:
    """The first 8 names, with their periods before. No others are summed up: the table lists them."""
    names = list(dict.fromkeys(each.name for each in chart.series))[:DRAWN]
    return tuple(each for each in chart.series if each.name in names)


def notes_of(chart: TimeChart, group: int, truncated_at: str | None) -> list[str]:
    """What a reader of the picture has to know: where the axis starts, and what is not drawn."""
    notes = [f"The vertical axis starts at {truncated_at}, not at zero."] if truncated_at else []
    if missing := len(chart.series) - len(drawn_series(chart)):
        notes.append(f"{missing} of {len(chart.series)} series are only in the table.")
    if group > 1:
        notes.append(f"Drawn: the lowest and the highest of every {group} values. The table has all.")
    return notes


def emptiness(chart: TimeChart) -> str | None:
    """Why there is nothing to draw; None if there is a value."""
    readings = [each for series in drawn_series(chart) for each in series.readings]
    if any(each.value is not None for each in readings):
        return None
    if any(Quality.SUPPRESSED in each.qualities for each in readings):
        return "Too few messages in this window to show figures."
    return "No values in this window."


def described(chart: TimeChart, notes: Sequence[str] = ()) -> str:
    """The finding of each drawn series: last, lowest and highest value, and what limits them."""
    first, last = (_time(chart, time) for time in (chart.times[0], chart.times[-1]))
    window = f"{first} to {last} ({chart.zone.key})." if first != last else f"{first} ({chart.zone.key})."
    return " ".join((window, *(_finding(chart, each) for each in drawn_series(chart)), *notes))


def _finding(chart: TimeChart, series: Series) -> str:
    valued = [index for index, each in enumerate(series.readings) if each.value is not None]
    if not valued:
        return f"{series.label}: no values."
    parts = [f"last {_at(chart, series, valued[-1])}", *_range(chart, series, valued)]
    if missing := len(series.readings) - len(valued):
        parts.append(f"{missing} without a value")
    return f"{series.label}: {'; '.join(parts)}."


def _range(chart: TimeChart, series: Series, valued: Sequence[int]) -> list[str]:
    """The lowest and the highest of several values; `valued`: the indexes of all."""
    if len(valued) == 1:
        return []
    values = [value for each in series.readings if (value := each.value) is not None]
    low, high = min(values), max(values)
    if low == high:
        return [f"the same in all {len(valued)} values"]
    lowest, highest = (valued[values.index(each)] for each in (low, high))
    return [f"lowest {_at(chart, series, lowest)}", f"highest {_at(chart, series, highest)}"]


def _at(chart: TimeChart, series: Series, index: int) -> str:
    """The value at an index, its time, and what limits it."""
    found = series.readings[index]
    limits = words_of(found.qualities)
    time = _time(chart, chart.times[index])
    return f"{value_text(found.value, chart.unit)} on {time}{f' ({limits})' if limits else ''}"


@cache
def words_of(qualities: Qualities) -> str:
    """Qualities as words: "partial, provisional"; "" for a complete value."""
    return ", ".join(WORDS[each][0] for each in Quality if each in qualities)


def _time(chart: TimeChart, time: datetime) -> str:
    return bucket_text(time, chart.bucket, chart.zone)
