"""Answers requests of pages: identifies the caller, reads the URL, loads the page and renders it.

Every error becomes HTML, except that a client which accepts no HTML gets a problem document. A page of reports has a
validator (ETag): a caller who has the page gets 304, and one that was rendered before is not rendered again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from graph.access import Authenticator
from graph.errors import InvalidQueryError, InvalidWindowError, NotAcceptableError, UnauthenticatedError
from graph.gql.context import Sources
from graph.http.conditional import caching_headers, conditional, not_modified
from graph.http.disconnect import ClientDisconnectedError, cancel_on_disconnect
from graph.http.middleware import REQUEST_ID
from graph.http.negotiation import preferred
from graph.http.responses import NO_STORE, problem_response
from graph.validation import NotModifiedError, Validation
from graph.web.form import WHOLE, Form, href, read_form
from graph.web.identity import Visitor, check_may_see, identify
from graph.web.kept import KeptPages
from graph.web.page import Elsewhere, Page, PageRequest, Part
from graph.web.panel import panels_of, whole_failure
from graph.web.personas import Personas
from graph.web.rendering import render
from graph.web.security import PRIVATE
from graph.web.states import State, state_of

HTML: Final = "text/html"


class Link(NamedTuple):
    """Something beside the pages that the first page points to."""

    path: str
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages share. `home`: where personas are on offer, it greets those whom nobody has identified."""

    pages: Sequence[Page]
    home: Page
    sources: Sources
    authenticator: Authenticator
    personas: Personas | None
    headers: Mapping[str, str]
    links: Sequence[Link]
    kept: KeptPages = field(default_factory=KeptPages)


class Loaded(NamedTuple):
    """A page, and whether it is of reports and all of its panels have answers: the same for other requests."""

    response: Response
    is_whole: bool


