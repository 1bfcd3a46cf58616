"""Bodies of requests: JSON of a bounded length."""

from typing import Final

from starlette.requests import ClientDisconnect, Request

from graph.errors import PayloadTooLargeError, UnsupportedMediaTypeError
from graph.leaving import ClientGoneError

LONGEST_BODY: Final = 256 << 10  # bytes


async def read_json(request: Request) -> bytes:
    """The body's text, not looked into; UnsupportedMediaTypeError, PayloadTooLargeError, ClientGoneError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError("The body must be JSON; send Content-Type: application/json.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                raise PayloadTooLargeError(f"At most {LONGEST_BODY} bytes are read.")
    except ClientDisconnect as error:
        raise ClientGoneError from error
    return bytes(body)
