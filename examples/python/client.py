"""A typed REST client of anlyt in one file, to copy. It needs only httpx and msgspec.

`python examples/python/client.py URL TENANT FROM TO` prints the delivery rate of a tenant's messages on each network.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, TypeVar

import httpx
from msgspec import Struct, field, json

T = TypeVar("T")


class Problem(Struct, frozen=True, rename="camel"):
    """A refusal of the API (RFC 9457). `request_id` is also in the API's logs."""

    status: int
    code: str
    detail: str
    request_id: str


class AnlytError(Exception):
    """The API refused a request. `retry_after` is in seconds, if a retry can help."""

    def __init__(self, problem: Problem, retry_after: int | None) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem, self.retry_after = problem, retry_after


class Window(Struct, frozen=True):
    """The window of whole hours that were counted, without its end."""

    start: datetime = field(name="from")
    end: datetime = field(name="to")


class Mno(Struct, frozen=True, rename="camel"):
    """The figures of one network: latency in ms, rates from 0 to 1. A suppressed network has none."""

    mno: str
    messages: int | None
    terminal: int | None
    delivery_rate: float | None
    error_rate: float | None
    p95_latency_ms: int | None
    suppressed: bool


class MnoQuality(Struct, frozen=True, rename="camel"):
    """The figures of all networks, ordered by name or pseudonym."""

    window: Window
    mnos: Sequence[Mno]
    data_as_of: datetime | None


class Page(Struct, frozen=True, rename="camel"):
    """The cursor of the next page, if there is one."""

    end_cursor: str | None
    has_next_page: bool


class Answer(Struct, frozen=True):
    """One page of a typed query."""

    data: Sequence[Mapping[str, Any]]
    page: Page


class Client:
    """A client of one API. `headers` identify the caller: those of a trusted network, or a bearer token."""

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float = 30) -> None:
        self._http = httpx.Client(base_url=url, headers=dict(headers), timeout=timeout)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def mno_quality(self, window: Mapping[str, str]) -> MnoQuality:
        """The quality in a window: `{"last": "7d"}`, or two times as `from` and `to`. Raises AnlytError if refused."""
        return _read(self._http.get("/v1/insights/mno-quality", params=dict(window)), MnoQuality)

    def rows(self, query: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        """Yields every row of a typed query, page by page. Raises AnlytError if refused."""
        after: str | None = None
        while True:
            answer = _read(self._http.post("/v1/anlyt/query", json={**query, "after": after}), Answer)
            yield from answer.data
            after = answer.page.end_cursor
            if not answer.page.has_next_page:
                return


def _read(response: httpx.Response, type_: type[T]) -> T:
    if response.is_success:
        return json.decode(response.content, type=type_)
    seconds = response.headers.get("Retry-After")
    raise AnlytError(json.decode(response.content, type=Problem), int(seconds) if seconds else None)


def main(url: str, tenant: str, *times: str) -> None:
    """Prints one line per network. `times` is the window: a length until now, or from and to."""
    window = {"last": times[0]} if len(times) == 1 else dict(zip(("from", "to"), times, strict=True))
    portal = {"X-Caller": "customer-portal", "X-Tenant-Id": tenant}
    with Client(url, portal) as client:
        for each in client.mno_quality(window).mnos:
            rate = each.delivery_rate
            result = "too few messages" if rate is None else f"{rate:.2%} of {each.terminal} delivered"
            print(f"{each.mno}: {result}")


if __name__ == "__main__":
    try:
        _, url, tenant, first, *rest = sys.argv
        main(url, tenant, first, *rest)
    except (AnlytError, ValueError) as error:
        sys.exit(f"{error}\nUsage: python examples/python/client.py URL TENANT LAST (or FROM TO)")
