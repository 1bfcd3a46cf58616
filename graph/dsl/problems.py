"""Collects all problems of a query, each with its JSON path and the nearest allowed values."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from graph.errors import LONGEST_SHOWN, InvalidQueryError, QueryProblem, shown

MOST_REPORTED: Final = 50
MOST_ALLOWED: Final = 12


class Problems:
    """Problems in the order of their discovery. Keeps the first MOST_REPORTED, and counts the others."""

    def __init__(self) -> None:
        self._found: list[QueryProblem] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: str, message: str, allowed: Iterable[str] = ()) -> None:
        """Adds a problem at a JSON path."""
        self._count += 1
        if self._count <= MOST_REPORTED:
            self._found.append(QueryProblem(path, message, tuple(allowed)))

    def wrong(self, path: str, message: str, written: object) -> None:
        """Adds a problem whose message shows the wrong value in place of `{}`.

        Formats only values that are reported: a list may have thousands of wrong ones.
        """
        self.add(path, message.format(shown(written)) if self._count < MOST_REPORTED else "")

    def unknown(self, path: str, what: str, written: object, allowed: Iterable[str]) -> None:
        """Adds a problem for a value outside a closed list, with the nearest allowed values."""
        if self._count < MOST_REPORTED:
            self.add(path, f"{shown(written)} is not {what}.", nearest(written, allowed))
        else:
            self.add(path, "")  # counted only: finding the nearest values takes time

    def check(self) -> None:
        """Raises InvalidQueryError with all problems, if there are any."""
        if not self._found:
            return
        first = self._found[0]
        raise InvalidQueryError(f"{first.path}: {first.message}{self._more()}", self._found)

    def _more(self) -> str:
        if self._count == 1:
            return ""
        kept = "" if self._count <= MOST_REPORTED else f", the first {MOST_REPORTED}"
        return f" ({self._count - 1} more{kept} under `problems`)"


def refusal(path: str, message: str) -> InvalidQueryError:
    """Returns the error of a query with a single problem that prevents further checks."""
    return InvalidQueryError(f"{path}: {message}", [QueryProblem(path, message)])


def nearest(written: object, allowed: Iterable[str]) -> tuple[str, ...]:
    """Returns the allowed values, the most similar ones first; of more than MOST_ALLOWED, only the similar ones."""
    values = tuple(allowed)
    lower = {value.lower(): value for value in values}
    text = written.lower()[:LONGEST_SHOWN] if isinstance(written, str) else ""
    likely = [lower[match] for match in get_close_matches(text, lower, n=MOST_ALLOWED, cutoff=0.5)]
    rest = [value for value in values if value not in likely]
    return tuple(likely + rest if len(values) <= MOST_ALLOWED else likely or rest[:MOST_ALLOWED])
