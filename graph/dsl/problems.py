"""What is wrong with a query: all of it, each with its JSON path and the allowed values nearest to what was written."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from graph.errors import LONGEST_SHOWN, InvalidQueryError, QueryProblem, shown

MOST_REPORTED: Final = 50
MOST_ALLOWED: Final = 12


class Problems:
    """Problems in the order in which they were found. The first MOST_REPORTED are kept, the others only counted."""

    def __init__(self) -> None:
        self._found: list[QueryProblem] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: str, message: str, allowed: Iterable[str] = ()) -> None:
        self._count += 1
        if self._count <= MOST_REPORTED:
            self._found.append(QueryProblem(path, message, tuple(allowed)))

    def wrong(self, path: str, message: str, written: object) -> None:
        """`message` with what was written in place of `{}`. A list may have thousands: only what is told is shown."""
        self.add(path, message.format(shown(written)) if self._count < MOST_REPORTED else "")

    def unknown(self, path: str, what: str, written: object, allowed: Iterable[str]) -> None:
        """What was written is none of a closed list; the nearest of it are looked for if they are told."""
        told = self._count < MOST_REPORTED
        self.add(path, f"{shown(written)} is not {what}." if told else "", nearest(written, allowed) if told else ())

    def check(self) -> None:
        """InvalidQueryError with every problem, if there is one."""
        if not self._found:
            return
        first = self._found[0]
        raise InvalidQueryError(f"{first.path}: {first.message}{self._more()}", self._found)

    def _more(self) -> str:
        if self._count == 1:
            return ""
        told = "" if self._count <= MOST_REPORTED else f", the first {MOST_REPORTED}"
        return f" ({self._count - 1} more{told} under `problems`)"


def refusal(path: str, message: str) -> InvalidQueryError:
    """The error of a query of which one thing is wrong, and nothing else is looked at."""
    return InvalidQueryError(f"{path}: {message}", [QueryProblem(path, message)])


def nearest(written: object, allowed: Iterable[str]) -> tuple[str, ...]:
    """The allowed values, those most like what was written first; only the likeliest of many."""
    values = tuple(allowed)
    lower = {value.lower(): value for value in values}
    text = written.lower()[:LONGEST_SHOWN] if isinstance(written, str) else ""
    likely = [lower[match] for match in get_close_matches(text, lower, n=MOST_ALLOWED, cutoff=0.5)]
    rest = [value for value in values if value not in likely]
    return tuple(likely + rest if len(values) <= MOST_ALLOWED else likely or rest[:MOST_ALLOWED])
