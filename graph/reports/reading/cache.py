"""An LRU cache of values computed from day slices. It is the only state that a process keeps between reports.

For 90 days, reading and decoding the histograms costs several times what adding up their totals does; and adding these
up costs as much as all the rest of a report.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from graph.reports.reading.versions import DayVersion
from graph.reports.windows import DaySlice

CAPACITY = 64 << 20  # bytes, approximately

T = TypeVar("T")


class _Entry(NamedTuple, Generic[T]):
    version: Hashable
    value: T
    size: int


class VersionedCache(Generic[T]):
    """Returns a value only in a snapshot in which its day has the version that the value was computed at.

    Above CAPACITY bytes, it evicts the least recently used keys.
    """

    def __init__(self) -> None:
        self._capacity, self.size = CAPACITY, 0
        self._keys: OrderedDict[Hashable, dict[Hashable, _Entry[T]]] = OrderedDict()
        self._flights: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def single_flight(self, missing: Hashable) -> asyncio.Lock:
        """A lock for computing the missing values: the first holder computes, the next ones find them cached."""
        return self._flights.setdefault(missing, asyncio.Lock())

    def get(self, key: Hashable, slices: Sequence[DaySlice], versions: Mapping[int, DayVersion]) -> list[T | None]:
        """The value of each slice, in order. None: not cached, or the day has changed."""
        entries = self._keys.get(key)
        if entries is None:
            return [None] * len(slices)
        self._keys.move_to_end(key)
        return [
            entry.value if entry is not None and entry.version == versions.get(day_slice.day) else None
            for day_slice, entry in zip(slices, map(entries.get, slices), strict=True)
        ]

    def get_one(self, key: Hashable, part: Hashable, version: Hashable) -> T | None:
        """The value of one part, such as a run of days with the version of each."""
        entries = self._keys.get(key)
        if entries is None or (entry := entries.get(part)) is None or entry.version != version:
            return None
        self._keys.move_to_end(key)
        return entry.value

    def put(self, key: Hashable, part: Hashable, version: Hashable, value: T, size: int) -> None:
        """Caches a value of `size` bytes. Ignores a part without a version, since its changes would go unnoticed."""
        if version is None:
            return
        entries = self._keys.setdefault(key, {})
        if (replaced := entries.get(part)) is not None:
            self.size -= replaced.size
        entries[part] = _Entry(version, value, size)
        self.size += size
        while self.size > self._capacity:
            _, evicted = self._keys.popitem(last=False)
            self.size -= sum(entry.size for entry in evicted.values())
