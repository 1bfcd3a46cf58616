"""The routes of exports, and that of the keys which sign their manifests."""

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
LIMIT: Final = Parameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "How many exports a page has."
)
AFTER: Final = Parameter("after", {"type": "string"}, "`page.endCursor` of the page before.")

Answer = Callable[[Exports, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Work:
    """What a method of a path does, and with which parameters."""

    answer: Answer
    parameters: Sequence[Parameter] = ()


def export_routes(exports: Exports | None) -> list[Route]:
    """The routes; `exports`: None where there is no S3, and each is answered 503."""
    listing = Work(_list, [LIMIT, AFTER])
    paths = {
        PATH: {"POST": Work(_ask), "GET": listing, "HEAD": listing},
        f"{PATH}/{{id}}": {"GET": Work(_follow), "HEAD": Work(_follow), "DELETE": Work(_cancel)},
        KEYS_PATH: {"GET": Work(_keys), "HEAD": Work(_keys)},
    }

    async def answer(works: Mapping[str, Work], request: Request) -> Response:
        work = works[request.method]
        read_query(request.scope["query_string"], work.parameters)
        if exports is None:
            raise DependencyUnavailableError("There are no exports here: ANLYT_S3_ENDPOINT is not set.")
        return await work.answer(exports, request)

    return [
        Route(path, HttpEndpoint("anlyt.api.auditExports", "auditExports", partial(answer, works)), methods=list(works))
        for path, works in paths.items()
    ]


async def _ask(exports: Exports, request: Request) -> Response:
    body = await read_json(request)
    answer = await exports.ask(*_who(request), body)
    response = json_response(answer, 202)
    response.headers["Location"] = f"{PATH}/{answer.id}"
    return response


async def _list(exports: Exports, request: Request) -> Response:
    given = read_query(request.scope["query_string"], [LIMIT, AFTER])
    regulator, _ = _who(request)
    return json_response(await exports.list_(regulator, read_integer(LIMIT, given), given.get("after")))


async def _follow(exports: Exports, request: Request) -> Response:
    return json_response(await exports.follow(*_who(request), request.path_params["id"]))


async def _cancel(exports: Exports, request: Request) -> Response:
    return json_response(await exports.cancel(*_who(request), request.path_params["id"]))


async def _keys(exports: Exports, _: Request) -> Response:
    return json_response(await exports.public_keys())


def _who(request: Request) -> tuple[Regulator, str]:
    return request.scope[REGULATOR], request.scope[REQUEST_ID]
