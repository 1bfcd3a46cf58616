"""What a process inherits: `ANLYT_*` alone are settings, and it has three standard streams."""

import os
import re
import sys
from collections.abc import MutableMapping
from typing import Final

# A proxy would be asked for engines, password included. The others would lead a client of PostgreSQL, ClickHouse, NATS
# or S3 elsewhere, or change how Kedro and OpenTelemetry work. docs/OBSERVABILITY.md lists what is kept of the latter.
_FOREIGN: Final = re.compile(
    r".*_PROXY|(PG|AWS_|CLICKHOUSE_|NATS_|WEED_|KEDRO_).*"
    r"|OTEL_(?!TRACES_SAMPLER|BSP_|SPAN_|RESOURCE_ATTRIBUTES|EXPORTER_OTLP_(TRACES_)?(HEADERS|CERTIFICATE|TIMEOUT)).*",
    re.IGNORECASE | re.DOTALL,
)


def is_foreign(name: str) -> bool:
    """Whether a library would take a variable for a setting of its own."""
    return not name.startswith("ANLYT_") and _FOREIGN.fullmatch(name) is not None


def forget_foreign(environment: MutableMapping[str, str]) -> None:
    """Takes away what would be settings beside ours; called before anything reads the environment."""
    for name in filter(is_foreign, list(environment)):
        del environment[name]


def open_standard_streams() -> None:
    """Streams that were closed lead nowhere: else sockets get their numbers, at which uvloop aborts the process."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    # Python has None for a stream that was closed when it started.
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
