"""Logs and traces: log lines with the current span's ids, and spans that are exported if a collector is configured."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from infra.settings import LogFormat
from infra.structlog_import import (
    ConsoleRenderer,
    EventDict,
    FilteringBoundLogger,
    Processor,
    WrappedLogger,
    plain_traceback,
    structlog,
)
from schema.phone_numbers import without_phone_numbers

SERVICE: Final = "anlyt"

# Each pipeline has a further span: pipelines/definition.py.
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
    "anlyt.api.ledger",
    "anlyt.api.restatements",
    "anlyt.api.reconciliationExplanation",
    "anlyt.api.query",
    "anlyt.api.mnoQuality",
    "anlyt.api.costQuality",
    "anlyt.api.catalog",
    "anlyt.api.exports",
    "anlyt.api.exportFile",
    "anlyt.api.graphql",
    "anlyt.api.page",
    "anlyt.api.audit",
    "anlyt.api.auditExports",
    "anlyt.audit.exportFile",
    "anlyt.rollup.daily",
]

tracer: Final = trace.get_tracer(SERVICE)


def is_exporting() -> bool:
    """Whether spans are exported. Check it before work that only serves a span."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


@contextmanager
def span(name: str, kind: SpanKind = SpanKind.INTERNAL, **options: Any) -> Iterator[trace.Span]:
    """A span around the body. `options`: those of the tracer.

    Of an error, the span records the class only: the message may quote a value, and only the log masks it.
    """
    with tracer.start_as_current_span(
        name, kind=kind, record_exception=False, set_status_on_exception=False, **options
    ) as started:
        try:
            yield started
        except BaseException as error:  # a cancellation ends the work, too
            started.set_attribute("error.type", type(error).__name__)
            started.set_status(StatusCode.ERROR)
            raise


def exemplar() -> dict[str, str] | None:
    """Labels that lead from a metric's sample to the current trace; None without a span that is exported."""
    context = trace.get_current_span().get_span_context()
    if not (trace.get_current_span().is_recording() and context.trace_flags.sampled):
        return None
    return {"trace_id": trace.format_trace_id(context.trace_id), "span_id": trace.format_span_id(context.span_id)}


def logger() -> FilteringBoundLogger:
    """The logger of all packages. Keyword arguments become fields of the line."""
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
    """Masks phone numbers in free text: an engine's message may quote a value."""
    for name in ("event", "error", "why", "exception"):
        if isinstance(text := line.get(name), str):
            line[name] = without_phone_numbers(text)
    return line


def _unchanged(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    return line


def usual_format() -> LogFormat:
    """The default format: text on a terminal, else JSON."""
    return "text" if sys.stderr.isatty() else "json"


def configure_logs(format_: LogFormat | None, *, least: int = logging.INFO, on_line: Processor = _unchanged) -> None:
    """Writes all log lines of the process to stderr, as JSON objects or readable text; None: as `usual_format` says.

    Skips lines below the level `least`. `on_line`: a structlog processor, called first with each other line.
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
        # Plain tracebacks: the renderer's own show variables, which may be passwords.
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
    """Gives lines that libraries log with `logging` the same format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def configure_traces(endpoint: str | None) -> None:
    """Exports spans to an OTLP/HTTP collector. Without `endpoint`, spans are not recorded and cost nothing."""
    if endpoint is None:
        return
    # Imported here, because the import takes longer than most commands run.
    from infra.trace_export import export_spans

    export_spans(endpoint)
