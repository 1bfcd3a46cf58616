"""What a page is: declared values from which routes, navigation and tests are made."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from starlette.responses import Response

from graph.access import Scope
from graph.access.disclosure import Role
from graph.gql.context import Sources
from graph.http.parameters import Parameter
from graph.insights.queries import InsightQueries
from graph.web.form import Form
from graph.web.panel import Panel, load_panel
from graph.web.states import State
from graph.web.window import PageWindow

EVERYBODY: Final[frozenset[Role]] = frozenset({"admin", "finance", "customer"})
PLATFORM: Final[frozenset[Role]] = frozenset({"admin", "finance"})
ADMIN: Final[frozenset[Role]] = frozenset({"admin"})
CUSTOMER: Final[frozenset[Role]] = frozenset({"customer"})
PANELS_AT_ONCE: Final = 2  # as queries of one GraphQL request: a page must not use up its tenant's share

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """An authenticated request of a page that the caller may see, with valid parameters. `path`: those of the path.

    `failure`: why no panel can be loaded, if that is known.
    """

    sources: Sources
    scope: Scope
    path: Mapping[str, str]
    form: Form
    request_id: str
    now: datetime
    failure: State | None = None
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PANELS_AT_ONCE))

    async def panel(self, work: Coroutine[Any, Any, T]) -> Panel[T]:
        """A panel of the page, as `load_panel` makes it. Of one request, PANELS_AT_ONCE are loaded at the same time."""
        if self.failure is not None:
            work.close()
            return Panel(state=self.failure)
        async with self.slots:
            return await load_panel(work, self.request_id)

    @property
    def window(self) -> PageWindow:
        """The requested window; only for pages that have one."""
        assert self.form.window is not None  # the page declares a window, and the form has no problems
        return self.form.window

    @property
    def insight_queries(self) -> InsightQueries:
        """Typed queries in the caller's scope."""
        return InsightQueries(self.sources.queries, self.scope, self.request_id)


class Elsewhere(NamedTuple):
    """What `load` returns if another page of this site answers the request. `path`: that page's."""

    path: str


@dataclass(frozen=True, slots=True)
class Part:
    """Another representation of a page's data, for the same callers: a download or a stream.

    `suffix` follows the path of the page, as `/days.csv` in `/usage/days.csv`.
    """

    suffix: str
    media_type: str
    answer: Callable[[PageRequest], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `about` is one sentence for the navigation; `name` its label in metrics and the name of its template.

    `load` returns the template's `content`, a frozen dataclass whose panels hold what REST answers; or Elsewhere.
    `readers`: the roles that may see it. `default_window`: the window of a URL that has none; None: the page has no
    window. `parameters`: what its URL may have besides. `is_listed`: whether it is part of the navigation.
    `is_of_reports`: whether all its figures are of reports on its window and on the one before. Then the versions of
    their days say when the page changes.
    """

    path: str
    name: str
    title: str
    about: str
    readers: frozenset[Role]
    load: Callable[[PageRequest], Awaitable[Any]]
    default_window: Mapping[str, str] | None = None
    parameters: tuple[Parameter, ...] = ()
    parts: tuple[Part, ...] = ()
    is_listed: bool = True
    is_of_reports: bool = False

    @property
    def template(self) -> str:
        """The template's name."""
        return f"pages/{self.name}.html"
