"""The fair queue: turns of callers, order within a caller, and late items."""

from collections import deque
from random import Random

import pytest

from graph.http.turns import Turns


def test_callers_take_turns() -> None:
    turns: Turns[str] = Turns()
    for item in ("a1", "a2", "a3", "b1", "c1", "b2"):
        turns.add(item[0], 1.0, item)
    assert len(turns) == 6
    assert [turns.take() for _ in range(6)] == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert len(turns) == 0
    with pytest.raises(KeyError):
        turns.take()


def test_late_items_are_removed_and_the_others_keep_their_turns() -> None:
    turns: Turns[str] = Turns()
    for late_at, item in enumerate(("a1", "b1", "a2", "c1", "a3")):
        turns.add(item[0], float(late_at), item)
    assert sorted(turns.take_late(1.0)) == ["a1", "b1"]
    assert list(turns.take_late(1.5)) == []
    assert len(turns) == 3
    assert [turns.take() for _ in range(3)] == ["a2", "c1", "a3"]


def test_random_sequences_equal_those_of_a_list(seed: int) -> None:
    random, turns, now = Random(seed), Turns[int](), 0.0
    waiting: dict[int, deque[tuple[float, int]]] = {}
    order: list[int] = []  # callers, the next one first
    for number in range(3000):
        now += random.random()
        match random.choice(("add", "add", "take", "late")):
            case "add":
                caller = random.randrange(5)
                turns.add(caller, now + 10, number)
                waiting.setdefault(caller, deque()).append((now + 10, number))
                order += [] if caller in order else [caller]
            case "take" if order:
                caller = order.pop(0)
                assert turns.take() == waiting[caller].popleft()[1]
                order += [caller] if waiting[caller] else []
            case "late":
                late = sorted(item for queue in waiting.values() for late_at, item in queue if late_at <= now)
                assert sorted(turns.take_late(now)) == late
                for caller, queue in waiting.items():
                    waiting[caller] = deque(each for each in queue if each[0] > now)
                order = [caller for caller in order if waiting[caller]]
        assert len(turns) == sum(map(len, waiting.values()))
