"""`anlyt events`: the events of producers."""

from typing import BinaryIO

import click

from commands.cli.group import cli, command, settings, until_signal

KINDS = click.Choice(["billing", "dlr", "cdr", "compliance"])
_kind = click.option("--type", "kind", type=KINDS, help="The type of all events. Default: what the fields of each say.")
_limit = click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="Show N problems at most."
)


@cli.group("events")
def events() -> None:
    """Events to count: samples, checks, and publishing.

    \b
    Example:
      anlyt events sample billing | anlyt events publish -
    """


@command("sample", group=events)
@click.argument("kind", metavar="TYPE", type=KINDS)
@click.option("--minimal", is_flag=True, help="Only the required fields.")
@click.option("--count", type=click.IntRange(1, 1_000_000), default=1, metavar="N", help="N events, as JSON lines.")
def events_sample(kind: str, minimal: bool, count: int) -> None:
    """Print a good event, with a new id and the present time.

    TYPE is billing, dlr, cdr or compliance.

    \b
    Example:
      anlyt events sample billing
      anlyt events sample dlr --minimal --count 100 > reports.jsonl
    """
    from commands import events as events_

    events_.show_samples(kind, count, minimal=minimal)


@command("validate", group=events)
@click.argument("file", type=click.File("rb"))
@_kind
@_limit
@click.option("--json", "as_json", is_flag=True, help="Print problems as JSON, one object per line.")
def events_validate(file: BinaryIO, kind: str | None, limit: int, as_json: bool) -> None:
    """Report everything that is wrong with the events in FILE; `-` is the standard input.

    FILE has one event, a list of events, or one event per line. Needs no server. Status 1 if an event cannot be
    counted.

    \b
    Example:
      anlyt events validate events.jsonl
      anlyt events sample cdr | sed s/USD/usd/ | anlyt events validate -
    """
    from commands import events as events_

    events_.validate(file.fileno(), kind, limit, as_json=as_json)


@command("publish", group=events)
@click.argument("file", type=click.File("rb"))
@_kind
@_limit
@click.option("--anyway", is_flag=True, help="Also send events that cannot be counted: they become dead letters.")
def events_publish(file: BinaryIO, kind: str | None, limit: int, anyway: bool) -> None:
    """Send the events in FILE to JetStream; `-` is the standard input.

    Sends each event to the subject of its type, with its eventId as Nats-Msg-Id, and waits until it is stored. An
    event that `anlyt events validate` refuses is not sent. Sending a file again is harmless: no event counts twice.

    \b
    Example:
      anlyt events publish events.jsonl
      anlyt events sample billing --count 1000 | anlyt events publish -
    """
    from commands import publish

    until_signal(publish.run(settings(), file.fileno(), kind, limit, anyway=anyway))
