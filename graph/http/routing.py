"""What the listeners have in common: routes, and an answer in our words where none of them fits."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.errors import MethodNotAllowedError, NotFoundError
from graph.http.middleware import REQUEST_ID
from graph.http.responses import failed


def routed(routes: Sequence[BaseRoute], middleware: Sequence[Middleware], there_is: str) -> Starlette:
    """`there_is` tells, after "There is nothing at this path;", what there is instead."""

    async def as_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        ours = {
            404: NotFoundError(f"There is nothing at this path; {there_is}."),
            405: MethodNotAllowedError(f"{request.method} is not for this path; the header Allow says what is."),
        }
        allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
        headers = {"Allow": allowed} if allowed else {}
        return failed(ours.get(error.status_code, error), request.scope[REQUEST_ID], headers)

    app = Starlette(routes=routes, middleware=middleware, exception_handlers={HTTPException: as_problem})
    app.router.redirect_slashes = False  # a redirect would be an answer that OpenAPI does not know
    return app
