"""The catalogue as callers read it."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias, get_args

from msgspec import Meta, Struct

from graph.access.disclosure import Secret, disclosed_by_dimension, disclosed_by_measure
from graph.dsl.ast import CompareTo
from graph.reports.answers import Report
from schema.catalog import DATASETS, Dataset, Granularity
from schema.catalog import Dimension as KnownDimension
from schema.catalog import Measure as KnownMeasure

Name: TypeAlias = Annotated[str, Meta(description="As a query writes it.")]
Meaning: TypeAlias = Annotated[str, Meta(description="One sentence.")]
Disclosed: TypeAlias = Annotated[
    Secret | None,
    Meta(description="What not every caller may read of everybody: COST, or MNO; null: all may read all they see."),
]
MeasureType = Literal["integer", "rate", "money"]


class CatalogMeasure(Struct, frozen=True):
    """A number of each row."""

    name: Name
    type: Annotated[
        MeasureType,
        Meta(description="`integer`: exact; `rate`: a number with 4 decimals; `money`: a string with 6 decimals."),
    ]
    unit: Annotated[str, Meta(description="What it counts or measures.")]
    meaning: Meaning
    nullable: Annotated[bool, Meta(description="Whether it may be null: there is nothing to divide by, or to average.")]
    approximate: Annotated[str | None, Meta(description="How it is estimated; null: it is exact.")]
    operators: Annotated[Sequence[str], Meta(description="What a condition of `having` may do with it.")]
    discloses: Disclosed


class CatalogDimension(Struct, frozen=True):
    """A text to group and to filter by."""

    name: Name
    meaning: Meaning
    values: Annotated[Sequence[str], Meta(description="All there are, where that is known; else empty.")]
    nullable: Annotated[bool, Meta(description="Whether it may be null.")]
    operators: Annotated[Sequence[str], Meta(description="What a condition of `filter` may do with it.")]
    discloses: Disclosed


class CatalogDataset(Struct, frozen=True):
    """One kind of events."""

    name: Name
    meaning: Meaning
    measures: Annotated[Sequence[CatalogMeasure], Meta(description="What can be computed.")]
    dimensions: Annotated[Sequence[CatalogDimension], Meta(description="What can be grouped and filtered by.")]


class Catalog(Report, frozen=True, rename="camel"):
    """What can be asked: the names of a query, and what each means."""

    about = "What a query can ask, and what it means."

    datasets: Annotated[Sequence[CatalogDataset], Meta(description="What can be asked about.")]
    granularities: Annotated[Sequence[str], Meta(description="Of `time`: how long a row's bucket is.")]
    compare_to: Annotated[Sequence[str], Meta(description="What `previous` may be.")]


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