class PageEndpoint:
    """Answers one page. Called with a request, it returns the response, for errors, too."""

    def __init__(self, site: Site, page: Page) -> None:
        self._site, self._page = site, page

    async def __call__(self, request: Request) -> Response:
        try:
            preferred(request.headers, (HTML,))
        except NotAcceptableError as error:
            return problem_response(error, request.scope[REQUEST_ID], self._headers(NO_STORE))
        visitor = None
        try:
            visitor = await identify(request, self._site.authenticator, self._site.personas)
            check_may_see(visitor, self._page)
            return await self._answer(request, visitor)
        except ClientDisconnectedError:
            raise
        except NotModifiedError as error:
            response = not_modified(error)
            response.headers.update(self._headers(_caching(error.validation)))
            return response
        except UnauthenticatedError as error:
            if self._site.personas and self._page is self._site.home:
                return self._html(request, visitor, Form())
            return self._failure(request, visitor, error)
        except Exception as error:  # every error becomes a page
            return self._failure(request, visitor, error)

    async def _answer(self, request: Request, visitor: Visitor) -> Response:
        asked = page_request(self._site, self._page, request, visitor)
        if asked.form.problems:
            return self._html(request, visitor, asked.form, status=400)
        if self._page.is_of_reports:
            return await self._validated(request, visitor, asked)
        return (await self._loaded(request, visitor, asked)).response

    async def _validated(self, request: Request, visitor: Visitor, asked: PageRequest) -> Response:
        """The page with its validator. Raises NotModifiedError, before it reads a report, if the caller has it."""
        reader, kept = asked.sources.reader, self._site.kept
        with conditional(request.headers, *self._identity(request, visitor, asked)) as validation:
            known = await asked.panel(reader.known(asked.window.with_previous.slices))
            if known.answer is None:
                return (await self._loaded(request, visitor, replace(asked, failure=known.state))).response
            validation.declare("days", known.answer.state, is_whole=True)
            if body := kept.get(validation.tag):
                return HTMLResponse(body, headers=self._headers(_caching(validation)))
            sources = asked.sources._replace(reader=reader.with_versions(known.answer))
            response, is_whole = await self._loaded(request, visitor, replace(asked, sources=sources))
            if not is_whole:
                validation.void()
            if validation.tag:
                response.headers.update(_caching(validation))
                kept.put(validation.tag, bytes(response.body))
            return response

    def _identity(self, request: Request, visitor: Visitor, asked: PageRequest) -> Sequence[object]:
        """What the page depends on, besides the versions of its days and the code."""
        site = self._site
        offered = site.personas.offered if site.personas else ()
        return (
            *(self._page.name, visitor, asked.path, asked.form.values, asked.window, _base(request)),
            *(site.headers, site.links, offered),
        )

    async def _loaded(self, request: Request, visitor: Visitor, asked: PageRequest) -> Loaded:
        form = asked.form
        try:
            content = await cancel_on_disconnect(request.receive, self._page.load(asked))
        except (InvalidWindowError, InvalidQueryError) as error:  # what only the report itself can check
            problem = replace(form, problems={WHOLE: str(error)})
            return Loaded(self._html(request, visitor, problem, status=400), is_whole=False)
        if isinstance(content, Elsewhere):
            headers = self._headers({"Cache-Control": PRIVATE})
            return Loaded(RedirectResponse(content.path, 303, headers), is_whole=False)
        failure = whole_failure(content)
        is_whole = self._page.is_of_reports and all(panel.state is None for panel in panels_of(content))
        response = self._html(
            *(request, visitor, form),
            content=content,
            status=failure.status if failure else 200,
            headers=failure.headers if failure else None,
            names_request=not is_whole,
        )
        return Loaded(response, is_whole)

    def _failure(self, request: Request, visitor: Visitor | None, error: Exception) -> Response:
        state = state_of(error, request.scope[REQUEST_ID])
        headers = {**state.headers, **NO_STORE}
        return self._html(request, visitor, Form(), state=state, status=state.status, headers=headers)

    def _html(
        self,
        request: Request,
        visitor: Visitor | None,
        form: Form,
        *,
        content: Any = None,
        state: State | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        names_request: bool = True,
    ) -> Response:
        """A page. `names_request`: whether it has the id of its request."""
        site, path = self._site, request.url.path
        text = render(
            "error.html" if state else self._page.template,
            page=self._page,
            path=path,
            path_params=request.path_params,
            base=_base(request),
            here=href(path, form.values),
            form=form,
            content=content,
            state=state,
            visitor=visitor,
            pages=visitor.pages(site.pages) if visitor else (),
            home=site.home,
            personas=site.personas.offered if site.personas else (),
            links=site.links,
            request_id=request.scope[REQUEST_ID] if names_request else None,
        )
        return HTMLResponse(text, status, self._headers({"Cache-Control": PRIVATE, **(headers or {})}))

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**self._site.headers, **more}


class PartEndpoint:
    """Answers a part of a page, a download or a stream: for the same callers, with the same parameters."""

    def __init__(self, site: Site, page: Page, part: Part) -> None:
        self._site, self._page, self._part = site, page, part

    async def __call__(self, request: Request) -> Response:
        preferred(request.headers, (self._part.media_type,))
        visitor = await identify(request, self._site.authenticator, self._site.personas)
        check_may_see(visitor, self._page)
        asked = page_request(self._site, self._page, request, visitor)
        asked.form.raise_problem()
        response = await cancel_on_disconnect(request.receive, self._part.answer(asked))
        response.headers.update(self._site.headers)
        return response


def _base(request: Request) -> str:
    """The origin that the page has in its code."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _caching(validation: Validation) -> Mapping[str, str]:
    """The validator, and how browsers keep pages."""
    return {**caching_headers(validation), "Cache-Control": PRIVATE}


def page_request(site: Site, page: Page, request: Request, visitor: Visitor) -> PageRequest:
    """The request of a page by an identified caller, at this time. Its form may have problems."""
    scope, now = request.scope, datetime.now(UTC)
    form = read_form(scope["query_string"], page.parameters, page.default_window, now)
    return PageRequest(site.sources, visitor.scope, scope["path_params"], form, scope[REQUEST_ID], now)
