"""Telemetry of requests: one span, one count by status and one duration per request."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    ProxyTracer,
    ProxyTracerProvider,
    SpanKind,
    StatusCode,
    get_current_span,
    get_tracer_provider,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from infra.metrics import QUERY_DURATION, REQUESTS
from infra.telemetry import Span, exemplar, tracer

ENDPOINT: Final = "endpoint_name"  # in the ASGI scope
OUTCOME: Final = "outcome_status"  # in the ASGI scope, when it differs from the response's status
ARRIVED: Final = "arrived"  # in the ASGI scope of a request that waited: the performance counter at its arrival
NO_ENDPOINT: Final = "none"
FAILURES: Final = (500, 503)  # statuses of this service's own failures

# Without the baggage propagator: nothing here uses baggage, and OpenTelemetry logs a baggage header that it rejects.
_TRACE: Final = TraceContextTextMapPropagator()


class Observer:
    """Observes one endpoint. Initialises its failure counters to 0, because an increase needs a first value."""

    def __init__(self, span: Span, endpoint: str) -> None:
        self._name, self._endpoint = span, endpoint
        for status in FAILURES:
            REQUESTS.labels(endpoint, status)

    @contextmanager
    def request(self, scope: Scope) -> Iterator[None]:
        """Observes one request. The caller's `traceparent`, if present, becomes the span's parent."""
        scope[ENDPOINT] = self._endpoint
        headers = Headers(scope=scope)
        parent = _TRACE.extract(headers) if "traceparent" in headers else None
        started, trace_ids = scope.get(ARRIVED) or perf_counter(), None
        try:
            with _span(self._name, parent):
                trace_ids = exemplar()
                yield
        finally:
            QUERY_DURATION.labels(self._endpoint).observe(perf_counter() - started, trace_ids)


def _span(name: Span, parent: Context | None) -> AbstractContextManager[object]:
    """A span, or a no-op without exporter and parent: a span costs a tenth of a cheap request."""
    if parent is None and isinstance(tracer, ProxyTracer) and isinstance(get_tracer_provider(), ProxyTracerProvider):
        return nullcontext()
    return tracer.start_as_current_span(
        name,
        parent,
        kind=SpanKind.SERVER,
        record_exception=False,  # its message may quote a value; only the log masks it
        set_status_on_exception=False,
    )


def record_status(scope: Scope, status: int) -> None:
    """Counts the request by its status, and sets the status on its span."""
    REQUESTS.labels(scope.get(ENDPOINT, NO_ENDPOINT), scope.get(OUTCOME, status)).inc()
    span = get_current_span()
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(StatusCode.ERROR)


def trace_headers() -> list[tuple[bytes, bytes]]:
    """The header `traceresponse` (W3C Trace Context, level 2) with the request's span; empty without a span."""
    span = get_current_span()
    if not span.is_recording():
        return []
    context = span.get_span_context()
    value = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    return [(b"traceresponse", value.encode())]
