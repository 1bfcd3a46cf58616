"""Prints what is wrong with the events of a file: the first problems, and the number of the others."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from commands.support.event_checks import CheckedEvent

Show = Callable[[str], None]


class EventReport:
    """Shows the first `limit` lines. `count` is the number of events."""

    def __init__(self, show: Show, limit: int, *, as_json: bool = False) -> None:
        self._show = show
        self._left = limit
        self._as_json = as_json
        self._hidden = 0
        self.count = self._bad = 0
        self._of_file: str | None = None

    def add(self, event: CheckedEvent) -> None:
        """Shows one line per problem and note of an event."""
        if event.is_event:
            self.count += 1
            self._bad += bool(event.problems)
        else:
            self._of_file = event.problems[0].sentence
        for line in _lines(event):
            if self._left:
                self._left -= 1
                self._show(json.dumps(line) if self._as_json else _in_words(line))
            else:
                self._hidden += 1

    def verdict(self, consequence: str = "") -> str | None:
        """One sentence about what is wrong, with its `consequence` for bad events; None if nothing is."""
        if self._bad:
            return f"{self._bad:,} of {events(self.count)} cannot be counted{consequence}."
        return self._of_file

    def end(self) -> None:
        """Shows how many lines were not shown."""
        if self._hidden and not self._as_json:
            self._show(f"... and {self._hidden:,} more. --limit shows more of them.")


def events(count: int) -> str:
    """The number of events in words."""
    return f"{count:,} event" if count == 1 else f"{count:,} events"


def _lines(event: CheckedEvent) -> Iterator[dict[str, Any]]:
    about = {"line": event.line, "type": event.type.event_type if event.type else None}
    for problem in event.problems:
        yield {
            **about,
            "path": problem.path,
            "reason": problem.reason,
            "sentence": problem.sentence,
            "hint": problem.hint,
        }
    for note in event.notes:
        yield {**about, "path": "$", "reason": None, "sentence": note, "hint": None}


def _in_words(line: dict[str, Any]) -> str:
    kind = f" {line['type']}" if line["type"] else ""
    word = "" if line["reason"] else "note: "
    hint = f" {line['hint']}" if line["hint"] else ""
    return f"line {line['line']}:{kind} {line['path']}: {word}{line['sentence']}{hint}"
