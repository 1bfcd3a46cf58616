"""`/explore`: the query language as a form, its answer as a table and charts, and the same question as code."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

from starlette.responses import Response

from graph.dsl.answers import QueryAnswer
from graph.dsl.queries import QueryResult
from graph.errors import InvalidQueryError
from graph.rest.query import to_response
from graph.web.explore.drawings import Drawings, drawings_of
from graph.web.explore.offer import Offer, offer_of
from graph.web.explore.question import (
    AFTER,
    CONDITIONS,
    DIMENSION,
    EXPLAIN,
    PARAMETERS,
    WINDOW,
    Question,
    problems_by_field,
    read_question,
)
from graph.web.explore.rows import Table
from graph.web.form import Form, href
from graph.web.page import EVERYBODY, Page, PageRequest, Part
from graph.web.panel import Panel
from graph.web.states import State, state_of
from graph.web.window import PageWindow

CSV: Final = "text/csv"
ARROW: Final = "application/vnd.apache.arrow.stream"
PATH: Final = "/explore"

_TOO_EXPENSIVE: Final = "QUERY_TOO_EXPENSIVE"
_SHORTEN: Final = "Choose a shorter window, fewer dimensions, a coarser time or a narrower condition."
_SHORTER: Final = {"24h": timedelta(hours=24), "7d": timedelta(days=7)}


class Way(NamedTuple):
    """A link to a question that reads less."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ExplorePage:
    """The question, what the form offers, and the answer. `form` has the query's problems at their fields.

    `query`: the question as REST and GraphQL take it.
    """

    question: Question
    offer: Offer
    form: Form
    query: Mapping[str, Any]
    result: Panel[QueryAnswer]
    table: Table | None
    drawings: Drawings
    ways_out: Sequence[Way]

    @property
    def exact(self) -> Mapping[str, str]:
        """The parameters of this question with exactly this window, whenever they are sent."""
        window = self.form.window
        zone = {} if window is None or window.timezone == "UTC" else {"timezone": window.timezone}
        used = {f"op{each.number}" for each in self.question.conditions}
        unused = [f"op{number}" for number in CONDITIONS if f"op{number}" not in used]
        return {**(window.exact if window else {}), **zone, **self.form.without(*WINDOW, *unused)}

    @property
    def downloads(self) -> Mapping[str, str]:
        """The parameters of downloads: the rows of the page, also when it shows how the query would run."""
        return {name: value for name, value in self.exact.items() if name != EXPLAIN.name}


async def load(request: PageRequest) -> ExplorePage:
    """Asks the question in the caller's scope. Raises ForbiddenError for a customer without a tenant."""
    form, question = request.form, read_question(request.form.values)
    query = question.query(request.window)
    panel, form = await _answered(request, query, form, question)
    result = panel.answer
    reads_names = result is not None and not result.has_pseudonyms
    table, drawings = None, Drawings()
    if result is not None and result.answer.explain is None:
        table = Table(question, request.window.zone, result.answer)
        drawings = drawings_of(question, request.window, result.answer, request.now)
    state = panel.state and _with_advice(panel.state)
    return ExplorePage(
        question=question,
        offer=offer_of(request.scope, question, reads_names=reads_names),
        form=form,
        query=query,
        result=Panel(None if result is None else result.answer, state),
        table=table,
        drawings=drawings,
        ways_out=list(_ways_out(form, request.window, question)) if state and state.code == _TOO_EXPENSIVE else (),
    )


async def _answered(
    request: PageRequest, query: Mapping[str, Any], form: Form, question: Question
) -> tuple[Panel[QueryResult], Form]:
    """The answer, and the form with the problems of the query."""
    try:
        return await request.panel(request.sources.queries.answer(request.scope, query, request.request_id)), form
    except InvalidQueryError as error:
        problems = problems_by_field(error, question)
        return Panel(state=state_of(error, request.request_id)), replace(form, problems=problems)


def _with_advice(state: State) -> State:
    return replace(state, next=_SHORTEN) if state.code == _TOO_EXPENSIVE else state


def _ways_out(form: Form, window: PageWindow, question: Question) -> Iterator[Way]:
    """The same question in a shorter window, or without one of its dimensions."""
    length = window.window.to - window.window.from_
    begun = form.without(AFTER.name)
    for last, shorter in _SHORTER.items():
        if shorter < length:
            others = {name: value for name, value in begun.items() if name not in ("from", "to", "window")}
            yield Way(f"The last {last}", href(PATH, others, last=last))
    for name in question.dimensions:
        fewer = ",".join(each for each in question.dimensions if each != name)
        yield Way(f"Without {name}", href(PATH, begun, **{DIMENSION.name: fewer or None}))


async def _download(request: PageRequest, media_type: str, suffix: str) -> Response:
    question = replace(read_question(request.form.values), explain=False)
    query = question.query(request.window)
    result = await request.sources.queries.answer(request.scope, query, request.request_id)
    response = await to_response(result, media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{question.dataset.name}.{suffix}"'
    return response


async def download_csv(request: PageRequest) -> Response:
    """The rows of the page as REST's CSV. Raises the errors of Queries.answer."""
    return await _download(request, CSV, "csv")


async def download_arrow(request: PageRequest) -> Response:
    """The rows of the page as REST's Arrow stream. Raises the errors of Queries.answer."""
    return await _download(request, ARROW, "arrow")


EXPLORE: Final = Page(
    path=PATH,
    name="explore",
    title="Explore",
    about="Any measure by any dimension and time: choose, look, download, or take the code.",
    readers=EVERYBODY,
    load=load,
    default_window={"last": "7d"},
    parameters=PARAMETERS,
    parts=(Part("/rows.csv", CSV, download_csv), Part("/rows.arrow", ARROW, download_arrow)),
)
