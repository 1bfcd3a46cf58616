"""The query functions of the Python package: per dataset, the types of its names and rows, and a function."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, get_args

from schema.catalog import DATASETS, Dataset, Kind, Measure, Operator
from tools.clients.contents import document, query_options
from tools.clients.python import FOLDER, docstring, literal, module, typed_dict

_TYPES: Final[Mapping[Kind, str]] = {"integer": "int", "rate": "float", "money": "Decimal"}
_IMPORTS: Final = """
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias, TypedDict, Unpack

from anlyt_client.queries import Condition, Direction, Query, make_query
"""


def files() -> Mapping[Path, str]:
    """The content of each file, by its path, before it is formatted."""
    options = typed_dict("QueryOptions", "TypedDict", "What a query of any dataset can say.", query_options(document()))
    parts = [part for dataset in DATASETS.values() for part in _dataset(dataset)]
    texts = {
        "names.py": module(
            "The names that conditions of any dataset have.", "from typing import Literal, TypeAlias", *_names()
        ),
        "catalog.py": module("The datasets of the query language.", _IMPORTS.strip(), options, *parts),
    }
    return {FOLDER / name: text for name, text in texts.items()}


def _names() -> Sequence[str]:
    dimensions = [each.name for dataset in DATASETS.values() for each in dataset.dimensions]
    measures = [each.name for dataset in DATASETS.values() for each in dataset.measures]
    fields = dict.fromkeys([*dimensions, *measures])
    return [
        f"FieldName: TypeAlias = {literal(list(fields))}",
        f"Operator: TypeAlias = {literal(get_args(Operator))}",
    ]


def _dataset(dataset: Dataset) -> list[str]:
    prefix = dataset.name.capitalize()
    measures, dimensions = ([each.name for each in names] for names in (dataset.measures, dataset.dimensions))
    return [
        f"{prefix}Measure: TypeAlias = {literal(measures)}",
        f"{prefix}Dimension: TypeAlias = {literal(dimensions)}",
        f'{prefix}Column: TypeAlias = Literal["time"] | {prefix}Dimension | {prefix}Measure',
        _figures(prefix, dataset),
        _row(prefix, dataset),
        _function(prefix, dataset),
    ]


def _figures(prefix: str, dataset: Dataset) -> str:
    lines = [
        f"class {prefix}Figures(TypedDict, total=False):",
        f'    """The measures of the dataset `{dataset.name}`."""',
        "",
    ]
    for measure in dataset.measures:
        lines += [f"    {measure.name}: {_type(measure)}", *docstring(measure.meaning)]
    return "\n".join(lines)


def _row(prefix: str, dataset: Dataset) -> str:
    lines = [
        f"class {prefix}Row({prefix}Figures, total=False):",
        f'    """A row of the dataset `{dataset.name}`: what its query groups by, and its measures."""',
        "",
        "    time: datetime",
        '    """Start of the bucket, with `granularity`."""',
    ]
    for dimension in dataset.dimensions:
        lines += [f"    {dimension.name}: str{' | None' if dimension.nullable else ''}", *docstring(dimension.meaning)]
    lines += [f"    previous: {prefix}Figures", '    """The measures of the earlier window, with `compare_to`."""']
    return "\n".join(lines)


def _function(prefix: str, dataset: Dataset) -> str:
    return f'''def {dataset.name}(
    measures: Sequence[{prefix}Measure],
    dimensions: Sequence[{prefix}Dimension] = (),
    *,
    filter: Condition[{prefix}Dimension] | None = None,  # noqa: A002
    having: Condition[{prefix}Measure] | None = None,
    order_by: Sequence[{prefix}Column | tuple[{prefix}Column, Direction]] = (),
    **options: Unpack[QueryOptions],
) -> Query[{prefix}Row]:
    """A query. {dataset.meaning}"""
    return make_query({prefix}Row, "{dataset.name}", measures, dimensions, filter, having, order_by, options)'''


def _type(measure: Measure) -> str:
    return f"{_TYPES[measure.kind]}{' | None' if measure.nullable else ''}"
