"""`anlyt reconciliation`: why a day differs from billing, and accepting a difference."""

import asyncio
from datetime import datetime

import click

from commands.cli.group import cli, command, settings

_day = click.argument("day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]))


@cli.group("reconciliation")
def reconciliation() -> None:
    """Why our cost of a day differs from billing's.

    \b
    Example:
      anlyt reconciliation explain 2026-10-07
    """


@command("explain", group=reconciliation)
@_day
def explain(day: datetime) -> None:
    """Show what could explain the difference of DAY (UTC), with amounts.

    Whole explanations come first, marked with =. Other findings have the amount that they would explain.

    \b
    Example:
      anlyt reconciliation explain 2026-10-07
    """
    from commands import reconciliation as reconciliation_

    asyncio.run(reconciliation_.show(settings(), day.date()))


@command("accept", group=reconciliation)
@_day
@click.option("--currency", required=True, help="The currency whose difference is accepted, such as USD.")
@click.option("--by", required=True, help="Who accepts it.")
@click.option("--note", required=True, help="Why.")
def accept(day: datetime, currency: str, by: str, note: str) -> None:
    """Accept the difference of DAY (UTC) in a currency, with a note.

    Its alert ends within a minute, for as long as the difference stays the same. The note is kept for ever, and shown
    with the day.

    \b
    Example:
      anlyt reconciliation accept 2026-10-07 --currency USD --by finance --note "Price list of October"
    """
    from commands import reconciliation as reconciliation_

    asyncio.run(reconciliation_.accept(settings(), day.date(), currency, by, note))
