"""Parts of a page that are loaded on their own: one that fails shows its state, and the others show their figures."""

from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeVar

from graph.errors import ApiError, QueryTooExpensiveError, RateLimitedError
from graph.http.disconnect import ClientDisconnectedError
from graph.web.states import State, state_of

T = TypeVar("T")

# Errors of one panel. All other errors of callers are errors of the page.
_OF_A_PANEL: Final = (QueryTooExpensiveError, RateLimitedError)


@dataclass(frozen=True, slots=True)
class Panel(Generic[T]):
    """What a part of a page shows: an answer, or the state that stands in its place."""

    answer: T | None = None
    state: State | None = None


async def load_panel(work: Awaitable[T], request_id: str) -> Panel[T]:
    """A panel with the result of `work`, or with the state of its error.

    Raises the errors that concern the whole page: wrong parameters, missing rights, an unknown id.
    """
    try:
        return Panel(answer=await work)
    except ClientDisconnectedError:
        raise
    except Exception as error:  # an engine that is away, a limit, or a fault of ours: the other panels are shown
        if isinstance(error, ApiError) and not isinstance(error, _OF_A_PANEL):
            raise
        return Panel(state=state_of(error, request_id))


def panels_of(content: Any) -> Iterator[Panel[Any]]:
    """The panels among the fields of a page's content."""
    for field in fields(content):
        value = getattr(content, field.name)
        if isinstance(value, Panel):
            yield value


def whole_failure(content: Any) -> State | None:
    """The first panel's state if no panel has an answer; None if the page shows at least one, or needs none."""
    panels = list(panels_of(content))
    if not panels or any(panel.state is None for panel in panels):
        return None
    return panels[0].state
