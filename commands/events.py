"""`anlyt events sample` and `validate`: good events to start from, and checks of events without a server."""

import json
from datetime import UTC, datetime

import click

from commands.support.event_checks import KINDS, FileChecker, read
from commands.support.event_report import EventReport, events
from infra.errors import AnlytError
from schema.samples import sample


class BadEventsError(AnlytError):
    """A file has events that cannot be counted."""


def show_samples(kind: str, count: int, *, minimal: bool) -> None:
    """Prints one good event, or several as JSON lines."""
    for _ in range(count):
        event = sample(KINDS[kind], datetime.now(UTC), minimal=minimal)
        click.echo(json.dumps(event, indent=2 if count == 1 else None))


def validate(file: int, kind: str | None, limit: int, *, as_json: bool) -> None:
    """Prints everything that is wrong with the events of an open file. Raises BadEventsError if anything is."""
    report, checker = EventReport(click.echo, limit, as_json=as_json), FileChecker(kind)
    for chunk in read(file):
        for event in checker.feed(chunk):
            report.add(event)
    report.end()
    if (verdict := report.verdict()) is not None:
        raise BadEventsError(verdict)
    if not as_json:
        click.echo(f"{events(report.count)}, nothing wrong." if report.count else "The input has no events.")
