"""Logs and traces: JSON lines that carry the current span, and spans that leave only when told where to."""

import logging
import sys
from typing import Final, Literal

import structlog
from opentelemetry import trace
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from infra.settings import LogFormat
from schema.masking import without_phone_numbers

SERVICE: Final = "anlyt"

# Beside these, each pipeline has its own: pipelines/definition.py.
Span = Literal[
    "anlyt.process.billingEvent",
    "anlyt.process.dlrEvent",
    "anlyt.process.dlrFacts",
    "anlyt.process.cdrFacts",
    "anlyt.process.complianceFacts",
    "anlyt.sql",
    "anlyt.api.summary",
    "anlyt.api.operatorPerformance",
    "anlyt.api.accountUsage",
    "anlyt.api.throughput",
    "anlyt.api.deliveryBreakdown",
    "anlyt.api.topOperators",
    "anlyt.api.query",
    "anlyt.api.mnoQuality",
    "anlyt.api.costQuality",
    "anlyt.api.catalog",
    "anlyt.api.graphql",
    "anlyt.api.audit",
    "anlyt.api.auditExports",
    "anlyt.audit.exportFile",
    "anlyt.rollup.daily",
]

tracer: Final = trace.get_tracer(SERVICE)


def is_exporting() -> bool:
    """Whether spans go anywhere; asked by what would cost something."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def logger() -> FilteringBoundLogger:
    """The logger of every room: `await`-free, keyword arguments are what the line is about."""
    log: FilteringBoundLogger = structlog.get_logger()
    return log


def _add_span(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line["traceId"] = trace.format_trace_id(context.trace_id)
        line["spanId"] = trace.format_span_id(context.span_id)
    return line


def _add_service(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    line["service"] = SERVICE
    return line


def _mask_phone_numbers(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """In what others worded: an engine's message may quote a value."""
    for name in ("event", "error", "why", "exception"):
        if isinstance(text := line.get(name), str):
            line[name] = without_phone_numbers(text)
    return line


def _pass_on(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    return line


def usual_format() -> LogFormat:
    """Where no setting says it: text for people, JSON for machines."""
    return "text" if sys.stderr.isatty() else "json"


def configure_logs(format_: LogFormat | None, *, least: int = logging.INFO, on_line: Processor = _pass_on) -> None:
    """Every log line of the process goes to stderr, as one JSON object or as readable text; None: as people read it.

    Lines below the level `least` are left out. `on_line` is called with each other line, as structlog's processors are.
    """
    shared: list[Processor] = [
        on_line,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _add_service,
        _add_span,
    ]
    rendering: list[Processor] = (
        [structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer()]
        if (format_ or usual_format()) == "json"
        # Without tracebacks of its own: they show variables, which may be passwords.
        else [ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain_traceback)]
    )
    last: list[Processor] = [structlog.processors.format_exc_info, _mask_phone_numbers, *rendering]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _redirect_standard_logging(shared, last)


def _redirect_standard_logging(shared: list[Processor], last: list[Processor]) -> None:
    """Libraries log through `logging`; their lines take the same shape."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def configure_traces(endpoint: str | None) -> None:
    """Spans are recorded and exported to an OTLP/HTTP collector; without one they cost nothing."""
    if endpoint is None:
        return
    # Here, because importing them takes longer than most commands run.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
