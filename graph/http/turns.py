"""A fair queue: callers take turns, so the crowd of one caller does not delay the others."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Waiting items, each of a caller and with the time at which it is late. All wait equally long."""

    def __init__(self) -> None:
        self._queues: OrderedDict[Hashable, deque[tuple[float, T]]] = OrderedDict()  # the next caller's first
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, caller: Hashable, late_at: float, item: T) -> None:
        """Adds an item as its caller's last."""
        self._queues.setdefault(caller, deque()).append((late_at, item))
        self._length += 1

    def take(self) -> T:
        """Removes the first item of the caller whose turn it is. Raises KeyError if none waits."""
        caller, queue = self._queues.popitem(last=False)
        _, item = queue.popleft()
        if queue:
            self._queues[caller] = queue
        self._length -= 1
        return item

    def take_late(self, now: float) -> Iterator[T]:
        """Removes all items that are late at `now`."""
        for caller, queue in list(self._queues.items()):
            while queue and queue[0][0] <= now:
                self._length -= 1
                yield queue.popleft()[1]
            if not queue:
                self._queues.pop(caller, None)
