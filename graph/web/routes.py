"""The routes of pages, of their files, and of the choice of a persona in `anlyt dev`."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from graph.access import Authenticator
from graph.gql.context import Sources
from graph.http.endpoint import HttpEndpoint
from graph.web import files, personas
from graph.web.endpoint import Link, PageEndpoint, PartEndpoint, Site
from graph.web.pages import PAGES
from graph.web.pages.home import HOME
from graph.web.personas import Persona, Personas
from graph.web.security import security_headers
from infra.settings import Settings

# What the first page points to besides pages, if this process serves it.
LINKS: Final = (
    Link("/docs", "API reference", "Every route, parameter and field, for people."),
    Link("/openapi.json", "OpenAPI", "The same for programs: OpenAPI 3.1."),
    Link("/asyncapi.json", "AsyncAPI", "The events that this service reads and publishes."),
    Link("/graphql", "GraphiQL", "GraphQL with an example per kind of caller."),
)


def page_routes(
    settings: Settings,
    sources: Sources,
    authenticator: Authenticator,
    offered: Sequence[Persona],
    others: Sequence[BaseRoute],
) -> list[Route]:
    """All routes of pages; none if the settings turn them off.

    `offered`: personas, in `anlyt dev` only. `others`: the routes that this process serves besides.
    """
    if not settings.pages:
        return []
    served = {route.path for route in others if isinstance(route, Route) and "GET" in (route.methods or ())}
    site = Site(
        pages=PAGES,
        home=HOME,
        sources=sources,
        authenticator=authenticator,
        personas=Personas(offered) if offered else None,
        headers=security_headers(settings.frame_ancestors),
        links=[link for link in LINKS if link.path in served],
    )
    return list(_routes(site))


def _routes(site: Site) -> Iterator[Route]:
    for page in site.pages:
        name = f"{page.name}Page"  # in metrics
        yield Route(page.path, HttpEndpoint("anlyt.api.page", name, PageEndpoint(site, page)), methods=["GET"])
        for part in page.parts:
            answer = PartEndpoint(site, page, part)
            yield Route(page.path + part.suffix, HttpEndpoint("anlyt.api.page", name, answer), methods=["GET"])
    yield Route(files.PATH, _secured(site, files.serve), methods=["GET"])
    if site.personas:
        yield Route(personas.PATH, _secured(site, site.personas.choose), methods=["POST"])


def _secured(site: Site, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Adds the security headers to responses."""

    async def secured(request: Request) -> Response:
        response = await answer(request)
        response.headers.update(site.headers)
        return response

    return secured
