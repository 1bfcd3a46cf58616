"""The routes of exports and of the public keys for their manifests."""

from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.audit.exports.exports import Exports
from graph.audit.regulator import REGULATOR, Regulator
from graph.exports.routes import AFTER, LIMIT, Handler, export_id, make_routes
from graph.http.bodies import read_json
from graph.http.middleware import REQUEST_ID
from graph.http.parameters import read_integer, read_query
from graph.http.responses import json_response

PATH: Final = "/v1/audit/exports"
KEYS_PATH: Final = "/v1/audit/keys"


class Caller(NamedTuple):
    """Who sent a request, and its id."""

    regulator: Regulator
    request_id: str


def export_routes(exports: Exports | None) -> list[Route]:
    """The routes. Without S3 (`exports` is None) all of them answer 503."""
    paths = {
        PATH: {"POST": Handler(_request), "GET": Handler(_list, [LIMIT, AFTER])},
        f"{PATH}/{{id}}": {"GET": Handler(_status), "DELETE": Handler(_cancel)},
        KEYS_PATH: {"GET": Handler(_keys)},
    }
    return make_routes(paths, exports, _identify, "anlyt.api.auditExports", "auditExports")


async def _request(exports: Exports, caller: Caller, request: Request) -> Response:
    answer = await exports.request(*caller, await read_json(request))
    return json_response(answer, 202, headers={"Location": f"{PATH}/{answer.id}"})


async def _list(exports: Exports, caller: Caller, request: Request) -> Response:
    values = read_query(request.scope["query_string"], [LIMIT, AFTER])
    return json_response(await exports.list_(caller.regulator, read_integer(LIMIT, values), values.get("after")))


async def _status(exports: Exports, caller: Caller, request: Request) -> Response:
    return json_response(await exports.status(*caller, export_id(request)))


async def _cancel(exports: Exports, caller: Caller, request: Request) -> Response:
    return json_response(await exports.cancel(*caller, export_id(request)))


async def _keys(exports: Exports, _: Caller, __: Request) -> Response:
    return json_response(await exports.public_keys())


async def _identify(request: Request) -> Caller:
    return Caller(request.scope[REGULATOR], request.scope[REQUEST_ID])
