"""Admission: who waits, who is begun in which order, who is refused and how, and what never counts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from graph.errors import OverloadedError
from graph.http import admission
from graph.http.admission import Admission, end_admission
from graph.http.middleware import REQUEST_ID
from graph.http.responses import problem_response
from graph.http.server import serving
from tests.graph.support.problems import check_problem

pytestmark = pytest.mark.anyio

REPORT = "/reports/x"
_span: ContextVar[str] = ContextVar("span", default="none")


class Reports:
    """An application whose requests are under way until they are released, one by one or all."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.spans: list[str] = []
        self.permits = asyncio.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = dict(scope["headers"]).get(b"x-tenant-id", b"?").decode()
        self.begun.append(name)
        self.spans.append(_span.get())
        _span.set(name)
        match scope["path"].rpartition("/")[2]:
            case "body":
                while (await receive()).get("more_body"):
                    pass
            case "stream":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await self.permits.acquire()
                await send({"type": "http.response.body", "body": b"end"})
                return
            case "query":
                end_admission()
        if scope["path"] != "/health" and scope["method"] != "OPTIONS":
            await self.permits.acquire()
        await PlainTextResponse("done")(scope, receive, send)

    async def wait_for(self, number: int) -> None:
        async with asyncio.timeout(20):
            while len(self.begun) < number:
                await asyncio.sleep(0.005)

    def release(self, number: int = 1) -> None:
        for _ in range(number):
            self.permits.release()


def refusal(scope: Scope) -> Response:
    return problem_response(OverloadedError(), scope[REQUEST_ID])


@asynccontextmanager
async def served(limit: int) -> AsyncIterator[tuple[Reports, Admission, httpx.AsyncClient]]:
    reports = Reports()
    admitting = Admission(reports, limit, ["/reports"], refusal)
    limits = httpx.Limits(max_connections=None)
    async with serving(admitting, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url, limits=limits) as client:
        yield reports, admitting, client


@pytest.fixture
def long_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_WAIT", 60)


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_WAIT", 0.0)


async def start(client: httpx.AsyncClient, tenant: str, path: str = REPORT) -> "asyncio.Task[httpx.Response]":
    """Sends a request of a tenant, and returns when the server has it: the server answers health later."""
    task = asyncio.create_task(client.get(path, headers={"X-Tenant-Id": tenant}, timeout=60))
    await asyncio.sleep(0.01)
    await client.get("/health", headers={"X-Tenant-Id": "health"})
    return task


async def statuses(tasks: "list[asyncio.Task[httpx.Response]]") -> list[int]:
    return [(await task).status_code for task in tasks]


@pytest.mark.usefixtures("long_wait")
async def test_a_crowd_of_one_caller_does_not_delay_another() -> None:
    async with served(limit=1) as (reports, admitting, client):
        tasks = [await start(client, tenant) for tenant in ("a", "a", "a", "a", "b")]
        assert [each for each in reports.begun if each != "health"] == ["a"]
        for number in range(5):
            reports.release()
            await reports.wait_for(5 + min(number + 2, 5))
        assert [each for each in reports.begun if each != "health"] == ["a", "a", "b", "a", "a"]
        assert await statuses(tasks) == [200] * 5
        assert admitting._counted == len(admitting._turns) == 0


@pytest.mark.usefixtures("long_wait")
async def test_a_request_that_waited_begins_in_a_context_of_its_own() -> None:
    async with served(limit=1) as (reports, _, client):
        tasks = [await start(client, tenant) for tenant in ("a", "b")]
        reports.release(2)
        assert await statuses(tasks) == [200] * 2
        assert set(reports.spans) == {"none"}


@pytest.mark.usefixtures("short_wait")
async def test_a_late_request_is_refused_and_its_connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = {"reason": "overloaded"}
    before = REGISTRY.get_sample_value("anlyt_refused_total", labels) or 0
    answered = REGISTRY.get_sample_value("anlyt_http_requests_total", {"endpoint": "none", "status": "503"}) or 0
    async with served(limit=1) as (reports, _, client):
        first = await start(client, "a")
        response = await client.get(REPORT, headers={"X-Request-Id": "my-id"})
        check_problem(response, 503, "DEPENDENCY_UNAVAILABLE")
        assert "Too many reports" in response.json()["detail"]
        assert (response.json()["requestId"], response.headers["x-request-id"]) == ("my-id", "my-id")
        assert response.headers["retry-after"] == "2"
        assert (await client.get("/health")).extensions["network_stream"] is response.extensions["network_stream"]
        assert (await client.options(REPORT)).text == "done"
        head = await client.head(REPORT)
        assert (head.status_code, head.content) == (503, b"")
        assert (await client.get("/health")).text == "done"
        monkeypatch.setattr(admission, "MOST_WAITING", 0)
        check_problem(await client.post(REPORT, content=b"x" * 200_000), 503, "DEPENDENCY_UNAVAILABLE")
        reports.release()
        assert await statuses([first]) == [200]
        assert REGISTRY.get_sample_value("anlyt_refused_total", labels) == before + 3
    assert REGISTRY.get_sample_value("anlyt_http_requests_total", {"endpoint": "none", "status": "503"}) == answered + 3


