"""Requests to S3 for which obstore has no calls, signed with AWS Signature Version 4."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from infra.s3 import REQUEST_TIMEOUT, S3
from infra.secret_files import current

ALGORITHM: Final = "AWS4-HMAC-SHA256"


class Answer(NamedTuple):
    """An answer of S3. The text of errors is XML with a code."""

    status: int
    text: str


class Request(NamedTuple):
    """A request without its signature. `url` is percent-encoded; its query is one name without a value, or empty."""

    method: str
    url: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


async def send(
    s3: S3, method: str, key: str = "", query: str = "", *, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Answer:
    """Sends a request for an object, or without `key` for the bucket. `query`: one name, such as `retention`.

    Raises aiohttp.ClientError and TimeoutError if S3 does not answer.
    """
    path = f"{s3.endpoint}/{s3.bucket}" + (f"/{quote(key)}" if key else "")
    request = Request(method, path + (f"?{query}" if query else ""), headers or {}, body)
    url, signed = URL(request.url, encoded=True), signed_headers(s3, request, datetime.now(UTC))
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, url, headers=signed, data=body) as answer,
    ):
        return Answer(answer.status, await answer.text())


def signed_headers(s3: S3, request: Request, at: datetime) -> Mapping[str, str]:
    """The headers of a request at a time in UTC, with its signature. Pure, but for keys that are files."""
    url, time, digest = urlsplit(request.url), f"{at:%Y%m%dT%H%M%SZ}", sha256(request.body).hexdigest()
    headers = {**request.headers, "host": url.netloc, "x-amz-content-sha256": digest, "x-amz-date": time}
    names, query = ";".join(sorted(headers)), f"{url.query}=" if url.query else ""
    lines = [f"{name}:{headers[name]}" for name in sorted(headers)]
    canonical = "\n".join([request.method, url.path or "/", query, *lines, "", names, digest])
    scope = f"{at:%Y%m%d}/{s3.region}/s3/aws4_request"
    text = "\n".join([ALGORITHM, time, scope, sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{current(s3.secret_key)}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"{current(s3.access_key)}/{scope}"
    return {
        **headers,
        "authorization": f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}",
    }
