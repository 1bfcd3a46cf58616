"""What was read so far of several wants, and what has yet to be read."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from typing import Any, Generic, NamedTuple, TypeVar, cast

from graph.reports.marks import Seen
from graph.reports.runs import P
from graph.reports.sources import Source, Want
from graph.reports.windows import Slice, middle

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Reading:
    """The pieces of several wants, all of one snapshot; None in place of a piece that has yet to be read."""

    seen: Seen
    pieces: Mapping[Want[Any], list[Any]]

    def of(self, want: Want[P]) -> Sequence[tuple[Slice, P]]:
        """The pieces in order, each with the hours that the window has of its day."""
        return list(zip(want.slices, cast(Sequence[P], self.pieces[want]), strict=True))

    def days(self, *wants: Want[P]) -> "Days[P]":
        """The pieces of neighbouring wants."""
        first, last = wants[0].slices[0], wants[-1].slices[-1]
        pieces = tuple(chain.from_iterable(cast(Sequence[P], self.pieces[want]) for want in wants))
        begin, end = middle(first, last, len(pieces))
        before, after = [(first, piece) for piece in pieces[:begin]], [(last, piece) for piece in pieces[end:]]
        return Days(before, pieces[begin:end], after)

    @property
    def data_as_of(self) -> datetime | None:
        return self.seen.data_as_of

    @property
    def is_complete(self) -> bool:
        return not any(None in pieces for pieces in self.pieces.values())

    @property
    def has_marks(self) -> bool:
        """Whether every day has a mark, so that the answer may be kept."""
        windows = (want.slices for want in self.pieces)
        return all(self.seen.marks_all(slices[0].day, slices[-1].day) for slices in windows)


class Days(NamedTuple, Generic[P]):
    """The days of a window in order: whole ones, and the one before and behind that the window cuts, if it does."""

    before: Sequence[tuple[Slice, P]]
    whole: tuple[P, ...]
    after: Sequence[tuple[Slice, P]]


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """An answer to be made from pieces, by a pure function of them.

    `key` stands for the wants and for all else that the answer depends on; `points` is its size.
    """

    key: Hashable
    wants: tuple[Want[Any], ...]
    build: Callable[[Reading], A]
    points: int


class Stretch(NamedTuple):
    """Neighbouring days of a want that have yet to be read, as indices of its pieces."""

    want: Want[Any]
    days: range
    has_marks: bool

    @property
    def pieces(self) -> Iterator[tuple[object, ...]]:
        """What tells the missing pieces apart from any other."""
        return ((self.want.source, self.want.subject, self.want.stored[index]) for index in self.days)


class Batch(NamedTuple):
    """Stretches of one source to be read at once; `lumped`: each as one piece, that nobody keeps."""

    source: Source[Any]
    stretches: Sequence[Stretch]
    lumped: bool


def missing(reading: Reading) -> Iterator[Stretch]:
    """What has yet to be read."""
    for want, pieces in reading.pieces.items():
        states = [
            (piece is None, slice_.day in reading.seen.marks) for piece, slice_ in zip(pieces, want.slices, strict=True)
        ]
        for (is_missing, has_mark), group in groupby(range(len(pieces)), key=states.__getitem__):
            if is_missing:
                indices = list(group)
                yield Stretch(want, range(indices[0], indices[-1] + 1), has_mark)


def batches(reading: Reading) -> Iterator[Batch]:
    """What is missing, source by source, no more at once than each source allows.

    Of a source that lumps, some days are read to be kept, so that after a few requests all are there, and the
    others in one go.
    """
    stretches = sorted(missing(reading), key=lambda stretch: stretch.want.source.name)
    for _, group in groupby(stretches, key=lambda stretch: stretch.want.source.name):
        left = list(group)
        yield from _chunks(left) if left[0].want.source.lump is None else _lumps(left)


def _chunks(left: Sequence[Stretch]) -> Iterator[Batch]:
    source = left[0].want.source
    while left:
        batch, left = _split(left, source.days_at_once)
        yield Batch(source, batch, lumped=False)


def _lumps(left: Sequence[Stretch]) -> Iterator[Batch]:
    source = left[0].want.source
    marked = [stretch for stretch in left if stretch.has_marks]
    batch, rest = _split(marked, source.days_at_once)
    if batch:
        yield Batch(source, batch, lumped=False)
    if lumped := [*rest, *(stretch for stretch in left if not stretch.has_marks)]:
        yield Batch(source, lumped, lumped=True)


def _split(stretches: Sequence[Stretch], room: int) -> tuple[list[Stretch], list[Stretch]]:
    """The first `room` days, and the others."""
    batch, left = [], []
    for stretch in stretches:
        head, tail = stretch.days[:room], stretch.days[room:]
        room -= len(head)
        if head:
            batch.append(stretch._replace(days=head))
        if tail:
            left.append(stretch._replace(days=tail))
    return batch, left
