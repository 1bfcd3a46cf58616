"""Fixtures for the tests of both charts. A test module defines CHART and, if it uses `manifests`, VARIATIONS."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.charts import Chart, Manifest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "variation" in metafunc.fixturenames:
        variations = metafunc.module.VARIATIONS
        metafunc.parametrize("variation", variations.values(), ids=list(variations), scope="module")


@pytest.fixture(scope="module")
def chart(request: pytest.FixtureRequest) -> Chart:
    found: Chart = request.module.CHART
    return found


@pytest.fixture(scope="module")
def manifests(chart: Chart, variation: Mapping[str, Any]) -> list[Manifest]:
    return chart.manifests(**variation)


@pytest.fixture(scope="module")
def default(chart: Chart) -> list[Manifest]:
    return chart.manifests()
