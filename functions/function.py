"""The decorator that makes a pure function a `Function`, which the host can run and a test can call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, get_args, get_type_hints

from schema.decoding import Stamped
from schema.events import Event
from schema.streams import Stream
from schema.writes import Facts, Writes

E = TypeVar("E", bound=Event)
W = TypeVar("W", Writes, Facts)

StoreName = Literal["postgres", "clickhouse"]
STORES: Final[Mapping[type[Writes | Facts], StoreName]] = {Writes: "postgres", Facts: "clickhouse"}


@dataclass(frozen=True, slots=True)
class Batch:
    """When a batch ends: at `size` events, or `seconds` after the host starts to wait for it.

    It ends earlier if the stream has no more events and the last batch was `apart` seconds ago. What a batch costs its
    store does not depend on its size: `apart` limits how many there are per second.
    """

    size: int
    seconds: float
    apart: float


@dataclass(frozen=True, slots=True)
class Function(Generic[E, W]):
    """A batch function and its declaration.

    `event`, the type that `run` accepts, and `store`, where its result goes, follow from the signature of `run`.
    `durable`: its durable consumer. `span`: the name of a batch's trace span.
    """

    run: Callable[[Sequence[Stamped[E]]], W]
    event: type[E]
    store: StoreName
    stream: Stream
    durable: str
    span: str
    batch: Batch

    @property
    def name(self) -> str:
        return self.run.__name__

    def __call__(self, events: Sequence[Stamped[E]]) -> W:
        return self.run(events)


AnyFunction: TypeAlias = Function[Any, Any]


def function(
    *, stream: Stream, durable: str, span: str, batch: Batch
) -> Callable[[Callable[[Sequence[Stamped[E]]], W]], Function[E, W]]:
    """Declares a batch function: the stream and durable consumer of its events, its batches and its span."""

    def wrap(run: Callable[[Sequence[Stamped[E]]], W]) -> Function[E, W]:
        event, store = _signature(run)
        return Function(run, event, store, stream, durable, span, batch)

    return wrap


def _signature(run: Callable[[Sequence[Stamped[E]]], W]) -> tuple[type[E], StoreName]:
    """The event type and the store of a function, from its annotations."""
    hints = get_type_hints(run)
    writes = hints.pop("return")
    (events,) = hints.values()
    (stamped,) = get_args(events)
    (event,) = get_args(stamped)
    return event, STORES[writes]
