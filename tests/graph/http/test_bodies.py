"""Request bodies: bounded JSON is read; other media types and larger bodies are refused before parsing."""

from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message

from graph.errors import ApiError, InvalidQueryError, PayloadTooLargeError, UnsupportedMediaTypeError
from graph.http.bodies import LONGEST_BODY, MOST_OBJECTS, MOST_VALUES, read_json
from graph.http.disconnect import ClientDisconnectedError

pytestmark = pytest.mark.anyio


def request(chunks: Sequence[bytes], media_type: str = "application/json", *, whole: bool = True) -> Request:
    left = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    left.append({"type": "http.request"} if whole else {"type": "http.disconnect"})

    async def receive() -> Message:
        return left.pop(0)

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", media_type.encode())]}, receive)


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"," * (MOST_VALUES - 1),
        b"[" * MOST_VALUES,
        b"{" * MOST_OBJECTS,
        b" " * LONGEST_BODY,
    ],
    ids=["commas", "lists", "objects", "bytes"],
)
async def test_a_body_at_its_limit_is_read_and_one_beyond_is_refused(body: bytes) -> None:
    """Repeating the last byte exceeds the limit by one."""
    assert await read_json(request([body[:100], body[100:]])) == body
    with pytest.raises((InvalidQueryError, PayloadTooLargeError), match=r"[0-9]+ (values|objects|bytes)"):
        await read_json(request([body, body[-1:]]))


@pytest.mark.parametrize(
    ("media_type", "error"),
    [
        ("application/json; charset=utf-8", None),
        ("APPLICATION/JSON", None),
        ("text/plain", UnsupportedMediaTypeError),
        ("", UnsupportedMediaTypeError),
    ],
)
async def test_a_body_is_json(media_type: str, error: type[ApiError] | None) -> None:
    if error is None:
        assert await read_json(request([b"{}"], media_type)) == b"{}"
        return
    with pytest.raises(error, match="application/json"):
        await read_json(request([b"{}"], media_type))


async def test_a_client_that_disconnects_within_the_body_is_reported() -> None:
    with pytest.raises(ClientDisconnectedError):
        await read_json(request([b'{"dataset":'], whole=False))
