"""Which readings of a long series are drawn: the lowest and the highest of each group. Pure; nothing is averaged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from graph.web.charts.values import Qualities, Series, TimeChart


@dataclass(frozen=True, slots=True)
class Plotted:
    """A reading that has a value, and its place among the chart's times."""

    index: int
    value: Decimal
    qualities: Qualities


def group_size(count: int, groups: int) -> int:
    """How many buckets share a group, so that there are at most `groups`; with 1, every reading is drawn."""
    return max(-(-count // groups), 1)


def unbroken(chart: TimeChart) -> tuple[bool, ...]:
    """For each time but the last, whether the next one follows without a missing bucket."""
    return tuple(after == end for after, end in zip(chart.times[1:], chart.ends, strict=False))


def runs(series: Series, follows: Sequence[bool]) -> Iterator[list[Plotted]]:
    """The readings that one line may join: values of buckets without a gap between them."""
    run: list[Plotted] = []
    for index, each in enumerate(series.readings):
        if run and (each.value is None or not follows[index - 1]):
            yield run
            run = []
        if each.value is not None:
            run.append(Plotted(index, each.value, each.qualities))
    if run:
        yield run


def thinned(run: Sequence[Plotted], size: int) -> list[Plotted]:
    """The first and the last reading of a run, and the lowest and the highest of each group of `size` buckets."""
    if size == 1:
        return list(run)
    kept = {run[0].index: run[0], run[-1].index: run[-1]}
    for _, group in groupby(run, key=lambda each: each.index // size):
        members = list(group)
        for extreme in (min(members, key=_value), max(members, key=_value)):
            kept[extreme.index] = extreme
    return [kept[index] for index in sorted(kept)]


def _value(each: Plotted) -> Decimal:
    return each.value
