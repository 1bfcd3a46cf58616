"""The cache returns a value only at its version, and never exceeds its capacity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.reports.reading import cache
from graph.reports.reading.cache import VersionedCache
from graph.reports.reading.versions import Versions
from graph.reports.windows import DAY_HOURS, DaySlice

DAY = 20727
WHOLE = DaySlice(DAY, 0, DAY_HOURS)
VALUE = "value"
BYTES = 1000
VERSION = (3, 7)


@pytest.fixture(autouse=True)
def capacity_for_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "CAPACITY", 10 * BYTES)


def key(operator: int) -> tuple[str, int]:
    return "operator", operator


def test_a_value_is_returned_only_at_its_version() -> None:
    values = VersionedCache[str]()
    assert values.get(key(1), [WHOLE], {DAY: VERSION}) == [None]
    values.put(key(1), WHOLE, VERSION, VALUE, BYTES)
    assert values.get(key(1), [WHOLE], {DAY: VERSION}) == [VALUE]
    assert values.get(key(1), [WHOLE], {DAY: (4, 7)}) == [None]
    assert values.get(key(1), [WHOLE], {DAY: (3, 8)}) == [None]
    assert values.get(key(1), [WHOLE], {}) == [None]
    assert values.get(key(1), [DaySlice(DAY, 0, 5)], {DAY: VERSION}) == [None]
    assert values.get(key(2), [WHOLE], {DAY: VERSION}) == [None]


def test_a_run_of_days_is_returned_only_at_the_versions_of_all_of_them() -> None:
    values, run = VersionedCache[str](), [DaySlice(day, 0, DAY_HOURS) for day in range(DAY, DAY + 3)]
    part, known = (DAY, DAY + 2), {day: (day, 7) for day in range(DAY - 1, DAY + 5)}
    version = Versions(None, known, {}, "").of_run(run)
    assert values.get_one(key(1), part, version) is None
    values.put(key(1), part, version, VALUE, BYTES)
    assert values.get_one(key(1), part, Versions(None, dict(known), {}, "").of_run(run)) == VALUE
    for day in range(DAY, DAY + 3):
        changed = Versions(None, known | {day: (0, 7)}, {}, "").of_run(run)
        assert values.get_one(key(1), part, changed) is None
        unknown = Versions(None, {other: each for other, each in known.items() if other != day}, {}, "").of_run(run)
        assert unknown is None
        assert values.get_one(key(1), part, unknown) is None
    beside = Versions(None, known | {DAY - 1: (0, 7), DAY + 3: (0, 7)}, {}, "")
    assert values.get_one(key(1), part, beside.of_run(run)) == VALUE
    assert values.get_one(key(2), part, version) is None
    assert values.get_one(key(1), (DAY, DAY + 1), version) is None


def test_a_day_without_a_version_is_not_cached() -> None:
    values = VersionedCache[str]()
    values.put(key(1), WHOLE, None, VALUE, BYTES)
    assert values.get(key(1), [WHOLE], {}) == [None]
    assert values.size == 0


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(1, 3), st.integers(0, 2)), max_size=60))
def test_the_capacity_is_never_exceeded(puts: list[tuple[int, int, int]]) -> None:
    values = VersionedCache[str]()
    for operator, version, first in puts:
        values.put(key(operator), DaySlice(DAY, first, DAY_HOURS), (version, 7), VALUE, BYTES)
        entries = sum(len(each) for each in values._keys.values())
        assert values.size == entries * BYTES
        assert entries <= 10


def test_the_least_recently_used_key_is_evicted_first() -> None:
    values = VersionedCache[str]()
    for operator in range(10):
        values.put(key(operator), WHOLE, VERSION, VALUE, BYTES)
    values.get(key(0), [WHOLE], {DAY: VERSION})
    values.put(key(10), WHOLE, VERSION, VALUE, BYTES)
    evicted = [each for each in range(11) if values.get(key(each), [WHOLE], {DAY: VERSION}) == [None]]
    assert evicted == [1]
