"""What was read and answered before, each with what it has to be checked against."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Any, Final

from graph.identity import Subject
from graph.reports.marks import Mark, Seen
from graph.reports.runs import P
from graph.reports.sources import Source, Want
from graph.reports.windows import Slice

PIECES_CAPACITY = 256 << 20  # bytes, by the sources' estimates
ANSWERS_CAPACITY = 8 << 20  # points of series: 8 bytes each, as the points themselves are shared with the pieces
LARGEST_ANSWER: Final = 5000  # points


class Shelf:
    """The pieces of one subject by their hours, each with the mark of its day when it was read."""

    def __init__(self) -> None:
        self.kept: dict[Slice, tuple[Mark, Any]] = {}
        self.fresh: dict[Slice, Any] = {}  # those that hold in the snapshot that was asked of last
        self._seen: Seen | None = None

    def check(self, seen: Seen) -> Iterator[Any]:
        """Makes `fresh` true of a snapshot, and yields what was thrown away because its day has changed."""
        if seen == self._seen:
            return
        self._seen, self.fresh = seen, {}
        for piece, (mark, content) in list(self.kept.items()):
            match seen.marks.get(piece.day):
                case None:  # not a day that this snapshot was asked about
                    pass
                case now if now == mark:
                    self.fresh[piece] = content
                case _:
                    del self.kept[piece]
                    yield content


class PieceCache:
    """The subjects that were not read for the longest time go when the estimates exceed PIECES_CAPACITY."""

    def __init__(self) -> None:
        self._capacity, self._size = PIECES_CAPACITY, 0
        self._shelves: OrderedDict[tuple[Source[Any], Subject], Shelf] = OrderedDict()

    def has(self, want: Want[Any]) -> bool:
        """Whether anything of a want's subject is kept."""
        return (want.source, want.subject) in self._shelves

    def recall(self, want: Want[P], seen: Seen) -> list[P | None]:
        """The pieces of a want, in order; None where there is none or its day is not any more as it was read."""
        shelf = self._shelves.get((want.source, want.subject))
        if shelf is None:
            return [None] * len(want.slices)
        self._checked(want.source, want.subject, shelf, seen)
        return list(map(shelf.fresh.get, want.stored))

    def keep(self, source: Source[P], subject: Subject, piece: Slice, seen: Seen, content: P) -> None:
        """Remembers a piece read in a snapshot, unless nobody could tell when its day changes."""
        mark = seen.marks.get(piece.day)
        if mark is None:
            return
        shelf = self._shelves.setdefault((source, subject), Shelf())
        self._checked(source, subject, shelf, seen)
        if (replaced := shelf.kept.get(piece)) is not None:
            self._size -= source.size(replaced[1])
        shelf.kept[piece], shelf.fresh[piece] = (mark, content), content
        self._size += source.size(content)
        while self._size > self._capacity:
            (forgotten, _), old = self._shelves.popitem(last=False)
            self._size -= sum(forgotten.size(each) for _, each in old.kept.values())

    def _checked(self, source: Source[P], subject: Subject, shelf: Shelf, seen: Seen) -> None:
        self._shelves.move_to_end((source, subject))
        self._size -= sum(map(source.size, shelf.check(seen)))


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
