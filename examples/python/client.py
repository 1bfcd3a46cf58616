"""A typed client of anlyt over REST, in one file to copy: httpx and msgspec are all it needs.

`python examples/python/client.py URL TENANT FROM TO` prints how well each network carries a tenant's messages.
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
    """What the API refused (RFC 9457); `request_id` finds it in the API's logs."""

    status: int
    code: str
    detail: str
    request_id: str


class AnlytError(Exception):
    """A refusal; `retry_after` seconds, if asking again may help."""

    def __init__(self, problem: Problem, retry_after: int | None) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem, self.retry_after = problem, retry_after


class Window(Struct, frozen=True):
    """The whole hours that were counted; half-open."""

    start: datetime = field(name="from")
    end: datetime = field(name="to")


class Mno(Struct, frozen=True, rename="camel"):
    """One network; a suppressed one has no figures. Latency in ms; rates from 0 to 1."""

    mno: str
    messages: int | None
    terminal: int | None
    delivery_rate: float | None
    error_rate: float | None
    p95_latency_ms: int | None
    suppressed: bool


class MnoQuality(Struct, frozen=True, rename="camel"):
    """Ordered by name or pseudonym."""

    window: Window
    mnos: Sequence[Mno]
    data_as_of: datetime | None


class Page(Struct, frozen=True, rename="camel"):
    """Where the next page begins."""

    end_cursor: str | None
    has_next_page: bool


class Answer(Struct, frozen=True):
    """One page of a typed query."""

    data: Sequence[Mapping[str, Any]]
    page: Page


class Client:
    """`headers` say who is asking: those of a trusted network, or a bearer token."""

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float = 30) -> None:
        self._http = httpx.Client(base_url=url, headers=dict(headers), timeout=timeout)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def mno_quality(self, window: Mapping[str, str]) -> MnoQuality:
        """Of a window as the API takes it: `{"last": "7d"}`, or two times as `from` and `to`; AnlytError."""
        return _read(self._http.get("/v1/insights/mno-quality", params=dict(window)), MnoQuality)

    def rows(self, query: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        """Every row of a typed query, page after page; AnlytError."""
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
    """Prints one line per network, of the window that `times` is: a length until now, or from and to."""
    window = {"last": times[0]} if len(times) == 1 else dict(zip(("from", "to"), times, strict=True))
    portal = {"X-Caller": "customer-portal", "X-Tenant-Id": tenant}
    with Client(url, portal) as client:
        for each in client.mno_quality(window).mnos:
            rate = each.delivery_rate
            told = "too few messages" if rate is None else f"{rate:.2%} of {each.terminal} delivered"
            print(f"{each.mno}: {told}")


if __name__ == "__main__":
    try:
        _, url, tenant, first, *rest = sys.argv
        main(url, tenant, first, *rest)
    except (AnlytError, ValueError) as error:
        sys.exit(f"{error}\nUsage: python examples/python/client.py URL TENANT LAST (or FROM TO)")
