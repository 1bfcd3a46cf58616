"""The Starlette application of a listener, which answers unknown paths and methods with problem documents."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.errors import MethodNotAllowedError, NotFoundError
from graph.http.middleware import REQUEST_ID
from graph.http.responses import problem_response


def make_application(routes: Sequence[BaseRoute], middleware: Sequence[Middleware], hint: str) -> Starlette:
    """The application of these routes. `hint` completes the message "There is nothing at this path; ..."."""

    async def as_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        errors = {
            404: NotFoundError(f"There is nothing at this path; {hint}."),
            405: MethodNotAllowedError(f"This path does not allow {request.method}; the header Allow lists methods."),
        }
        allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
        headers = {"Allow": allowed} if allowed else {}
        return problem_response(errors.get(error.status_code, error), request.scope[REQUEST_ID], headers)

    app = Starlette(routes=routes, middleware=middleware, exception_handlers={HTTPException: as_problem})
    app.router.redirect_slashes = False  # OpenAPI declares no redirects
    return app
