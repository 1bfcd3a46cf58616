"""Makes the reference pages from the code that they describe."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from prometheus_client import REGISTRY, Metric

import infra.metrics
from anlyt import cli
from functions import FUNCTIONS
from infra.settings import SPECS, variable
from schema.streams import STREAMS
from tools import event_reference, panels, query_language

FOLDER: Final = Path("docs/reference")
MADE: Final = "<!-- Made by `make schema` from the code; edit there. -->"


def pages() -> dict[Path, str]:
    """The content of each page, by its path."""
    return {
        FOLDER / "settings.md": _page("Settings", _settings()),
        FOLDER / "metrics.md": _page("Metrics", _metrics()),
        FOLDER / "commands.md": _page("Commands", _commands(cli, "anlyt")),
        FOLDER / "streams.md": _page("Streams and functions", _streams()),
        FOLDER / "events.md": _page("Events", event_reference.lines()),
        FOLDER / "query.md": _page("The query language", query_language.lines()),
        FOLDER / "dashboards.md": _page("Dashboards", panels.lines()),
    }


def _page(title: str, lines: Iterator[str]) -> str:
    return "\n".join([f"# {title}", "", MADE, "", *lines, ""])


def _settings() -> Iterator[str]:
    renewed = ", ".join(f"`{variable(name)}`" for name, spec in SPECS.items() if spec.is_renewed)
    yield "Read from the environment, once, at start. All are optional; an unknown `ANLYT_*` name is an error."
    yield "A secret may come from a file: `NAME_FILE` holds its path. The files of these are read again when they are"
    yield f"replaced: {renewed}."
    yield ""
    yield "No other variable is a setting. `HTTP_PROXY` and its kind, `PG*`, `AWS_*`, `CLICKHOUSE_*`, `NATS_*`,"
    yield "`WEED_*`, `KEDRO_*` and most of `OTEL_*` have no effect: the service connects directly to engines, S3, key"
    yield "sets and collectors, and a password comes from a DSN. `SSL_CERT_FILE` and `SSL_CERT_DIR` name the trusted"
    yield "authorities."
    yield ""
    yield "| setting | default | meaning |"
    yield "|---|---|---|"
    for name, spec in SPECS.items():
        default = f"`{spec.default}`" if spec.default else "not set"
        yield f"| `{variable(name)}` | {default} | {spec.meaning} |"


def _metrics() -> Iterator[str]:
    yield "At `/metrics` on `ANLYT_METRICS_PORT`. No tenant, account or message id is ever a label."
    yield ""
    yield "| family | type | labels | meaning |"
    yield "|---|---|---|---|"
    for name, family in sorted(families().items()):
        collector = REGISTRY._names_to_collectors[family.name]
        labels = ", ".join(f"`{label}`" for label in collector._labelnames) or "-"  # type: ignore[attr-defined]  # no public API
        yield f"| `{name}` | {family.type} | {labels} | {family.documentation} |"


def families() -> dict[str, Metric]:
    """The product's metric families, by the names that Prometheus uses."""
    assert infra.metrics  # uses the import, which registers the families
    ours = (family for family in REGISTRY.collect() if family.name.startswith("anlyt_"))
    return {f"{family.name}_total" if family.type == "counter" else family.name: family for family in ours}


def _commands(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[str]:
    """The help of every command, as printed 100 characters wide."""
    # The context has a parent, as when click runs it: a command keeps the help option of its first context.
    context = click.Context(
        command, parent, name, max_content_width=100, terminal_width=100, **command.context_settings
    )
    yield f"## `{context.command_path}`"
    yield ""
    yield "```"
    yield command.get_help(context)
    yield "```"
    yield ""
    if isinstance(command, click.Group):
        for child_name, child in command.commands.items():
            yield from _commands(child, child_name, context)


def _streams() -> Iterator[str]:
    yield "`anlyt migrate` and `anlyt dev` create missing streams and consumers. They never alter an existing stream."
    yield ""
    yield "| stream | subject | kept for |"
    yield "|---|---|---|"
    for stream in STREAMS:
        days, hours = divmod(int(stream.retention.total_seconds()) // 3600, 24)
        yield f"| `{stream.name}` | `{stream.subject}` | {f'{days} days' if not hours and days > 1 else '24 hours'} |"
    yield ""
    yield "| function | event | stream | durable consumer | what it does |"
    yield "|---|---|---|---|---|"
    for function in FUNCTIONS:
        meaning = (function.run.__doc__ or "").splitlines()[0]
        names = (function.name, function.event.event_type, function.stream.name, function.durable)
        yield f"| {' | '.join(f'`{name}`' for name in names)} | {meaning} |"
