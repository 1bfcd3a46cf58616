"""docs/OBSERVABILITY.md has every metric family and every span of the code."""

import re
from typing import get_args

from functions import FUNCTIONS
from infra.telemetry import Span
from pipelines.pipeline_registry import DEFINITIONS
from tools.export import ROOT
from tools.reference import families

PAGE = (ROOT / "docs/OBSERVABILITY.md").read_text()


def test_the_families_are_those_of_the_code() -> None:
    assert set(re.findall(r"`(anlyt_\w+)`", PAGE)) == set(families())


def test_the_spans_are_those_of_the_code() -> None:
    assert set(re.findall(r"`(anlyt\.[\w.]+)`", PAGE)) == {
        *get_args(Span),
        *(definition.span for definition in DEFINITIONS.values()),
    }
    assert {function.span for function in FUNCTIONS} <= set(get_args(Span))
