"""The files of the Helm charts that are made from code: functions, alerts, and the schemas of values."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from functions import FUNCTIONS
from tools import schedules
from tools.values import clickhouse, service

CHART: Final = Path("infra/service")


def files() -> Mapping[Path, str]:
    """The content of each file, by its path."""
    return {
        # A chart cannot read files outside its folder.
        CHART / "files/anlyt.rules.yaml": schedules.rules(),
        CHART / "files/functions.yaml": "\n".join([*_functions(), ""]),
        CHART / "values.schema.json": json.dumps(service.schema(), indent=2) + "\n",
        Path("infra/clickhouse/values.schema.json"): json.dumps(clickhouse.schema(), indent=2) + "\n",
    }


def _functions() -> Iterator[str]:
    yield "# Made by `make schema` from the code: the functions of ingest, and the durable consumers that scale them."
    yield "functions:"
    for function in FUNCTIONS:
        yield f"  - {{ name: {function.name}, stream: {function.stream.name}, durable: {function.durable} }}"
