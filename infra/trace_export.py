"""Exports spans over OTLP/HTTP, in a thread. A collector that is away costs one log line, and no request any time."""

import atexit
import logging
from collections.abc import Sequence
from threading import Event, Thread
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

from infra.telemetry import SERVICE, logger

# Seconds at the end of a process for the last spans. The library's own limit is 30, which is Kubernetes' patience, too.
LAST_EXPORT: Final = 2.0
QUEUE_LOG: Final = "opentelemetry.sdk._shared_internal"  # a warning for each span that the queue has no room for


def export_spans(endpoint: str) -> None:
    """Exports the spans of this process from now on. `endpoint`: the collector's URL, without `/v1/traces`."""
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Exporter(f"{endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)
    logging.getLogger(QUEUE_LOG).setLevel(logging.ERROR)
    _export_at_exit(provider)


class _Reasons(logging.Filter):
    """Keeps what the library logs of one export instead of logging it: several lines per batch, without end."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        self.messages.append(record.getMessage())
        return False


class _Exporter(OTLPSpanExporter):
    """Logs one line when exports begin to fail, and one when they succeed again."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self._is_away, self._reasons = False, _Reasons()
        logging.getLogger(trace_exporter.__name__).addFilter(self._reasons)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._reasons.messages.clear()
        result = super().export(spans)
        failed = result is not SpanExportResult.SUCCESS
        if failed and not self._is_away:
            logger().warning("spans cannot be exported", why=next(iter(self._reasons.messages), "unknown"))
        elif self._is_away and not failed:
            logger().info("spans are exported again")
        self._is_away = failed
        return result


def _export_at_exit(provider: TracerProvider) -> None:
    """Exports the last spans when the process ends. A collector that does not answer delays the end by LAST_EXPORT."""
    ending = Event()

    def export() -> None:
        ending.wait()
        provider.shutdown()

    # Started now, because a process that ends may start no thread.
    thread = Thread(target=export, name="last spans", daemon=True)
    thread.start()

    @atexit.register
    def end() -> None:
        ending.set()
        thread.join(LAST_EXPORT)
