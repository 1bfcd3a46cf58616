from datetime import UTC, datetime, timedelta
from itertools import permutations

from pipelines.copies.copies import Fact, later, of_closed_days
from schema.facts import version
from schema.instants import instant

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


def fact(tenant: str, stored: datetime, *, key: int = 7, at: datetime = NOON) -> Fact:
    return Fact(instant(at), key, tenant, version(1000 * instant(stored)))


def test_the_copy_that_was_stored_first_stays() -> None:
    """The order of the copies does not matter."""
    copies = [fact(tenant, NOON + timedelta(seconds=number)) for number, tenant in enumerate(("c", "unknown", "a"))]
    for order in permutations(copies):
        assert later(order) == sorted(copies[1:])


def test_events_are_told_apart_by_time_and_key() -> None:
    assert later([fact("a", NOON), fact("b", NOON, key=8), fact("c", NOON, at=NOON - timedelta(microseconds=1))]) == []


def test_of_one_instant_the_choice_is_always_the_same() -> None:
    copies = [fact("b", NOON), fact("a", NOON)]
    assert later(copies) == later(copies[::-1]) == [copies[0]]


def test_what_a_link_covers_is_evidence() -> None:
    copies = [fact("a", NOON), fact("b", NOON + timedelta(seconds=1))]
    assert of_closed_days(copies, {}) == []
    assert of_closed_days(copies, {NOON.date() - timedelta(days=1): NOON + timedelta(days=9)}) == []
    assert of_closed_days(copies, {NOON.date(): NOON + timedelta(seconds=1)}) == copies[:1]
