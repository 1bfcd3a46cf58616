"""The answer of the catalogue endpoint: datasets, measures and dimensions of the query language."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias, get_args

from msgspec import Meta, Struct

from graph.access.disclosure import Secret, disclosed_by_dimension, disclosed_by_measure
from graph.answer import Report
from graph.dsl.ast import CompareTo
from schema.catalog import DATASETS, Dataset, Granularity
from schema.catalog import Dimension as KnownDimension
from schema.catalog import Measure as KnownMeasure

Name: TypeAlias = Annotated[str, Meta(description="The name in queries.")]
Meaning: TypeAlias = Annotated[str, Meta(description="One sentence.")]
Disclosed: TypeAlias = Annotated[
    Secret | None,
    Meta(description="The restricted information that it discloses: COST or MNO; null if it discloses none."),
]
MeasureType = Literal["integer", "rate", "money"]


class CatalogMeasure(Struct, frozen=True):
    """A figure of each row."""

    name: Name
    type: Annotated[
        MeasureType,
        Meta(description="`integer`: exact; `rate`: a number with 4 decimals; `money`: a string with 6 decimals."),
    ]
    unit: Annotated[str, Meta(description="The unit that it counts or measures.")]
    meaning: Meaning
    nullable: Annotated[
        bool, Meta(description="Whether it may be null, when there is nothing to divide by or average.")
    ]
    approximate: Annotated[str | None, Meta(description="The method that estimates it; null if it is exact.")]
    operators: Annotated[Sequence[str], Meta(description="The operators that `having` allows for it.")]
    discloses: Disclosed


class CatalogDimension(Struct, frozen=True):
    """A text to group and filter by."""

    name: Name
    meaning: Meaning
    values: Annotated[Sequence[str], Meta(description="All its values if they are a closed list, otherwise empty.")]
    nullable: Annotated[bool, Meta(description="Whether it may be null.")]
    operators: Annotated[Sequence[str], Meta(description="The operators that `filter` allows for it.")]
    discloses: Disclosed


class CatalogDataset(Struct, frozen=True):
    """One kind of events."""

    name: Name
    meaning: Meaning
    measures: Annotated[Sequence[CatalogMeasure], Meta(description="The figures that a query can compute.")]
    dimensions: Annotated[
        Sequence[CatalogDimension], Meta(description="The attributes that a query can group and filter by.")
    ]


class Catalog(Report, frozen=True, rename="camel"):
    """The names that a query may use, each with its meaning."""

    about = "The datasets, measures and dimensions of the query language."

    datasets: Annotated[Sequence[CatalogDataset], Meta(description="The datasets that a query can read.")]
    granularities: Annotated[Sequence[str], Meta(description="The values of `time.granularity`.")]
    compare_to: Annotated[Sequence[str], Meta(description="The values of `compareTo`.")]


def _measure(measure: KnownMeasure) -> CatalogMeasure:
    return CatalogMeasure(
        measure.name,
        measure.kind,
        measure.unit,
        measure.meaning,
        measure.nullable,
        measure.approximate,
        measure.operators,
        disclosed_by_measure(measure),
    )


def _dimension(dimension: KnownDimension) -> CatalogDimension:
    return CatalogDimension(
        dimension.name,
        dimension.meaning,
        dimension.values,
        dimension.nullable,
        dimension.operators,
        disclosed_by_dimension(dimension),
    )


def _dataset(dataset: Dataset) -> CatalogDataset:
    return CatalogDataset(
        dataset.name,
        dataset.meaning,
        [_measure(measure) for measure in dataset.measures],
        [_dimension(dimension) for dimension in dataset.dimensions],
    )


CATALOG: Final = Catalog(
    [_dataset(dataset) for dataset in DATASETS.values()], get_args(Granularity), get_args(CompareTo)
)
