"""Until when an answer is complete."""

from datetime import UTC, datetime

from graph.completeness import Completeness
from tests.graph.support.store import DAY, HOUR

START = datetime(2026, 10, 1, tzinfo=UTC)


def test_without_known_completeness_the_horizon_is_the_newest_event() -> None:
    unknown = Completeness(None, START)
    assert unknown.horizon(None) is None
    assert unknown.horizon(START - HOUR) == START - HOUR
    assert unknown.horizon(START + HOUR) == START  # an event from the future
    assert Completeness(START - DAY, START).horizon(START) == START - DAY
