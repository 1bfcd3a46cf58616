"""How far the streams were counted before an answer was read: its `completeUntil`, and which points are complete."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

# The time until which everything that had arrived in the streams is counted; None: not known.
CompleteUntil: TypeAlias = Callable[[], datetime | None]


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far the streams were counted before an answer was read."""

    until: datetime | None
    now: datetime

    def horizon(self, data_as_of: datetime | None) -> datetime | None:
        """Events before this time are counted, if they have arrived. Without `until`, it is the newest event."""
        if self.until is not None:
            return self.until
        return None if data_as_of is None else min(data_as_of, self.now)
