"""A trace collector that receives spans over OTLP/HTTP (protobuf) and keeps them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue


@dataclass(frozen=True, slots=True)
class Exported:
    """A received span. Ids are hexadecimal; `parent` is empty for a root; `links` are the linked traces."""

    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    attributes: Mapping[str, str]
    service: str


@dataclass(frozen=True, slots=True)
class Collector:
    url: str
    spans: list[Exported] = field(default_factory=list)

    def named(self, name: str) -> list[Exported]:
        return [span for span in self.spans if span.name == name]

    def below(self, parent: Exported) -> list[Exported]:
        return [span for span in self.spans if span.parent == parent.id]


@contextmanager
def collector() -> Iterator[Collector]:
    """Runs a collector on a free port of 127.0.0.1 during the body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.spans.extend(_decoded(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's parameter
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def _decoded(request: ExportTraceServiceRequest) -> Iterator[Exported]:
    for resource in request.resource_spans:
        own = {each.key: each.value.string_value for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Exported(
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    links=tuple(link.trace_id.hex() for link in span.links),
                    attributes={each.key: _text(each.value) for each in span.attributes},
                    service=own["service.name"],
                )


def _text(value: AnyValue) -> str:
    return str(getattr(value, value.WhichOneof("value") or "string_value"))
