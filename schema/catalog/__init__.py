"""The catalogue: the measures and dimensions of each dataset, their meaning, and how each table computes them.

In reading order: `terms` (the types), `dimensions`, then one module per dataset: `dlr`, `cdr` and `compliance`. `audit`
has the columns of audits.
"""

from collections.abc import Mapping
from typing import Final

from schema.catalog.cdr import CDR
from schema.catalog.compliance import COMPLIANCE
from schema.catalog.dlr import DLR
from schema.catalog.terms import DECIMALS, CatalogTable, Dataset, Dimension, Granularity, Kind, Measure, Operator

__all__ = ["DATASETS", "DECIMALS", "CatalogTable", "Dataset", "Dimension", "Granularity", "Kind", "Measure", "Operator"]

DATASETS: Final[Mapping[str, Dataset]] = {dataset.name: dataset for dataset in (DLR, CDR, COMPLIANCE)}
