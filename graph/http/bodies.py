"""Reads request bodies of bounded length: JSON, with a bounded number of values, and forms of pages.

Both bounds of JSON are checked before parsing, so refusing a body takes time linear in its length. Commas and brackets
inside strings count, too: legitimate requests stay far below the bounds.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from graph.errors import InvalidQueryError, PayloadTooLargeError, QueryProblem, UnsupportedMediaTypeError
from graph.http.disconnect import ClientDisconnectedError

LONGEST_BODY: Final = 256 << 10  # bytes of JSON
LONGEST_FORM: Final = 8 << 10  # bytes
FORM: Final = "application/x-www-form-urlencoded"
MOST_VALUES: Final = 20_000  # commas and opening brackets
MOST_OBJECTS: Final = 2_000  # opening braces


async def read_json(request: Request) -> bytes:
    """Returns the body's bytes, not parsed.

    Raises UnsupportedMediaTypeError unless the body is declared as JSON, PayloadTooLargeError above LONGEST_BODY,
    InvalidQueryError for too many values, and ClientDisconnectedError when the client leaves.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError("The body must be JSON; send Content-Type: application/json.")
    body = await _read(request, LONGEST_BODY)
    _check_size(body)
    return bytes(body)


async def read_form_body(request: Request) -> Mapping[str, str]:
    """Returns the fields of a form that a browser sent by POST.

    Raises UnsupportedMediaTypeError unless the body is a form, PayloadTooLargeError above LONGEST_FORM, and
    ClientDisconnectedError when the client leaves.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise UnsupportedMediaTypeError(f"The body must be a form; send Content-Type: {FORM}.")
    body = await _read(request, LONGEST_FORM)
    return dict(parse_qsl(body.decode("utf-8", "replace")))


async def _read(request: Request, longest: int) -> bytearray:
    """Raises PayloadTooLargeError above `longest` bytes, and ClientDisconnectedError when the client leaves."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > longest:
                raise PayloadTooLargeError(f"The body is longer than {longest} bytes.")
    except ClientDisconnect as error:
        raise ClientDisconnectedError from error
    return body


def _check_size(body: bytearray) -> None:
    sizes = {"objects": (body.count(b"{"), MOST_OBJECTS), "values": (body.count(b",") + body.count(b"["), MOST_VALUES)}
    for what, (count, most) in sizes.items():
        if count > most:
            problem = QueryProblem("$", f"The body has {count} {what}; at most {most} are allowed.")
            raise InvalidQueryError(f"{problem.path}: {problem.message}", [problem])
