"""The Starlette application of a listener, with the middleware of all listeners.

It answers unknown paths and methods with problem documents, and OPTIONS with the methods of the path.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from graph.errors import MethodNotAllowedError, NotFoundError
from graph.http.compression import CompressionMiddleware
from graph.http.cors import CorsMiddleware
from graph.http.heads import HeadMiddleware
from graph.http.middleware import REQUEST_ID, AnswerHeadersMiddleware, RequestMiddleware
from graph.http.responses import problem_response


@dataclass(frozen=True, slots=True)
class ListenerOptions:
    """What differs between listeners.

    `origins`: those whose pages may read answers. `identity_headers`: those with which such a page names its caller.
    `development` adds durations to answers.
    """

    origins: Sequence[str] = ()
    identity_headers: Sequence[str] = ()
    development: bool = False


def make_application(
    routes: Sequence[BaseRoute], hint: str, options: ListenerOptions, *guards: Middleware
) -> Starlette:
    """The application of these routes, behind `guards`.

    `hint` completes the message "There is nothing at this path; ...".
    """

    async def as_answer(request: Request, error: Exception) -> Response:
        request_id, problem, headers = request.scope[REQUEST_ID], error, {}
        match error:
            case HTTPException(status_code=404):
                problem = NotFoundError(f"There is nothing at this path; {hint}.")
            case HTTPException(status_code=405):
                headers = {"Allow": ", ".join(allowed_methods(routes, request.scope))}
                if request.method == "OPTIONS":
                    return Response(status_code=204, headers=headers)
                refusal = f"This path does not allow {request.method}; the header Allow lists methods."
                problem = MethodNotAllowedError(refusal)
        return problem_response(problem, request_id, headers)

    middleware = [
        Middleware(HeadMiddleware),
        Middleware(AnswerHeadersMiddleware, development=options.development),
        Middleware(CorsMiddleware, options.origins, options.identity_headers),
        Middleware(CompressionMiddleware),
        Middleware(RequestMiddleware),
        *guards,
    ]
    app = Starlette(routes=routes, middleware=middleware, exception_handlers={HTTPException: as_answer})
    app.router.redirect_slashes = False  # OpenAPI declares no redirects
    return app


def allowed_methods(routes: Sequence[BaseRoute], scope: Scope) -> Sequence[str]:
    """The methods of a path, which several routes may share."""
    found = [each for each in routes if isinstance(each, Route) and each.matches(scope)[0] is not Match.NONE]
    return sorted({"OPTIONS"}.union(*(each.methods or () for each in found)))
