"""What the API gives an engine to answer: so long that it is never a busy machine that a test is about.

A test of engines that are away has a fixture of the same name, which leaves the limits as they are.
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
