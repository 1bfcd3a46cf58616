"""The routes of exports and of the public keys for their manifests."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.audit.exports.exports import Exports
from graph.audit.regulator import REGULATOR, Regulator
from graph.http.bodies import read_json
from graph.http.endpoint import HttpEndpoint
from graph.http.middleware import REQUEST_ID
from graph.http.parameters import Parameter, read_integer, read_query
from graph.http.responses import json_response
from infra.errors import DependencyUnavailableError

PATH: Final = "/v1/audit/exports"
KEYS_PATH: Final = "/v1/audit/keys"
LIMIT: Final = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "Exports per page.")
AFTER: Final = Parameter("after", {"type": "string"}, "`page.endCursor` of the previous page.")

Answer = Callable[[Exports, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Handler:
    """The handler of a method, and its query parameters."""

    answer: Answer
    parameters: Sequence[Parameter] = ()


def export_routes(exports: Exports | None) -> list[Route]:
    """The routes. Without S3 (`exports` is None) all of them answer 503."""
    listing = Handler(_list, [LIMIT, AFTER])
    paths = {
        PATH: {"POST": Handler(_request), "GET": listing},
        f"{PATH}/{{id}}": {"GET": Handler(_status), "DELETE": Handler(_cancel)},
        KEYS_PATH: {"GET": Handler(_keys)},
    }

    async def answer(handlers: Mapping[str, Handler], request: Request) -> Response:
        handler = handlers[request.method]
        read_query(request.scope["query_string"], handler.parameters)
        if exports is None:
            raise DependencyUnavailableError("Exports are not available: ANLYT_S3_ENDPOINT is not set.")
        return await handler.answer(exports, request)

    return [
        Route(
            path,
            HttpEndpoint("anlyt.api.auditExports", "auditExports", partial(answer, handlers)),
            methods=list(handlers),
        )
        for path, handlers in paths.items()
    ]


async def _request(exports: Exports, request: Request) -> Response:
    body = await read_json(request)
    answer = await exports.request(*_caller(request), body)
    response = json_response(answer, 202)
    response.headers["Location"] = f"{PATH}/{answer.id}"
    return response


async def _list(exports: Exports, request: Request) -> Response:
    values = read_query(request.scope["query_string"], [LIMIT, AFTER])
    regulator, _ = _caller(request)
    return json_response(await exports.list_(regulator, read_integer(LIMIT, values), values.get("after")))


async def _status(exports: Exports, request: Request) -> Response:
    return json_response(await exports.status(*_caller(request), request.path_params["id"]))


async def _cancel(exports: Exports, request: Request) -> Response:
    return json_response(await exports.cancel(*_caller(request), request.path_params["id"]))


async def _keys(exports: Exports, _: Request) -> Response:
    return json_response(await exports.public_keys())


def _caller(request: Request) -> tuple[Regulator, str]:
    return request.scope[REGULATOR], request.scope[REQUEST_ID]
