"""What the API gives an engine to answer: so long that it is never a busy machine that a test is about.

A test of engines that are away has a fixture of the same name, which leaves the limits as they are.
"""

from typing import Final

import pytest

from graph import patience, postgres, turns

LONG: Final = 60.0  # seconds


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PING", LONG)
    monkeypatch.setattr(postgres, "LIMIT", LONG)
    monkeypatch.setattr(turns, "PATIENCE", LONG)
