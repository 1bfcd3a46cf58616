"""What is read of a body: JSON, of so many bytes, with so many values; all else is refused before it is parsed."""

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
async def test_so_much_is_read_and_no_more(body: bytes) -> None:
    """Of one more of the last of each kind, the whole is refused."""
    assert await read_json(request([body[:100], body[100:]])) == body
    with pytest.raises((InvalidQueryError, PayloadTooLargeError), match=r"At most [0-9]+ (values|objects|bytes)"):
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


async def test_who_leaves_in_the_middle_has_left() -> None:
    with pytest.raises(ClientDisconnectedError):
        await read_json(request([b'{"dataset":'], whole=False))
