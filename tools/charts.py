"""The files of the charts that are made from code: functions, alerts, and what values may be."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from functions import FUNCTIONS
from tools import schedules
from tools.values import clickhouse, service

CHART: Final = Path("infra/service")


def files() -> Mapping[Path, str]:
    """Path -> content."""
    return {
        # A chart cannot reach beyond its folder.
        CHART / "files/anlyt.rules.yaml": schedules.rules(),
        CHART / "files/functions.yaml": "\n".join([*_functions(), ""]),
        CHART / "values.schema.json": json.dumps(service.schema(), indent=2) + "\n",
        Path("infra/clickhouse/values.schema.json"): json.dumps(clickhouse.schema(), indent=2) + "\n",
    }


def _functions() -> Iterator[str]:
    yield "# Made by `make schema` from the code: the functions that ingest hosts, and what scales them."
    yield "functions:"
    for function in FUNCTIONS:
        yield f"  - {{ name: {function.name}, stream: {function.stream.name}, durable: {function.durable} }}"
