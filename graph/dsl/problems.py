"""What is wrong with a query: all of it, each with its JSON path and the allowed values nearest to what was written."""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from graph.errors import InvalidQueryError, QueryProblem

MOST_TOLD: Final = 50
MOST_ALLOWED: Final = 12
LONGEST_SHOWN: Final = 60


class Problems:
    """Problems in the order in which they were found."""

    def __init__(self) -> None:
        self._found: list[QueryProblem] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: str, message: str, allowed: Iterable[str] = ()) -> None:
        self._found.append(QueryProblem(path, message, tuple(allowed)))

    def unknown(self, path: str, what: str, written: object, allowed: Iterable[str]) -> None:
        """What was written is none of a closed list."""
        self.add(path, f"{shown(written)} is not {what}.", nearest(written, allowed))

    def check(self) -> None:
        """InvalidQueryError with every problem, if there is one."""
        if not self._found:
            return
        told = self._found[:MOST_TOLD]
        first, count = told[0], len(self._found)
        more = f" ({count - 1} more under `problems`)" if count > 1 else ""
        raise InvalidQueryError(f"{first.path}: {first.message}{more}", told)


def nearest(written: object, allowed: Iterable[str]) -> tuple[str, ...]:
    """The allowed values, those most like what was written first; only the likeliest of many."""
    values = tuple(allowed)
    lower = {value.lower(): value for value in values}
    text = written.lower()[:LONGEST_SHOWN] if isinstance(written, str) else ""
    likely = [lower[match] for match in get_close_matches(text, lower, n=MOST_ALLOWED, cutoff=0.5)]
    rest = [value for value in values if value not in likely]
    return tuple(likely + rest if len(values) <= MOST_ALLOWED else likely or rest[:MOST_ALLOWED])


def shown(written: object) -> str:
    """What was written, as ASCII JSON, cut short."""
    text = json.dumps(written, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
