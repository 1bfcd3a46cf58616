"""Rotel, a real OpenTelemetry collector, which prints the spans that it receives."""

import re
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Final

from infra.embedded.ports import free_port
from tests.support.otlp import Exported
from tools.deployment import INSTALLED, MISSING

PATIENCE: Final = 60.0  # seconds until it listens, on a busy machine
_SPAN: Final = re.compile(r"^Span #\d+\n", re.MULTILINE)
_ATTRIBUTES: Final = re.compile(
    r"^Attributes:\n(.*?)(?=^Events:|^Links:|^ResourceSpans #|^ScopeSpans #|\Z)", re.MULTILINE | re.DOTALL
)
_FIELD: Final = r"^ +{} *: (.*)$"
_ATTRIBUTE: Final = re.compile(r"^ +-> ([\w.]+): \w+\((.*?)\)$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rotel:
    """A running collector. `url`: where it receives OTLP/HTTP."""

    url: str
    log: Path

    def text(self) -> str:
        """All that it received, as it printed it: resources, spans, attributes, events."""
        return self.log.read_text()

    def spans(self) -> Sequence[Exported]:
        return [_parsed(text) for text in _SPAN.split(self.text())[1:]]

    def named(self, name: str) -> Sequence[Exported]:
        return [span for span in self.spans() if span.name == name]


def _parsed(text: str) -> Exported:
    def field(name: str) -> str:
        match = re.search(_FIELD.format(name), text, re.MULTILINE)
        return match[1].strip() if match else ""

    attributes, links = _ATTRIBUTES.search(text), text.partition("Links:")[2]
    return Exported(
        name=field("Name"),
        trace=field("Trace ID"),
        id=field("ID"),
        parent=field("Parent ID"),
        links=tuple(re.findall(r"Trace ID *: (\w+)", links)),
        attributes=dict(_ATTRIBUTE.findall(attributes[1])) if attributes else {},
        service="anlyt",
    )


@contextmanager
def rotel(folder: Path, port: int = 0) -> Iterator[Rotel]:
    """Runs Rotel during the body; port 0 picks a free one. Raises AssertionError with advice if it is not installed."""
    program = next(INSTALLED.glob("lib/*/site-packages/rotel/rotel-agent"), None)
    assert program is not None, f"rotel: {MISSING}"
    port, log = port or free_port(), folder / "rotel.log"
    options = {
        "otlp-http-endpoint": f"127.0.0.1:{port}",
        "otlp-grpc-endpoint": f"127.0.0.1:{free_port()}",
        "exporter": "blackhole",
        "debug-log": "traces",
        "debug-log-verbosity": "detailed",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    with (
        log.open("wb") as output,
        subprocess.Popen([program, "start", *arguments], stdout=output, stderr=output) as process,
    ):
        try:
            _wait_until_listening(port, process)
            yield Rotel(f"http://127.0.0.1:{port}", log)
        finally:
            process.terminate()


def _wait_until_listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(int(PATIENCE / 0.05)):
        assert process.poll() is None, "rotel ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise AssertionError("rotel does not listen")
