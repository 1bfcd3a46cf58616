"""`anlyt audit`: evidence for the regulator."""

import asyncio

import click

from commands.cli.group import cli, command, settings


@cli.group("audit")
def audit() -> None:
    """Evidence that compliance facts are what they were.

    \b
    Example:
      anlyt audit verify
    """


@command("verify", group=audit)
@click.option("--from", "first", metavar="DAY", help="First UTC day, as 2026-10-01; else the first of all.")
@click.option("--to", "last", metavar="DAY", help="Last UTC day; else the last that is closed.")
@click.option("--anchor", metavar="LINK:HASH", help="A link that was noted earlier: it has to be there still.")
@click.option("--json", "as_json", is_flag=True, help="Differences as JSON, one object a line.")
def audit_verify(first: str | None, last: str | None, anchor: str | None, as_json: bool) -> None:
    """Compute the hash chain again, from the facts.

    Every link is checked, and the facts of each day. A line tells what differs; status 1 if anything does.

    \b
    Example:
      anlyt audit verify --from 2026-10-01 --to 2026-10-31
    """
    from commands import audit_verify as verify
    from commands.cli.arguments import read_day

    days = read_day("--from", first), read_day("--to", last)
    noted = verify.read_anchor(anchor)
    asyncio.run(verify.run(settings(), days, noted, as_json=as_json))
