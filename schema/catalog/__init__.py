"""The catalogue: what can be asked of which dataset, what it means, and how each table answers it. Data only."""

from collections.abc import Mapping
from typing import Final

from schema.catalog.cdr import CDR
from schema.catalog.compliance import COMPLIANCE
from schema.catalog.dlr import DLR
from schema.catalog.terms import DECIMALS, Dataset, Dimension, Granularity, Kind, Measure, Operator, Table

__all__ = ["DATASETS", "DECIMALS", "Dataset", "Dimension", "Granularity", "Kind", "Measure", "Operator", "Table"]

DATASETS: Final[Mapping[str, Dataset]] = {dataset.name: dataset for dataset in (DLR, CDR, COMPLIANCE)}
