"""The parts that were made last, each with the mark of its day: the only thing that a process remembers of reports.

Of 90 days, reading and decoding histograms costs several times what adding up their parts does.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

from graph.access import Subject
from graph.reports.marks import Mark
from graph.reports.parts import Part
from graph.reports.windows import Granularity, Slice

CAPACITY = 64 << 20  # bytes, about
_PART_BYTES: Final = 1500  # without its samples

Key: TypeAlias = tuple[Subject, Granularity]


class Kept:
    """A part is recalled only in a snapshot in which its day has the very mark that it was read at.

    The subjects that were not read for the longest time go when there is more than CAPACITY.
    """

    def __init__(self) -> None:
        self._capacity, self.size = CAPACITY, 0
        self._subjects: OrderedDict[Key, dict[Slice, tuple[Mark, Part]]] = OrderedDict()
        self._turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def turn(self, lacking: Hashable) -> asyncio.Lock:
        """Of several who lack the same parts, one reads them; the others find them kept."""
        return self._turns.setdefault(lacking, asyncio.Lock())

    def recall(self, key: Key, slices: Sequence[Slice], marks: Mapping[int, Mark]) -> list[Part | None]:
        """The part of each slice, in order; None where there is none, or its day has changed."""
        kept = self._subjects.get(key)
        if kept is None:
            return [None] * len(slices)
        self._subjects.move_to_end(key)
        found = map(kept.get, slices)
        return [
            held[1] if held is not None and held[0] == marks.get(piece.day) else None
            for piece, held in zip(slices, found, strict=True)
        ]

    def keep(self, key: Key, piece: Slice, mark: Mark | None, part: Part) -> None:
        """Remembers a part, unless nobody could tell when its day changes."""
        if mark is None:
            return
        kept = self._subjects.setdefault(key, {})
        if (replaced := kept.get(piece)) is not None:
            self.size -= _bytes(replaced[1])
        kept[piece] = mark, part
        self.size += _bytes(part)
        while self.size > self._capacity:
            _, forgotten = self._subjects.popitem(last=False)
            self.size -= sum(_bytes(each) for _, each in forgotten.values())


def _bytes(part: Part) -> int:
    return _PART_BYTES + part.samples.nbytes
