"""Content codings: the client's preference, the least length, and what is never compressed."""

import gzip
import json
import sys
from collections.abc import AsyncIterator, Callable
from random import Random

import brotli
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from graph.http.compression import CODINGS, INLINE, LEAST
from graph.http.routing import ListenerOptions, make_application

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.anyio

DECODE: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstd.decompress,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "": bytes,
}


def text(length: int) -> bytes:
    random = Random(1)
    numbers = json.dumps([random.randrange(1000) for _ in range(length // 4)]).encode()
    return numbers[:length].ljust(length)


async def answer(request: Request) -> Response:
    length, media_type = int(request.query_params["length"]), request.query_params.get("type", "application/json")
    headers = {"Content-Encoding": "gzip"} if "packed" in request.query_params else {}
    return Response(text(length), int(request.query_params.get("status", 200)), headers, media_type)


async def stream(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield text(LEAST)

    return StreamingResponse(parts(), media_type=request.query_params["type"])


APP = make_application([Route("/", answer), Route("/stream", stream)], "none", ListenerOptions())


async def ask(accept: str | None, path: str = "/", **parameters: object) -> tuple[str, bytes, httpx.Response]:
    """The coding of the answer, and its body as sent."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://api") as client:
        request = client.build_request("GET", path, params={"length": LEAST, **parameters})  # type: ignore[dict-item]
        request.headers.pop("accept-encoding")
        if accept is not None:
            request.headers["accept-encoding"] = accept
        response = await client.send(request, stream=True)
        body = b"".join([part async for part in response.aiter_raw()])
    return response.headers.get("content-encoding", ""), body, response


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, ""),
        ("", ""),
        ("identity", ""),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br, gzip", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.1", "gzip"),
        ("gzip;q=0.2, br;q=0.9, zstd;q=0", "br"),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "br"),
        ("*;q=0, gzip;q=0.5", "gzip"),
        ("identity, gzip;q=0.5", ""),
        ("identity;q=0, deflate", ""),
        ("deflate, compress", ""),
        ("gzip;q=2, br;q=x", ""),
        ("gzip;Q=1", "gzip"),
        (";;;, ,gzip ; q=0.3 ;a=b", "gzip"),
    ],
)
async def test_the_client_chooses_the_coding(accept: str | None, coding: str) -> None:
    used, body, response = await ask(accept)
    assert used == coding
    assert DECODE[coding](body) == text(LEAST)
    assert response.headers["content-length"] == str(len(body))
    assert response.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("length", [LEAST - 1, LEAST, INLINE, INLINE + 1, 10 * INLINE])
async def test_the_body_is_the_same_at_any_length(coding: str, length: int) -> None:
    used, body, response = await ask(coding, length=length)
    assert used == (coding if length >= LEAST else "")
    assert DECODE[used](body) == text(length)
    assert response.headers["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("media_type", "is_compressed"),
    [
        ("application/problem+json", True),
        ("application/graphql-response+json", True),
        ("text/csv; charset=utf-8; header=present", True),
        ("text/html", True),
        ("application/vnd.apache.arrow.stream", True),
        ("image/png", False),
        ("application/vnd.apache.parquet", False),
        ("font/woff2", False),
    ],
)
async def test_texts_and_tables_are_compressed(media_type: str, is_compressed: bool) -> None:
    used, _, response = await ask("gzip", type=media_type)
    assert (used, response.headers.get("vary")) == (("gzip", "Accept-Encoding") if is_compressed else ("", None))


async def test_an_error_is_compressed_too() -> None:
    assert (await ask("gzip", status=422))[0] == "gzip"


async def test_a_packed_body_is_not_packed_again() -> None:
    used, body, _ = await ask("br", packed="")
    assert (used, body) == ("gzip", text(LEAST))


@pytest.mark.parametrize("media_type", ["text/event-stream", "application/json"])
async def test_a_stream_is_passed_on_part_by_part(media_type: str) -> None:
    used, body, _ = await ask("gzip", "/stream", type=media_type)
    assert (used, body) == ("", 3 * text(LEAST))
