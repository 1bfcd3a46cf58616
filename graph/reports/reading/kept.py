"""What was made of days last, each with the mark of its day: the only thing that a process remembers of reports.

Of 90 days, reading and decoding histograms costs several times what adding up their parts does.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from graph.reports.reading.marks import Mark
from graph.reports.windows import Slice

CAPACITY = 64 << 20  # bytes, about

T = TypeVar("T")


class Kept(Generic[T]):
    """A value is recalled only in a snapshot in which its day has the very mark that it was made at.

    When there is more than CAPACITY, the keys that were not asked for longest go.
    """

    def __init__(self) -> None:
        self._capacity, self.size = CAPACITY, 0
        self._keys: OrderedDict[Hashable, dict[Slice, tuple[Mark, T, int]]] = OrderedDict()
        self._turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def turn(self, lacking: Hashable) -> asyncio.Lock:
        """Of several who lack the same values, one makes them; the others find them kept."""
        return self._turns.setdefault(lacking, asyncio.Lock())

    def recall(self, key: Hashable, slices: Sequence[Slice], marks: Mapping[int, Mark]) -> list[T | None]:
        """The value of each slice, in order; None where there is none, or its day has changed."""
        kept = self._keys.get(key)
        if kept is None:
            return [None] * len(slices)
        self._keys.move_to_end(key)
        return [
            held[1] if held is not None and held[0] == marks.get(piece.day) else None
            for piece, held in zip(slices, map(kept.get, slices), strict=True)
        ]

    def keep(self, key: Hashable, piece: Slice, mark: Mark | None, value: T, size: int) -> None:
        """Remembers a value of `size` bytes, unless nobody could tell when its day changes."""
        if mark is None:
            return
        kept = self._keys.setdefault(key, {})
        if (replaced := kept.get(piece)) is not None:
            self.size -= replaced[2]
        kept[piece] = mark, value, size
        self.size += size
        while self.size > self._capacity:
            _, forgotten = self._keys.popitem(last=False)
            self.size -= sum(bytes_ for _, _, bytes_ in forgotten.values())
