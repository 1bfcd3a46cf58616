"""What was read and answered before, each with what it has to be checked against."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final, NamedTuple

from graph.identity import Subject
from graph.reports.marks import Mark, Marks, Seen
from graph.reports.sources import P, Source, Want
from graph.reports.windows import Slice

PIECES_CAPACITY = 256 << 20  # bytes, by the sources' estimates
ANSWERS_CAPACITY = 8 << 20  # points of series: 8 bytes each, as the points themselves are shared with the pieces
LARGEST_ANSWER: Final = 5000  # points


class Kept(NamedTuple):
    """One day of a subject: the pieces read at `mark`, by their first and end hour."""

    mark: Mark
    pieces: dict[tuple[int, int], Any]


class PieceCache:
    """The subjects that were not read for the longest time go when the estimates exceed PIECES_CAPACITY."""

    def __init__(self) -> None:
        self._capacity, self._size = PIECES_CAPACITY, 0
        self._subjects: OrderedDict[tuple[Source[Any], Subject], dict[int, Kept]] = OrderedDict()

    def has(self, want: Want[Any]) -> bool:
        """Whether anything of a want's subject is kept."""
        return (want.source, want.subject) in self._subjects

    def recall(self, want: Want[P], marks: Marks) -> list[P | None]:
        """The pieces of a want, in order; None where there is none or its mark does not hold any more."""
        key = (want.source, want.subject)
        days = self._subjects.get(key)
        if days is None:
            return [None] * len(want.window.slices)
        self._subjects.move_to_end(key)
        return [
            kept.pieces.get((piece.first, piece.end))
            if (kept := days.get(piece.day)) is not None and kept.mark == marks.get(piece.day)
            else None
            for piece in want.stored
        ]

    def keep(self, source: Source[P], subject: Subject, piece: Slice, mark: Mark, content: P) -> None:
        """Remembers a piece read in a snapshot in which its day bore `mark`, and forgets what it replaces."""
        days = self._subjects.setdefault((source, subject), {})
        self._subjects.move_to_end((source, subject))
        kept = days.get(piece.day)
        if kept is None or kept.mark != mark:
            self._size -= _size(source, kept)
            kept = days[piece.day] = Kept(mark, {})
        if (piece.first, piece.end) not in kept.pieces:
            self._size += source.size(content)
        kept.pieces[piece.first, piece.end] = content
        while self._size > self._capacity:
            (forgotten, _), old = self._subjects.popitem(last=False)
            self._size -= sum(_size(forgotten, each) for each in old.values())


class AnswerCache:
    """Whole answers, each true in every snapshot that looks like the one it was made from."""

    def __init__(self) -> None:
        self._capacity, self._size = ANSWERS_CAPACITY, 0
        self._answers: OrderedDict[Hashable, tuple[Seen, Any, int]] = OrderedDict()

    def recall(self, key: Hashable, seen: Seen) -> Any:
        """The answer, or None when there is none or something has changed."""
        kept = self._answers.get(key)
        if kept is None or kept[0] != seen:
            return None
        self._answers.move_to_end(key)
        return kept[1]

    def keep(self, key: Hashable, seen: Seen, answer: object, points: int) -> None:
        """Remembers an answer of so many points, unless it is very large."""
        if points > LARGEST_ANSWER:
            return
        if (replaced := self._answers.pop(key, None)) is not None:
            self._size -= replaced[2]
        self._answers[key] = (seen, answer, points)
        self._size += points
        while self._size > self._capacity:
            _, (_, _, forgotten) = self._answers.popitem(last=False)
            self._size -= forgotten


def _size(source: Source[Any], kept: Kept | None) -> int:
    return sum(map(source.size, kept.pieces.values())) if kept else 0
