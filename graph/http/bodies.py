"""Bodies of requests: JSON of a bounded length, with a bounded number of values.

Both bounds are counted before anything is parsed, so that the cost of refusing a body is linear in its length. A comma
or a bracket within a text counts like any other: no request comes near the bounds.
"""

from typing import Final

from starlette.requests import ClientDisconnect, Request

from graph.errors import InvalidQueryError, PayloadTooLargeError, QueryProblem, UnsupportedMediaTypeError
from graph.http.disconnect import ClientDisconnectedError

LONGEST_BODY: Final = 256 << 10  # bytes
MOST_VALUES: Final = 20_000  # commas and opening brackets
MOST_OBJECTS: Final = 2_000  # opening braces


async def read_json(request: Request) -> bytes:
    """The body's text, not parsed.

    UnsupportedMediaTypeError, PayloadTooLargeError, InvalidQueryError, ClientDisconnectedError.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError("The body must be JSON; send Content-Type: application/json.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                raise PayloadTooLargeError(f"At most {LONGEST_BODY} bytes are read.")
    except ClientDisconnect as error:
        raise ClientDisconnectedError from error
    _check_size(body)
    return bytes(body)


def _check_size(body: bytearray) -> None:
    sizes = {"objects": (body.count(b"{"), MOST_OBJECTS), "values": (body.count(b",") + body.count(b"["), MOST_VALUES)}
    for what, (count, most) in sizes.items():
        if count > most:
            problem = QueryProblem("$", f"At most {most} {what} are read in a body.")
            raise InvalidQueryError(f"{problem.path}: {problem.message}", [problem])
