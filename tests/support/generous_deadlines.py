"""Long deadlines for engines, so that a busy machine fails no test.

A test of unreachable engines overrides this fixture by one of the same name, which keeps the limits.
"""

from typing import Final

import pytest

from graph import deadlines, postgres
from graph.reports.reading import concurrency

LONG: Final = 60.0  # seconds


@pytest.fixture(autouse=True)
def generous_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "PING", LONG)
    monkeypatch.setattr(postgres, "LIMIT", LONG)
    monkeypatch.setattr(concurrency, "MAX_WAIT", LONG)
