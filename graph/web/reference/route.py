"""Serves the API reference: one page for everybody, rendered when the process starts."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from graph.http.endpoint import HttpEndpoint
from graph.http.negotiation import preferred
from graph.http.parameters import read_query
from graph.web.pages.home import HOME
from graph.web.reference.view import reference
from graph.web.rendering import render
from graph.web.security import security_headers
from infra.settings import Settings

PATH: Final = "/docs"
_MEDIA_TYPE: Final = "text/html"


def reference_routes(settings: Settings, document: Mapping[str, Any]) -> list[Route]:
    """The route of the reference of an OpenAPI document; none if the settings turn pages off."""
    if not settings.pages:
        return []
    text = render("reference.html", reference=reference(document), home=HOME)
    headers = {**security_headers(settings.frame_ancestors), "Cache-Control": "no-cache"}

    async def show(request: Request) -> Response:
        preferred(request.headers, (_MEDIA_TYPE,))
        read_query(request.scope["query_string"], ())
        return HTMLResponse(text, headers=headers)

    return [Route(PATH, HttpEndpoint("anlyt.api.page", "referencePage", show), methods=["GET"])]
