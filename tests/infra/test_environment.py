"""Variables that libraries would read as settings, and closed standard streams."""

import subprocess
import sys

import pytest

from infra.environment import forget_foreign, is_foreign
from tools.export import ROOT

FOREIGN = (
    *("HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "no_proxy"),
    *("PGHOST", "PGUSER", "PGPASSWORD", "PGSERVICE", "PGSSLMODE", "PGDATABASE", "PGPASSFILE"),
    *(
        "AWS_ENDPOINT_URL",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "CLICKHOUSE_CONNECT_USE_C",
        "NATS_URL",
        "WEED_MASTER_PORT",
    ),
    *("KEDRO_ENV", "KEDRO_LOGGING_CONFIG", "OTEL_SDK_DISABLED", "OTEL_PROPAGATORS", "OTEL_EXPORTER_OTLP_ENDPOINT"),
)
KEPT = (
    *("PATH", "HOME", "LANG", "TZ", "SSL_CERT_FILE", "TMPDIR", "PAGER"),
    *("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_EXPORTER_OTLP_HEADERS"),
    *("ANLYT_POSTGRES_DSN", "ANLYT_HTTP_PROXY"),  # the latter is refused: no setting has this name
)


def test_settings_are_ours_alone() -> None:
    environment = dict.fromkeys([*FOREIGN, *KEPT], "anything")
    forget_foreign(environment)
    assert sorted(environment) == sorted(KEPT)


@pytest.mark.parametrize("name", ["HTTP_PROXY\n", "PG\n"])
def test_a_line_break_hides_no_name(name: str) -> None:
    assert is_foreign(name) == name.startswith("PG")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_lead_nowhere(closed: str) -> None:
    code = (
        "import os, socket, sys; from infra.environment import open_standard_streams as f; f();"
        "print('printed'); print('printed', file=sys.stderr); number = socket.socket().fileno(); sys.exit(number < 3)"
    )
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", code]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60, stderr=subprocess.DEVNULL).returncode == 0
