"""The decorator that makes a pure function a unit that the host can run; it stays callable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from schema.decoding import Stamped
from schema.events import Event
from schema.streams import Stream
from schema.writes import Facts, Writes

E = TypeVar("E", bound=Event)
W = TypeVar("W", Writes, Facts)

StoreName = Literal["postgres", "clickhouse"]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch is full at `size` events, or `seconds` after its first."""

    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Function(Generic[E, W]):
    """A batch function and what the host has to know of it.

    `store` takes its writes, `time_field` holds the event time, `event_type` is the event's public name, `span` the
    trace span of a batch.
    """

    run: Callable[[Sequence[Stamped[E]]], W]
    store: StoreName
    stream: Stream
    durable: str
    event: type[E]
    event_type: str
    time_field: str
    span: str
    batch: Batch

    @property
    def name(self) -> str:
        return self.run.__name__

    def __call__(self, events: Sequence[Stamped[E]]) -> W:
        return self.run(events)


AnyFunction: TypeAlias = Function[Any, Any]


def function(
    *,
    store: StoreName,
    stream: Stream,
    durable: str,
    event: type[E],
    event_type: str,
    time_field: str,
    span: str,
    batch: Batch,
) -> Callable[[Callable[[Sequence[Stamped[E]]], W]], Function[E, W]]:
    """Declares a batch function: where its events come from, and how they are cut into batches."""

    def wrap(run: Callable[[Sequence[Stamped[E]]], W]) -> Function[E, W]:
        return Function(run, store, stream, durable, event, event_type, time_field, span, batch)

    return wrap
