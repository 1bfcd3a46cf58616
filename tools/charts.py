"""The files of the service's chart that are made from code: its functions, alerts and settings."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from functions import FUNCTIONS
from infra.settings import SPECS, Spec, variable

ROOT: Final = Path(__file__).resolve().parent.parent
CHART: Final = Path("infra/service")
RULES: Final = Path("infra/alerts/anlyt.rules.yaml")
OF_THE_CHART: Final = frozenset({"home", "api_host", "api_port", "audit_host", "audit_port", "metrics_port"})
"""Settings that the chart itself sets."""


def files() -> Mapping[Path, str]:
    """Path -> content."""
    return {
        # A chart cannot reach beyond its folder.
        CHART / "files/anlyt.rules.yaml": (ROOT / RULES).read_text(),
        CHART / "files/functions.yaml": "\n".join([*_functions(), ""]),
        CHART / "values.schema.json": json.dumps(_schema(), indent=2) + "\n",
    }


def _functions() -> Iterator[str]:
    yield "# Made by `make schema` from the code: the functions that ingest hosts, and what scales them."
    yield "functions:"
    for function in FUNCTIONS:
        yield f"  - {{ name: {function.name}, stream: {function.stream.name}, durable: {function.durable} }}"


def _schema() -> Mapping[str, Any]:
    """The chart's schema of values, with the settings of the code; all else of it is written by hand."""
    schema: dict[str, Any] = json.loads((ROOT / CHART / "values.schema.json").read_text())
    settings = {variable(name): _setting(spec) for name, spec in SPECS.items() if name not in OF_THE_CHART}
    schema["definitions"]["settings"]["properties"] = settings
    names = schema["definitions"]["secrets"]["propertyNames"]
    names["enum"] = list(settings)
    return schema


def _setting(spec: Spec) -> Mapping[str, str]:
    return {"type": "string", "description": spec.meaning}
