"""Log lines of the product and of libraries, in a separate process, and spans of failed work."""

import json
import subprocess
import sys
from typing import Final

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from infra import telemetry
from infra.settings import LogFormat
from tools.export import ROOT

PROGRAM: Final = """
import logging
import sys
from infra.telemetry import configure_logs, logger

def fail(dsn):
    raise ValueError("it failed")

configure_logs(sys.argv[1])
for log in (logger(), logging.getLogger("asyncio")):
    try:
        fail("".join(("pass", "word")))
    except ValueError:
        log.exception("an error that nobody expected")
"""


def log_lines(format_: LogFormat) -> str:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, format_]
    return subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=60, check=True).stderr


def test_errors_of_libraries_look_like_ours() -> None:
    ours, theirs = map(json.loads, log_lines("json").splitlines())
    assert ours.keys() == theirs.keys() == {"level", "ts", "service", "message", "exception"}
    for line in (ours, theirs):
        assert (line["level"], line["message"]) == ("error", "an error that nobody expected")
        assert line["exception"].startswith("Traceback (most recent call last):\n")
        assert line["exception"].endswith("\nValueError: it failed")


@pytest.mark.parametrize("format_", ["json", "text"])
def test_a_traceback_shows_no_values(format_: LogFormat) -> None:
    """Values may be passwords, or contents of events."""
    text = log_lines(format_)
    assert text.count("ValueError: it failed") == 2
    assert "password" not in text


def test_a_span_of_failed_work_has_the_errors_class_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message may quote a value, and collectors mask nothing."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", provider.get_tracer("test"))
    with pytest.raises(ValueError, match="password"), telemetry.span("x"):
        raise ValueError("password")
    (span,) = exporter.get_finished_spans()
    assert (span.attributes, span.events) == ({"error.type": "ValueError"}, ())
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
