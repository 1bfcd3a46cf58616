"""What a process inherits: environment variables, of which only `ANLYT_*` are settings, and standard streams."""

import os
import re
import sys
from collections.abc import MutableMapping
from typing import Final

# A proxy would receive the engines' requests, passwords included. The others would lead a client of PostgreSQL,
# ClickHouse, NATS or S3 elsewhere, or change how Kedro and OpenTelemetry work. docs/OBSERVABILITY.md lists the
# OpenTelemetry variables that are kept.
_FOREIGN: Final = re.compile(
    r".*_PROXY|(PG|AWS_|CLICKHOUSE_|NATS_|WEED_|KEDRO_).*"
    r"|OTEL_(?!TRACES_SAMPLER|BSP_|SPAN_|RESOURCE_ATTRIBUTES|EXPORTER_OTLP_(TRACES_)?(HEADERS|CERTIFICATE|TIMEOUT)).*",
    re.IGNORECASE | re.DOTALL,
)


def is_foreign(name: str) -> bool:
    """Whether a library would read this variable as a setting of its own."""
    return not name.startswith("ANLYT_") and _FOREIGN.fullmatch(name) is not None


def forget_foreign(environment: MutableMapping[str, str]) -> None:
    """Deletes the variables that libraries would read as settings. Call it before anything reads the environment."""
    for name in filter(is_foreign, list(environment)):
        del environment[name]


def open_standard_streams() -> None:
    """Opens each closed standard stream on os.devnull.

    Otherwise a socket gets the stream's number, and uvloop aborts the process.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the system assigns the lowest free number
    # Python sets a stream to None if it was closed at start.
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
