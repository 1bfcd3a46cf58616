"""Reads JSON request bodies of bounded length and with a bounded number of values.

Both bounds are checked before parsing, so refusing a body takes time linear in its length. Commas and brackets inside
strings count, too: legitimate requests stay far below the bounds.
"""

from typing import Final

from starlette.requests import ClientDisconnect, Request

from graph.errors import InvalidQueryError, PayloadTooLargeError, QueryProblem, UnsupportedMediaTypeError
from graph.http.disconnect import ClientDisconnectedError

LONGEST_BODY: Final = 256 << 10  # bytes
MOST_VALUES: Final = 20_000  # commas and opening brackets
MOST_OBJECTS: Final = 2_000  # opening braces


async def read_json(request: Request) -> bytes:
    """Returns the body's bytes, not parsed.

    Raises UnsupportedMediaTypeError unless the body is declared as JSON, PayloadTooLargeError above LONGEST_BODY,
    InvalidQueryError for too many values, and ClientDisconnectedError when the client leaves.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError("The body must be JSON; send Content-Type: application/json.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                raise PayloadTooLargeError(f"The body is longer than {LONGEST_BODY} bytes.")
    except ClientDisconnect as error:
        raise ClientDisconnectedError from error
    _check_size(body)
    return bytes(body)


def _check_size(body: bytearray) -> None:
    sizes = {"objects": (body.count(b"{"), MOST_OBJECTS), "values": (body.count(b",") + body.count(b"["), MOST_VALUES)}
    for what, (count, most) in sizes.items():
        if count > most:
            problem = QueryProblem("$", f"The body has {count} {what}; at most {most} are allowed.")
            raise InvalidQueryError(f"{problem.path}: {problem.message}", [problem])