@pytest.mark.usefixtures("long_wait")
@pytest.mark.parametrize("path", ["/reports/stream", "/reports/query"])
async def test_streams_and_queries_do_not_count(path: str) -> None:
    async with served(limit=1) as (reports, _, client):
        tasks = [await start(client, "a", path) for _ in range(3)]
        await reports.wait_for(6)
        reports.release(3)
        assert await statuses(tasks) == [200] * 3


async def exchange(url: str, *parts: bytes) -> bytes:
    """Sends the parts of requests, and returns what the server sends until it closes the connection."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.02)
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def head(method: str, version: str = "1.1", **headers: str) -> bytes:
    lines: Mapping[str, str] = {"Host": "x", **{name.replace("_", "-"): value for name, value in headers.items()}}
    written = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {REPORT} HTTP/{version}\r\n{written}\r\n".encode()


@pytest.mark.usefixtures("short_wait")
async def test_a_slow_body_does_not_count_before_its_end() -> None:
    async with served(limit=1) as (reports, admitting, client):
        post = f"POST {REPORT}/body HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n".encode()
        address = urlsplit(str(client.base_url))
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(post + b"{")
        await reports.wait_for(1)
        first = await start(client, "a")
        assert (len(reports.begun), admitting._counted) == (3, 1)
        writer.write(b"}")
        reports.release(2)
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
        assert await statuses([first]) == [200]
        assert admitting._counted == 0


@pytest.mark.usefixtures("short_wait")
async def test_a_refusal_closes_the_connection_if_the_request_demands_it() -> None:
    async with served(limit=1) as (reports, _, client):
        first, url = await start(client, "a"), str(client.base_url)
        for request in (
            head("GET", version="1.0"),
            head("GET", Connection="close"),
            head("POST", Content_Length="5", Expect="100-continue"),
        ):
            answer = await exchange(url, request)
            assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"\r\nconnection: close\r\n" in answer
        reports.release()
        assert await statuses([first]) == [200]


@pytest.mark.usefixtures("short_wait")
async def test_pipelined_requests_are_refused_in_order() -> None:
    async with served(limit=1) as (reports, _, client):
        first = await start(client, "a")
        answer = await exchange(
            str(client.base_url),
            head("POST", Content_Length="5") + b"12",
            b"345" + head("GET"),
            b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )
        assert [part[:3] for part in answer.split(b"HTTP/1.1 ")] == [b"", b"503", b"503", b"200"]
        reports.release()
        assert await statuses([first]) == [200]


@pytest.mark.usefixtures("long_wait")
async def test_a_request_whose_client_left_is_not_begun() -> None:
    async with served(limit=1) as (reports, admitting, client):
        first = await start(client, "a")
        with pytest.raises(httpx.ReadTimeout):
            await client.get(REPORT, timeout=0.05)
        last = await start(client, "c")
        reports.release(2)
        assert await statuses([first, last]) == [200] * 2
        assert [each for each in reports.begun if each != "health"] == ["a", "c"]
        assert admitting._counted == 0


class Counting(Admission):
    """Counts the searches for late requests."""

    searches = 0

    def _refuse_late(self) -> None:
        self.searches += 1
        super()._refuse_late()


async def test_a_queue_that_is_empty_now_and_then_is_searched_once_per_interval() -> None:
    admitting = Counting(Reports(), 1, ["/reports"], refusal)
    scopes: list[Scope] = [{"path": REPORT, "method": "GET", "headers": []} for _ in range(51)]
    admitting.count(scopes[0])
    for before, scope in pairwise(scopes):
        admitting.admit(scope, partial(admitting.count, scope), lambda: None)
        admitting._end(before)
    admitting.admit({**scopes[0]}, lambda: None, lambda: None)
    while not admitting.searches:
        await asyncio.sleep(0.01)
    assert admitting.searches < len(scopes) / 2
