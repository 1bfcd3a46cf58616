"""Clients that disconnect at any point of a request, and port scanners, cause no server error."""

import json
import random
import re
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest

from infra.embedded.certificates import DevCertificates
from infra.endpoints import Endpoints
from tests.support.api import ADMIN, ANALYTICS
from tests.support.cli import Running, running

WINDOW: Final = {"from": "2026-01-01T00:00:00Z", "to": "2026-10-01T00:00:00Z"}
QUERY: Final = {
    "dataset": "dlr",
    "measures": ["messages"],
    "dimensions": ["mno"],
    "time": {**WINDOW, "granularity": "day"},
}
SUBSCRIPTION: Final = {"query": "subscription { liveThroughput(every: 1) { messages } }"}
AUDIT: Final = {"tenantId": "tenant-001", **WINDOW}
JSON: Final = {"Content-Type": "application/json"}
# Path, body, headers.
API: Final = (
    ("/v1/anlyt/query", QUERY, {**JSON, "Accept": "application/json"}),
    ("/v1/anlyt/query", QUERY, {**JSON, "Accept": "text/csv"}),
    ("/v1/anlyt/query", QUERY, {**JSON, "Accept": "application/vnd.apache.arrow.stream"}),
    ("/graphql", {"query": "{ summary { totalMessages } operators(first: 100) { totalCount } }"}, JSON),
    ("/graphql", SUBSCRIPTION, {**JSON, "Accept": "text/event-stream"}),
)
LISTENER: Final = (
    ("/v1/audit/query", AUDIT, JSON),
    ("/v1/audit/exports", AUDIT, JSON),
    ("/graphql", {"query": "{ __typename }"}, JSON),
)
READING: Final = (f"{ANALYTICS}/summary?granularity=daily", f"{ANALYTICS}/throughput", "/openapi.json", "/health/ready")


def post_request(path: str, body: object, headers: dict[str, str], *, chunked: bool = False) -> bytes:
    content = json.dumps(body).encode()
    length = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(content))}
    head = {"Host": "here", **ADMIN, **headers, **length}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content) if chunked else content
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + sent


def get_request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: here\r\nX-Caller: admin-dashboard\r\n\r\n".encode()


def prefixes(request: bytes) -> Iterator[bytes]:
    """Prefixes of a request: of its line, its head and its body; the whole request; and the start of a second one."""
    head = request.index(b"\r\n\r\n") + 4
    for end in sorted({0, 1, 9, head // 2, head - 1, head, head + 1, (head + len(request)) // 2, len(request) - 1}):
        yield request[:end]
    yield request
    yield request + request[:head]  # and the beginning of the next request


Connect = Callable[[], socket.socket]


def plain(url: str) -> Connect:
    parts = urlsplit(url)
    return lambda: socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


def reset(connection: socket.socket) -> None:
    """Resets a connection: the server gets RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def disconnect(connect: Connect, sent: bytes, *, graceful: bool, after: float, read: int = 0) -> None:
    connection = connect()
    try:
        connection.sendall(sent)
        time.sleep(after)
        if read:
            connection.recv(read)
    except OSError:
        pass  # the server has closed the connection
    finally:
        connection.close() if graceful else reset(connection)


def encrypted(url: str, files: DevCertificates, *, certificate: bool = True) -> Connect:
    context = ssl.create_default_context(cafile=files.authority)
    if certificate:
        context.load_cert_chain(*files.client)

    def connect() -> socket.socket:
        return context.wrap_socket(plain(url)(), server_hostname="localhost")

    return connect


def client_hello() -> bytes:
    """The ClientHello of a TLS client."""
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def scan(url: str, seed: int) -> None:
    """Sends the bytes of port scanners and of clients of other protocols."""
    garbage = random.Random(seed).randbytes(200)
    first = client_hello()
    for sent in (
        b"",
        b"\x00",
        garbage,
        b"GET / HTTP/1.0\r\n\r\n",
        b"SSH-2.0-x\r\n",
        first[:5],
        first[: len(first) // 2],
        first,
    ):
        for graceful in (True, False):
            disconnect(plain(url), sent, graceful=graceful, after=0.01)


def disconnect_everywhere(connect: Connect, requests: list[bytes]) -> None:
    rng = random.Random(5)
    for request in requests:
        for sent in prefixes(request):
            disconnect(connect, sent, graceful=rng.random() < 0.5, after=rng.choice([0, 0, 0.01]))
        disconnect(connect, request, graceful=False, after=0.05, read=1)  # in the middle of the answer


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Endpoints]]:
    with running(tmp_path_factory.mktemp("left"), "dev", "--s3") as started:
        yield started, started.endpoints()


def failures(metrics: str) -> float:
    """The number of PostgreSQL errors and of 5xx answers so far."""
    lines = httpx.get(metrics).text.splitlines()
    counted = re.compile(r'anlyt_pg_errors_total\{|anlyt_http_requests_total\{.*status="5')
    return sum(float(line.split()[-1]) for line in lines if counted.match(line))


def test_disconnecting_clients_cause_no_server_error(service: tuple[Running, Endpoints], seed: int) -> None:
    started, endpoints = service
    files = DevCertificates(started.home / "tls")
    audit = str(endpoints.audit).replace("127.0.0.1", "localhost")
    before = failures(endpoints.metrics)
    requests = [post_request(*each, chunked=chunked) for each in API for chunked in (False, True)]
    disconnect_everywhere(plain(endpoints.api), [*requests, *map(get_request, READING)])
    portal = [post_request(*each, chunked=chunked) for each in LISTENER for chunked in (False, True)]
    disconnect_everywhere(encrypted(audit, files), portal)
    disconnect_everywhere(plain(endpoints.metrics), [get_request("/metrics")] * 5)
    for url in (endpoints.api, audit, endpoints.metrics):
        scan(url, seed)
    # The read may fail: a TLS 1.3 client learns of the refusal only after the handshake.
    with suppress(OSError), encrypted(audit, files, certificate=False)() as stranger:
        stranger.recv(1)
    assert httpx.get(f"{endpoints.api}{ANALYTICS}/summary", headers=ADMIN).status_code == 200
    assert failures(endpoints.metrics) == before
    assert started.stop() == 0
    assert started.process.stderr is not None
    log = started.process.stderr.read()
    assert "Traceback" not in log
    lines = [json.loads(line) for line in log.splitlines()]
    assert not [line for line in lines if line["level"] in {"error", "critical"} or "exception" in line]
    left = [line for line in lines if line["message"] == "client left"]
    assert {line["level"] for line in left} == {"info"}
    assert {line["path"] for line in left} >= {"/graphql", "/v1/anlyt/query", "/v1/audit/query"}
    assert len({line["requestId"] for line in left}) == len(left)  # one line per client
