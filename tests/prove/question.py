"""What every question can do: be asked in all ways, become smaller, and be written as text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import httpx

from tests.graph.support.expected import Window
from tests.graph.support.store import HOUR
from tests.prove.truth import Truth


@dataclass(frozen=True, slots=True)
class Service:
    """The API, what it should answer, and the number of comparisons of each kind so far."""

    client: httpx.AsyncClient
    truth: Truth
    compared: Counter[str]


class Question(Protocol):
    """A question as a value. Each way's request is made from it."""

    async def differences(self, service: Service) -> Sequence[str]:
        """Asks in all ways; returns one line for each comparison that fails."""

    def smaller(self) -> Iterator["Question"]:
        """Yields simpler questions of the same kind, the simplest ones first."""

    def events(self, truth: Truth) -> Sequence[object]:
        """Returns the events, or hours, of its window."""


def halves_of(window: Window) -> Sequence[Window]:
    """The two parts of a window of whole hours; none of an hour."""
    start, end = window
    middle = start + (end - start) // 2 // HOUR * HOUR
    return [(start, middle), (middle, end)] if middle > start else []
