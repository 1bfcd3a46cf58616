"""The routes of exports of queries, and of the public keys for their manifests."""

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.access import Scope
from graph.errors import InvalidQueryError
from graph.exports.routes import AFTER, LIMIT, Handler, export_id, make_routes
from graph.http.bodies import read_json
from graph.http.middleware import REQUEST_ID
from graph.http.parameters import Parameter, read_integer, read_query
from graph.http.responses import json_response
from graph.rest.exports.exports import Exports
from graph.rest.query import Admit

PATH: Final = "/v1/anlyt/exports"
KEYS_PATH: Final = "/v1/anlyt/keys"
LONGEST_KEY: Final = 255  # characters
KEY: Final = Parameter(
    "Idempotency-Key",
    {"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
    "Any text. The same request with the same key is the same export, for as long as the export is listed.",
    "header",
)


def export_routes(exports: Exports | None, admit: Admit) -> list[Route]:
    """The routes. Without S3 (`exports` is None) all of them answer 503."""

    async def identify(request: Request) -> Scope:
        return await admit(request.headers)

    paths = {
        PATH: {"POST": Handler(_request), "GET": Handler(_list, [LIMIT, AFTER])},
        f"{PATH}/{{id}}": {"GET": Handler(_status), "DELETE": Handler(_cancel)},
        KEYS_PATH: {"GET": Handler(_keys)},
    }
    return make_routes(paths, exports, identify, "anlyt.api.exports", "exports")


async def _request(exports: Exports, caller: Scope, request: Request) -> Response:
    key = _idempotency_key(request.headers)
    answer = await exports.request(caller, await read_json(request), key)
    return json_response(answer, 202, headers={"Location": f"{PATH}/{answer.id}"})


async def _list(exports: Exports, caller: Scope, request: Request) -> Response:
    values = read_query(request.scope["query_string"], [LIMIT, AFTER])
    return json_response(await exports.list_(caller, read_integer(LIMIT, values), values.get("after")))


async def _status(exports: Exports, caller: Scope, request: Request) -> Response:
    return json_response(await exports.status(caller, request.scope[REQUEST_ID], export_id(request)))


async def _cancel(exports: Exports, caller: Scope, request: Request) -> Response:
    return json_response(await exports.cancel(caller, export_id(request)))


async def _keys(exports: Exports, _: Scope, __: Request) -> Response:
    return json_response(await exports.public_keys())


def _idempotency_key(headers: Headers) -> str | None:
    """The key of a request. Raises InvalidQueryError for a repeated or malformed one."""
    keys = headers.getlist(KEY.name)
    if not keys:
        return None
    if len(keys) > 1 or not 0 < len(keys[0]) <= LONGEST_KEY or not all("!" <= each <= "~" for each in keys[0]):
        raise InvalidQueryError(
            f"Idempotency-Key must be one text of 1 to {LONGEST_KEY} visible ASCII characters, without blanks."
        )
    return keys[0]
