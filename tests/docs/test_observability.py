"""docs/OBSERVABILITY.md against the code: every family, span and log field."""

import ast
import re
from typing import get_args

from functions import FUNCTIONS
from infra.telemetry import Span
from pipelines.pipeline_registry import DEFINITIONS
from tools.export import ROOT
from tools.reference import families

PAGE = (ROOT / "docs/OBSERVABILITY.md").read_text()
ROOMS = ("commands", "demo", "functions", "graph", "infra", "ingest", "pipelines", "schema")
# What structlog makes of keyword arguments of its own.
RENAMED = {"exc_info": "exception"}


def test_every_family_is_there_and_no_other() -> None:
    assert set(re.findall(r"`(anlyt_\w+)`", PAGE)) == set(families())


def test_every_span_is_there_and_no_other() -> None:
    assert set(re.findall(r"`(anlyt\.[\w.]+)`", PAGE)) == {
        *get_args(Span),
        *(definition.span for definition in DEFINITIONS.values()),
    }
    assert {function.span for function in FUNCTIONS} <= set(get_args(Span))


def test_every_field_of_a_log_line_is_there() -> None:
    described = set(re.findall(r"`(\w+)`", PAGE.partition("## Log lines")[2]))
    assert logged() - described == set()


def logged() -> set[str]:
    """The keyword arguments of all log lines in the code."""
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    calls = [node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    names = {keyword.arg for call in calls if is_log_line(call) for keyword in call.keywords if keyword.arg}
    assert {"function", "pipeline", "requestId"} - names == set()
    return {RENAMED.get(name, name) for name in names}


def is_log_line(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(
            ast.Call(ast.Name("logger")) | ast.Name("log"), "debug" | "info" | "warning" | "error" | "exception"
        ):
            return True
    return False
