"""What the form of `/explore` offers: the names of the catalogue that the caller may use, with their meanings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, get_args

from graph.access import Scope, readable_extent
from graph.dsl.ast import CompareTo
from graph.web.explore.question import Question
from schema.catalog import DATASETS, Dataset, Dimension, Granularity
from schema.catalog.dimensions import TENANT

COMPARISONS: Final[dict[CompareTo, str]] = {
    "previousPeriod": "the period before",
    "sameElapsed": "the same elapsed part of the period before",
}


class Choice(NamedTuple):
    """A name to choose. `meaning` is empty for one that the URL has, but that is not on offer."""

    name: str
    meaning: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """The names on offer for a dataset. Chosen ones are among them even if they are wrong, so that nothing is lost."""

    dataset: Dataset
    measures: Sequence[Choice]
    dimensions: Sequence[Choice]
    values: Sequence[str]

    @property
    def datasets(self) -> Sequence[Dataset]:
        """All datasets."""
        return list(DATASETS.values())

    @property
    def granularities(self) -> Sequence[str]:
        """The lengths of time buckets, `none` first."""
        return sorted(get_args(Granularity), key=lambda name: name != "none")


def offer_of(scope: Scope, question: Question, *, reads_names: bool = False) -> Offer:
    """What the form offers. `reads_names`: whether an answer showed that the caller reads the names of networks."""
    dataset = question.dataset
    usable = [each for each in dataset.dimensions if _may_use(scope, each, reads_names=reads_names)]
    measures = {each.name: each.meaning for each in dataset.measures}
    dimensions = {each.name: each.meaning for each in usable}
    values = dict.fromkeys(value for each in usable for value in each.values)
    return Offer(
        dataset,
        list(_choices(measures, question.measures)),
        list(_choices(dimensions, question.dimensions)),
        list(values),
    )


def named(names: Sequence[str]) -> Mapping[str, str]:
    """Values that are their own labels."""
    return {name: name for name in names}


def columns(offer: Offer) -> Mapping[str, str]:
    """The columns to sort by, "" for none: value -> label."""
    names = [each.name for each in (*offer.dimensions, *offer.measures)]
    return {"": "time, then dimensions", **named(["time", *names])}


def _may_use(scope: Scope, dimension: Dimension, *, reads_names: bool) -> bool:
    """Whether a dimension tells the caller something: its queries read one tenant, or pseudonyms in place of names."""
    if readable_extent(scope, "MNO") == "EVERYBODYS":
        return True
    return dimension is not TENANT and (reads_names or not dimension.reveals_mno)


def _choices(known: dict[str, str], chosen: Sequence[str]) -> Iterator[Choice]:
    for name, meaning in known.items():
        yield Choice(name, meaning, name in chosen)
    for name in dict.fromkeys(chosen):
        if name not in known:
            yield Choice(name, "", chosen=True)
